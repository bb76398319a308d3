import { types } from 'node:util';
import type { AnyValue, AnyValueMap } from '@opentelemetry/api-logs';
import { EMPTY_NAME } from '../../formats/log-fields';

/** Deeper values are told as text: an SDK walks them by recursion. */
const MAX_DEPTH = 32;

/**
 * A value as an SDK of OpenTelemetry takes it. An SDK drops an attribute without a word, and a whole object for one value inside, if
 * it is a bigint, a Date or of any class; and it sends NaN and infinities as null. So these become text, bigints in decimal and dates
 * in RFC 3339. What has no text (a function, a symbol, undefined) is undefined here.
 */
export function toAnyValue(value: unknown, parents: readonly object[] = []): AnyValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? undefined : ofObject(value, parents);
    default:
      return undefined;
  }
}

function ofObject(value: object, parents: readonly object[]): AnyValue | undefined {
  // Of this realm, and apart from the memory that other events share.
  if (types.isUint8Array(value)) return new Uint8Array(value);
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (types.isNativeError(value)) return String(value);
  // A cycle that branches has more ends within that depth than there is time for.
  if (parents.length === MAX_DEPTH || parents.includes(value)) return '...';
  const inside = [...parents, value];
  if (types.isSet(value)) return ofItems([...value], inside);
  if (Array.isArray(value)) return ofItems(value, inside);
  return toAnyMap(types.isMap(value) ? value.entries() : Object.entries(value), inside);
}

function ofItems(items: readonly unknown[], parents: readonly object[]): AnyValue {
  return items.map((each) => toAnyValue(each, parents) ?? null);
}

/** An SDK drops an empty key, and any object with one that is called `constructor`: these get brackets. */
export function toAnyMap(
  entries: Iterable<[unknown, unknown]>,
  parents: readonly object[] = [],
): AnyValueMap {
  const map: AnyValueMap = Object.create(null) as AnyValueMap;
  for (const [key, each] of entries) {
    const converted = toAnyValue(each, parents);
    if (converted !== undefined) map[nameOf(String(key))] = converted;
  }
  return map;
}

function nameOf(key: string): string {
  if (key === '') return EMPTY_NAME;
  return key === 'constructor' ? '(constructor)' : key;
}
