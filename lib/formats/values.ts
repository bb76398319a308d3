/** Values out of a line, as the fields of an event take them: undefined for whatever does not fit. */
import type { JsonObject } from './format';
import { digits } from './time';

export function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function arrayOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}

/** Text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Text, a number or a flag as text; undefined for null, objects and the empty text. */
export function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

const DIGITS = /^-?\d{1,20}$/;
/** So many digits are faster read one by one. */
const SHORT = 10;

/** An integer, also in text. -0, which a buffer does not tell from 0, is 0: the sum of the two. */
function integerOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value + 0 : undefined;
  if (typeof value !== 'string') return undefined;
  const short = value.length <= SHORT ? digits(value, 0, value.length) : -1;
  if (short >= 0) return short;
  return DIGITS.test(value) ? Number(value) + 0 : undefined;
}

export function u32Of(value: unknown): number | undefined {
  const number = integerOf(value);
  return number !== undefined && number >>> 0 === number ? number : undefined;
}

/** A user or group: -1, as some write it, is 4294967295, as the kernel has it: none. */
export function idOf(value: unknown): number | undefined {
  const number = integerOf(value);
  return number === -1 ? 0xffffffff : u32Of(number);
}

/** What a system call returned. An address or a size beyond 32 bits is none that an event can carry. */
export function i32Of(value: unknown): number | undefined {
  const number = integerOf(value);
  return number !== undefined && (number | 0) === number ? number | 0 : undefined;
}

export function portOf(value: unknown): number | undefined {
  const number = integerOf(value);
  return number !== undefined && (number & 0xffff) === number ? number : undefined;
}

export function safeIntegerOf(value: unknown): number | undefined {
  const number = integerOf(value);
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

/** The texts of an array; undefined when there are none. */
export function textsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((item): item is string => typeof item === 'string');
  return texts.length > 0 ? texts : undefined;
}

/** A map of texts; numbers and flags in it become text, what is nested becomes its JSON. Undefined when empty. */
export function textMapOf(value: unknown): Record<string, string> | undefined {
  const map = objectOf(value);
  if (map === undefined) return undefined;
  let texts: Record<string, string> | undefined;
  for (const key of Object.keys(map)) setKey((texts ??= {}), key, anyText(map[key]));
  return texts;
}

/** Undefined for what is no base64, with or without padding, of either alphabet. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  if (!/^[\w+/-]*={0,2}$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** Any JSON value as text: text as it is, everything else as JSON. */
export function anyText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Sets a key that came from outside. A plain assignment of `__proto__` would set the prototype. */
export function setKey<T>(target: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** So many times a name gets the place before it. Each try costs as much as the name is long, and a line may have thousands in a chain. */
const MOST_TRIES = 4;

/**
 * Adds `added` to `own`, which may be undefined. One whose name is taken by another value stands under `PLACE.KEY`; where that is taken,
 * too, and `PLACE.PLACE.KEY` and so on, with all others like it in one object under PLACE.
 */
export function mergeUnder(
  own: Record<string, unknown> | undefined,
  place: string,
  added: JsonObject | undefined,
): Record<string, unknown> | undefined {
  let crowded: Record<string, unknown> | undefined;
  for (const key in added) {
    own ??= {};
    const value = added[key];
    let name = key;
    let tries = 0;
    while (isTaken(own, name, value) && tries++ < MOST_TRIES) name = `${place}.${name}`;
    if (tries > MOST_TRIES) setKey((crowded ??= {}), key, value);
    else setKey(own, name, value);
  }
  if (own === undefined || crowded === undefined) return own;
  let name = place;
  while (Object.hasOwn(own, name)) name = `${place}.${name}`;
  own[name] = crowded;
  return own;
}

function isTaken(own: JsonObject, name: string, value: unknown): boolean {
  return Object.hasOwn(own, name) && own[name] !== value;
}

/**
 * What a format has no field for: the properties but those named in `mapped`, nulls left out, added to `rest`. Undefined when
 * there is nothing. Nested values are shared with `value`, not copied.
 */
export function restOf(
  value: JsonObject,
  mapped: ReadonlySet<string>,
  rest?: Record<string, unknown>,
): Record<string, unknown> | undefined {
  // Own properties only, as JSON.parse made it: for...in takes no array of the keys.
  for (const key in value) {
    if (mapped.has(key)) continue;
    const item = value[key];
    if (item !== null) setKey((rest ??= {}), key, item);
  }
  return rest;
}

/**
 * `rest` with the values that were tried for a field and did not fit it, nulls left out.
 *
 * @param taken what has become of each, by its key in `value`: undefined where it did not fit
 */
export function withMisfits(
  rest: Record<string, unknown> | undefined,
  value: JsonObject,
  taken: JsonObject,
): Record<string, unknown> | undefined {
  for (const key in taken) if (taken[key] === undefined) rest = withItem(rest, key, value[key]);
  return rest;
}

/** Undefined for an object in which nothing stands. */
export function unlessEmpty<T extends object>(object: T): T | undefined {
  for (const key in object) if (Object.hasOwn(object, key)) return object;
  return undefined;
}

/** `rest` with a value, unless there is none. key: one of this package. */
export function withItem(
  rest: Record<string, unknown> | undefined,
  key: string,
  item: unknown,
): Record<string, unknown> | undefined {
  if (item !== undefined && item !== null) (rest ??= {})[key] = item;
  return rest;
}
