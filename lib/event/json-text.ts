/**
 * Writes a JSON value as text, exactly, and refuses what JSON cannot say: one walk that checks and writes.
 * Unlike JSON.stringify it keeps -0, calls no toJSON, and leaves nothing out silently.
 */
import { isArray } from '../errors';
import { isPlain } from './empty-object';
import { invalid, pathOfKeys } from './invalid-event';
import { keepsItsDigits } from './kept-digits';
import { knownJsonText } from './known-json';

/** Objects and arrays nested deeper than this are refused; a cycle is refused as itself. */
const MAX_JSON_DEPTH = 1000;
const SHALLOW = `a simple value, as objects and arrays nest at most ${MAX_JSON_DEPTH} deep`;
const FINITE = 'a finite number';

type Key = string | number;

class TooLong extends Error {}

/**
 * The text of `value`, or undefined when it would be longer than `maxLength` UTF-16 units. Throws
 * ERR_INVALID_EVENT naming the path of what is no JSON value. Reads each property once.
 */
export function jsonText(value: unknown, path: string, maxLength: number): string | undefined {
  const known = typeof value === 'object' && value !== null ? knownJsonText(value) : undefined;
  if (known !== undefined) return known.length <= maxLength ? known : undefined;
  const keys: Key[] = [];
  const parents: object[] = [];
  let room = maxLength;

  try {
    return write(value);
  } catch (error) {
    if (error instanceof TooLong) return undefined;
    throw error;
  }

  function fail(bad: unknown, expected: string): Error {
    return invalid(pathOfKeys(path, keys), bad, expected);
  }

  function write(item: unknown): string {
    switch (typeof item) {
      case 'string':
        return spend(quoted(item));
      case 'number':
        if (!Number.isFinite(item)) throw fail(item, FINITE);
        return spend(item === 0 && Object.is(item, -0) ? '-0' : String(item));
      case 'boolean':
        return spend(item ? 'true' : 'false');
      case 'object':
        return item === null ? spend('null') : writeNested(item);
      default:
        throw fail(item, 'a JSON value');
    }
  }

  function writeNested(item: object): string {
    if (parents.includes(item)) throw fail(item, 'a JSON value without cycles');
    if (parents.length >= MAX_JSON_DEPTH) throw fail(item, SHALLOW);
    parents.push(item);
    spend('{}');
    const text = isArray(item) ? writeArray(item) : writeObject(item);
    parents.pop();
    return text;
  }

  function writeArray(items: readonly unknown[]): string {
    let text = '[';
    const length = items.length;
    for (let i = 0; i < length; i++) {
      keys.push(i);
      const item = write(items[i]);
      keys.pop();
      text += i === 0 ? item : spend(',') + item;
    }
    return text + ']';
  }

  function writeObject(item: object): string {
    if (!isPlain(item)) throw fail(item, 'a plain object, an array or a simple value');
    let text = '{';
    for (const key of Object.keys(item)) {
      keys.push(key);
      if (text.length > 1) text += ',';
      text += spend(keyText(key)) + write((item as Record<string, unknown>)[key]);
      keys.pop();
    }
    return text + '}';
  }

  function spend(text: string): string {
    room -= text.length;
    if (room < 0) throw new TooLong();
    return text;
  }
}

/** Of a longer text the engine's own search for what must be escaped is faster. */
const SHORT = 64;
const ESCAPED_OR_WIDE = /[^ !#-[\]-~]/;

/** A text as JSON; lone surrogates become U+FFFD. */
export function quoted(text: string): string {
  if (text.length < SHORT && !ESCAPED_OR_WIDE.test(text)) return `"${text}"`;
  return JSON.stringify(text.toWellFormed());
}

/** Keys recur from event to event: those of late, as they are written. */
const KEY_TEXTS = new Map<string, string>();
const MAX_KEY_TEXTS = 1024;

function keyText(key: string): string {
  const known = KEY_TEXTS.get(key);
  if (known !== undefined) return known;
  const text = `${quoted(key)}:`;
  if (key.length < SHORT) {
    if (KEY_TEXTS.size === MAX_KEY_TEXTS) KEY_TEXTS.clear();
    KEY_TEXTS.set(key, text);
  }
  return text;
}

/** A text shorter than this cannot be nested too deep. */
const SHORTEST_TOO_DEEP = 2 * MAX_JSON_DEPTH;
/** Only such numbers can be too large for a double, which JSON.parse turns into an infinity; an exponent of two digits adds 99 to theirs. */
const PERHAPS_INFINITE = /[eE]\+?\d{3}|\d{200}/;

/**
 * The value in a JSON text, under the same rules as `jsonText`: neither infinite numbers nor deeper nesting.
 * Undefined when there is none.
 */
export function parseJsonText(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (text.length < SHORTEST_TOO_DEEP && !PERHAPS_INFINITE.test(text)) return value;
  return faultOf(value) === undefined ? value : undefined;
}

/** Why `jsonText` does not take a value. */
export interface JsonFault {
  /** Where in the value. */
  readonly keys: readonly Key[];
  readonly value: unknown;
  readonly expected: string;
}

/** The first fault of a value that JSON.parse made: a JSON text can be deeper than `jsonText` writes, and have infinite numbers. */
export function faultOf(value: unknown): JsonFault | undefined {
  const keys: Key[] = [];
  return find(value);

  function find(item: unknown): JsonFault | undefined {
    if (typeof item === 'number' && !Number.isFinite(item)) return { keys, value: item, expected: FINITE };
    if (typeof item !== 'object' || item === null) return undefined;
    if (keys.length >= MAX_JSON_DEPTH) return { keys, value: item, expected: SHALLOW };
    for (const [key, child] of Object.entries(item)) {
      keys.push(Array.isArray(item) ? Number(key) : key);
      const fault = find(child);
      if (fault !== undefined) return fault;
      keys.pop();
    }
    return undefined;
  }
}

/** Whether a value that JSON.parse made has no fault, nor a number that might have been rounded: see `survives`. */
export function isOrdinary(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return keepsItsDigits(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= MAX_JSON_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isOrdinary(item, depth + 1)) return false;
  } else {
    for (const key of Object.keys(value))
      if (!isOrdinary((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}
