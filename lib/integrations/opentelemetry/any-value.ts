import { types } from 'node:util';
import type { AnyValue, AnyValueMap } from '@opentelemetry/api-logs';

/** Deeper values are told as text: an SDK walks them by recursion. */
const MAX_DEPTH = 32;

/**
 * A value as an SDK of OpenTelemetry takes it. An SDK drops an attribute without a word, and a whole object for one value inside, if
 * it is a bigint, a Date or of any class; and it sends NaN and infinities as null. So these become text, bigints in decimal and dates
 * in RFC 3339. What has no text (a function, a symbol, undefined) is undefined here.
 */
export function toAnyValue(value: unknown, depth = 0): AnyValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? undefined : ofObject(value, depth);
    default:
      return undefined;
  }
}

function ofObject(value: object, depth: number): AnyValue | undefined {
  // Of this realm, and apart from the memory that other events share.
  if (types.isUint8Array(value)) return new Uint8Array(value);
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (types.isNativeError(value)) return String(value);
  if (depth === MAX_DEPTH) return '...';
  if (Array.isArray(value)) return value.map((each) => toAnyValue(each, depth + 1) ?? null);
  if (types.isMap(value)) return toAnyMap(value.entries(), depth);
  if (types.isSet(value)) return ofObject([...value], depth);
  return toAnyMap(Object.entries(value), depth);
}

/** An SDK drops an empty key, and any object with one that is called `constructor`: these get brackets. */
export function toAnyMap(entries: Iterable<[unknown, unknown]>, depth = 0): AnyValueMap {
  const map: AnyValueMap = Object.create(null) as AnyValueMap;
  for (const [key, each] of entries) {
    const converted = toAnyValue(each, depth + 1);
    if (converted !== undefined) map[nameOf(String(key))] = converted;
  }
  return map;
}

function nameOf(key: string): string {
  if (key === '') return '(empty)';
  return key === 'constructor' ? '(constructor)' : key;
}
