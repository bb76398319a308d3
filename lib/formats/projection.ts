/**
 * Values out of a line without parsing all of it: native code walks over the text once, checks it, and tells where the values of a shape lie.
 * The rest of the text is never made into objects.
 */
import { binding } from '../binding';
import { type Shape, SLOT_WORDS, Word, WORDS } from './shape';
import { timeOfText, timeOfUtc } from './time';

const { project: projectText } = binding;

/** Values of STATUS are at least this where the text was taken. */
const TAKEN = 0;

/** Mirrors JsonKind in native/core/json_projection.h. */
export const enum Kind {
  ABSENT = 0,
  TEXT = 1,
  ESCAPED_TEXT = 2,
  INTEGER = 3,
  NUMBER = 4,
  TRUE = 5,
  FALSE = 6,
  NULL = 7,
  OBJECT = 8,
  ARRAY = 9,
  UNESCAPED_TEXT = 10,
}

/** Words of a row for a key that the shape does not name: the complement of the node of its object, where it begins and its value ends, the kind. */
export const REST_WORDS = 4;

/** Texts of the line whose escapes were undone. */
let unescaped = '';

/**
 * The text, exact as `exactJson` makes it, in which the slots of the shape count; undefined where it is no JSON or has what is better left to
 * JSON.parse.
 */
export function project(shape: Shape, text: string): string | undefined {
  WORDS[Word.SHAPE] = shape.number;
  const made = projectText(text);
  if (WORDS[Word.STATUS] < TAKEN) return undefined;
  if (made === undefined) return text;
  const size = WORDS[Word.REPAIRED_SIZE];
  unescaped = made.slice(size);
  return size === 0 ? text : made.slice(0, size);
}

/** One past the last word of the rows. */
export function rowsEnd(): number {
  return WORDS[Word.ROWS_END];
}

export function kindAt(slot: number): Kind {
  return WORDS[slot];
}

/** Whether the line may have a value whose slot is this one or behind it: false only where it has none. */
export function mayHaveFrom(slot: number): boolean {
  return WORDS[Word.LAST_NODE] * SLOT_WORDS + Word.FIRST_SLOT >= slot;
}

export function isObjectAt(slot: number): boolean {
  return kindAt(slot) === Kind.OBJECT;
}

/** Which of the names of its key the line has. */
export function nameAt(slot: number): number {
  return WORDS[slot + 3];
}

export function startAt(slot: number): number {
  return WORDS[slot + 1];
}

export function endAt(slot: number): number {
  return WORDS[slot + 2];
}

/** The text of a value that is neither an integer nor text that was cut or unescaped, of which the place is another. */
export function rawAt(json: string, slot: number): string {
  return json.slice(WORDS[slot + 1], WORDS[slot + 2]);
}

const TWO_TO_32 = 2 ** 32;

/** What JSON.parse gives for the value; undefined where there is none. */
export function valueAt(json: string, slot: number): unknown {
  // Most of what is asked for is not there. So small a function the engine puts in place.
  return kindAt(slot) === Kind.ABSENT ? undefined : presentAt(json, slot);
}

function presentAt(json: string, slot: number): unknown {
  switch (WORDS[slot] as Kind) {
    case Kind.TEXT:
      return json.slice(WORDS[slot + 1], WORDS[slot + 2]);
    case Kind.INTEGER: {
      const low = WORDS[slot + 1];
      const high = WORDS[slot + 2];
      return high === low >> 31 ? low : high * TWO_TO_32 + (low >>> 0);
    }
    case Kind.UNESCAPED_TEXT:
      return unescaped.slice(WORDS[slot + 1], WORDS[slot + 2]);
    case Kind.TRUE:
      return true;
    case Kind.FALSE:
      return false;
    case Kind.NULL:
      return null;
    default:
      return JSON.parse(json.slice(WORDS[slot + 1], WORDS[slot + 2]));
  }
}

/** The time that a text says, as `timeOfText`, mostly without cutting the text out. */
export function timeAt(json: string, slot: number): bigint | undefined {
  const time = kindAt(slot) === Kind.TEXT ? timeOfUtc(json, startAt(slot), endAt(slot)) : undefined;
  return time ?? timeOfText(valueAt(json, slot));
}

/**
 * The keys that the shape does not name of the object of a node, with their values, as they stand between the braces. Undefined where a value is
 * null: those are left out of attributes. Of a shape that has no rows of items.
 */
export function restText(json: string, shape: Shape, node: number): string | undefined {
  const end = WORDS[Word.ROWS_END];
  let text = '';
  for (let row = shape.rows; row < end; row += REST_WORDS) {
    if (WORDS[row] !== ~node) continue;
    if (kindAt(row + 3) === Kind.NULL) return undefined;
    const member = json.slice(WORDS[row + 1], WORDS[row + 2]);
    text = text === '' ? member : `${text},${member}`;
  }
  return text;
}

/** Whether one of those keys is this one, without escapes. */
export function hasRest(json: string, shape: Shape, node: number, key: string): boolean {
  const end = WORDS[Word.ROWS_END];
  for (let row = shape.rows; row < end; row += REST_WORDS)
    if (WORDS[row] === ~node && json.startsWith(`"${key}"`, WORDS[row + 1])) return true;
  return false;
}
