/** OTLP's AnyValue and lists of attributes, in the names of the specification and in those that the Collector also reads. */
import { survives } from '../../event/kept-digits';
import type { JsonObject } from '../format';
import { arrayOf, objectOf, setKey } from '../values';

type Attributes = Record<string, unknown>;

/** A list of keys and values as a map; one with an item that is none, as it came, as the one attribute `attributes`. Undefined when there is nothing. */
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

/** Of these keys and no others. */
function isPair(item: unknown): boolean {
  const pair = objectOf(item);
  if (pair === undefined || (pair.key !== undefined && typeof pair.key !== 'string')) return false;
  for (const key in pair) if (key !== 'key' && key !== 'value') return false;
  return true;
}

function mapOf(pairs: readonly Pair[]): Attributes | undefined {
  let map: Attributes | undefined;
  for (const { key = '', value } of pairs) setKey((map ??= {}), key, valueOf(value));
  return map;
}

/** Whether the last of the pairs with this key has a value of the kind of texts: integers and bytes may be texts, too, once they are read. */
export function isTextNamed(list: unknown, key: string): boolean {
  const pair = (list as readonly Pair[]).findLast((item) => item.key === key);
  const [kind] = Object.keys(objectOf(pair?.value) ?? {});
  return kind === 'stringValue' || kind === 'string_value';
}

/**
 * As JSON: null for no value, the text of an integer whose digits a number does not keep, base64 of bytes; NaN and the infinities are
 * text, or null where the JavaScript SDK wrote them. What is no AnyValue stays as it came.
 * parseExact bounds how deep this recurses.
 */
export function valueOf(any: unknown): unknown {
  const kinds = objectOf(any);
  if (kinds === undefined) return any ?? null;
  const [kind, ...more] = Object.keys(kinds);
  if (kind === undefined) return null;
  const value = more.length === 0 ? valueOfKind(kind, kinds[kind]) : undefined;
  return value === undefined ? kinds : value;
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

/** What stands for an absent value of a field of protobuf. */
export function isDefault(value: unknown): boolean {
  return value === undefined || value === null || value === 0 || value === '';
}

/** Likewise of a number, which may be a text. */
export function isZero(value: unknown): boolean {
  return isDefault(value) || value === '0';
}

/** The names of fields that the Collector also reads as it writes them in Go. */
const CAMEL_CASE: ReadonlyMap<string, string> = new Map(
  [
    ...['resourceLogs', 'scopeLogs', 'logRecords', 'schemaUrl', 'timeUnixNano', 'observedTimeUnixNano'],
    ...['severityNumber', 'severityText', 'eventName', 'traceId', 'spanId', 'droppedAttributesCount'],
  ].map((name) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name]),
);

/** The message in the names of the specification. Where it has a field by both, the other one stays what it is. */
export function inCamelCase(message: JsonObject): JsonObject {
  let renamed: Attributes | undefined;
  for (const key in message) {
    const name = CAMEL_CASE.get(key);
    if (name === undefined || Object.hasOwn(message, name)) continue;
    renamed ??= { ...message };
    renamed[name] = message[key];
    delete renamed[key];
  }
  return renamed ?? message;
}

/** Fields that have no field of an event, with what stands for none of each. */
const ABSENT: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['droppedAttributesCount', isZero],
  ['version', isDefault],
  ['name', isDefault],
  ['schemaUrl', isDefault],
]);

/** The keys of a message but those in `mapped`, and but what stands for none. Undefined when there are none. */
export function restOfMessage(message: JsonObject, mapped: ReadonlySet<string>): Attributes | undefined {
  let rest: Attributes | undefined;
  for (const key in message) {
    const value = message[key];
    if (mapped.has(key) || value === null || ABSENT.get(key)?.(value) === true) continue;
    setKey<unknown>((rest ??= {}), key, value);
  }
  return rest;
}
