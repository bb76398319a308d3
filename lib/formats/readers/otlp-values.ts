/** OTLP's AnyValue, in the names of the specification and in those that the Collector also reads. */
import { survives } from '../../event/long-integers';
import type { JsonObject } from '../format';
import { arrayOf, objectOf, setKey } from '../values';

/** A list of keys and values as a map, added to `attributes`; undefined when there is nothing. */
export function readAttributes(
  list: unknown,
  attributes?: Record<string, unknown>,
): Record<string, unknown> | undefined {
  for (const item of arrayOf(list) ?? []) {
    const pair = objectOf(item);
    if (typeof pair?.key !== 'string') continue;
    setKey((attributes ??= {}), pair.key, valueOf(objectOf(pair.value)));
  }
  return attributes;
}

/**
 * As JSON: null for no value, the text of an integer whose digits a number does not keep, base64 of bytes; NaN and the infinities are
 * text, or null where the JavaScript SDK wrote them.
 * parseExact bounds how deep this recurses.
 */
export function valueOf(any: JsonObject | undefined): unknown {
  for (const kind in any) {
    const value = any[kind];
    switch (kind) {
      case 'stringValue':
      case 'string_value':
      case 'boolValue':
      case 'bool_value':
      case 'bytesValue':
      case 'bytes_value':
      case 'doubleValue':
      case 'double_value':
        return value;
      case 'intValue':
      case 'int_value':
        return integerOf(value);
      case 'arrayValue':
      case 'array_value':
        return (arrayOf(objectOf(value)?.values) ?? []).map((item) => valueOf(objectOf(item)));
      case 'kvlistValue':
      case 'kvlist_value':
        return readAttributes(objectOf(value)?.values) ?? {};
    }
  }
  return null;
}

/** The JavaScript SDK writes a BigInt as {}: it is lost. */
export function integerOf(value: unknown): unknown {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) || survives(value) ? number : value;
}
