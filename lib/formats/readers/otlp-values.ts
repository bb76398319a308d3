/** OTLP's AnyValue and lists of attributes, in the names of the specification and in those that the Collector also reads. */
import { survives } from '../../event/kept-digits';
import type { JsonObject } from '../format';
import { arrayOf, objectOf, setKey } from '../values';

type Attributes = Record<string, unknown>;

/** A list of keys and values as a map; a list that is none, as it came, as the one attribute `attributes`. Undefined when there is nothing. */
export function readAttributes(list: unknown): Attributes | undefined {
  if (list === undefined || list === null) return undefined;
  return isPairs(list) ? mapOf(list) : { attributes: list };
}

interface Pair {
  /** Absent where it is the empty text. */
  readonly key?: string;
  readonly value?: unknown;
}

function isPairs(list: unknown): list is readonly Pair[] {
  return Array.isArray(list) && list.every(isPair);
}

function isPair(item: unknown): boolean {
  const pair = objectOf(item);
  return pair !== undefined && (pair.key === undefined || typeof pair.key === 'string');
}

function mapOf(pairs: readonly Pair[]): Attributes | undefined {
  let map: Attributes | undefined;
  for (const { key = '', value } of pairs) setKey((map ??= {}), key, valueOf(value));
  return map;
}

/** Adds `others` to `own`. Those whose name is taken there stand under `attributes`. */
export function withOthers(
  own: Attributes | undefined,
  others: Attributes | undefined,
): Attributes | undefined {
  if (own === undefined || others === undefined) return own ?? others;
  let taken: Attributes | undefined;
  for (const key of Object.keys(others))
    setKey(Object.hasOwn(own, key) ? (taken ??= {}) : own, key, others[key]);
  if (taken === undefined) return own;
  if (Object.hasOwn(own, 'attributes')) taken.attributes ??= own.attributes;
  own.attributes = taken;
  return own;
}

/**
 * As JSON: null for no value, the text of an integer whose digits a number does not keep, base64 of bytes; NaN and the infinities are
 * text, or null where the JavaScript SDK wrote them. What is no AnyValue stays as it came.
 * parseExact bounds how deep this recurses.
 */
export function valueOf(any: unknown): unknown {
  const kinds = objectOf(any);
  if (kinds === undefined) return any ?? null;
  let isEmpty = true;
  for (const kind in kinds) {
    const value = valueOfKind(kind, kinds[kind]);
    if (value !== undefined) return value;
    isEmpty = false;
  }
  return isEmpty ? null : kinds;
}

/** Undefined for a kind that there is not, or a value that is none of its kind. */
function valueOfKind(kind: string, value: unknown): unknown {
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
      return value === null ? null : integerOf(value);
    case 'arrayValue':
    case 'array_value':
      return value === null ? null : listOf(value);
    case 'kvlistValue':
    case 'kvlist_value':
      return value === null ? null : mapOfList(value);
    default:
      return undefined;
  }
}

/** The JavaScript SDK writes a BigInt as {}: it is lost. */
export function integerOf(value: unknown): unknown {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return isEmptyObject(value) ? null : undefined;
  if (!/^-?\d{1,20}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) || survives(value) ? number : value;
}

function isEmptyObject(value: unknown): boolean {
  const object = objectOf(value);
  return object !== undefined && Object.keys(object).length === 0;
}

/** A list without items may have no `values`. */
function valuesOf(value: unknown): unknown {
  const list = objectOf(value);
  return list === undefined ? undefined : (list.values ?? []);
}

function listOf(value: unknown): unknown[] | undefined {
  return arrayOf(valuesOf(value))?.map(valueOf);
}

function mapOfList(value: unknown): Attributes | undefined {
  const pairs = valuesOf(value);
  return isPairs(pairs) ? (mapOf(pairs) ?? {}) : undefined;
}

/** What stands for an absent value of a field of protobuf, as some producers write it. */
export function isDefault(value: unknown): boolean {
  return value === undefined || value === null || value === 0 || value === '0' || value === '';
}

/** The keys of a message but those in `mapped`, without defaults. Undefined when there are none. */
export function restOfMessage(message: JsonObject, mapped: ReadonlySet<string>): Attributes | undefined {
  let rest: Attributes | undefined;
  for (const key in message)
    if (!mapped.has(key) && !isDefault(message[key])) setKey((rest ??= {}), key, message[key]);
  return rest;
}
