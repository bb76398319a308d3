/**
 * The JSON form of an event, which is that of the Go original: snake_case names, RFC 3339 timestamp with
 * nanoseconds, base64 raw data. Driven by the field table.
 */
import { types } from 'node:util';
import { isArrayOrRevoked, show, TapioError } from '../errors';
import { checkEmptyMap, checkEmptySection } from './empty-object';
import { EVENT_FIELDS, type FieldInfo, holds, holdsInJson } from './generated/fields';
import { invalid, invalidItem, pathOf, pathOfKeys } from './invalid-event';
import { faultOf, isOrdinary, jsonText } from './json-text';
import { quoteLostDigits } from './kept-digits';
import { formatTimestamp, parseTimestamp } from './rfc3339';
import type { UnifiedEvent } from './unified-event';
import { readFailure } from './unreadable-event';

/** Under the longest string of the engine. */
const MAX_JSON_LENGTH = 2 ** 28;

type Fields = Record<string, unknown>;

/**
 * One line of JSON. Absent fields are left out, zeros that are present are kept.
 *
 * @throws TapioError ERR_INVALID_EVENT when a field has the wrong type or range, or is NaN or infinite
 */
export function eventToJSON(event: UnifiedEvent): string {
  if (typeof event !== 'object' || event === null || isArrayOrRevoked(event))
    throw invalid('event', event, 'an object');
  try {
    return writeFields(event as unknown as Fields, EVENT_FIELDS);
  } catch (error) {
    throw readFailure(event, error);
  }
}

/**
 * The event in a JSON text. Unknown names and nulls in optional fields are ignored. An integer in `attributes` or
 * `application.custom` whose digits a number does not keep becomes a string of them.
 *
 * @throws TapioError ERR_CORRUPT_DATA when there is no event in it, or a field has the wrong type or range
 */
export function eventFromJSON(json: string): UnifiedEvent {
  let text: string;
  let value: unknown;
  try {
    text = String(json);
    value = JSON.parse(text);
  } catch (error) {
    const why = types.isNativeError(error) ? error.message : show(error);
    throw new TapioError('ERR_CORRUPT_DATA', `no JSON: ${why}`);
  }
  return readFields(value, EVENT_FIELDS, text, undefined) as unknown as UnifiedEvent;
}

/** '{}' when there are none. */
function writeFields(values: Fields, fields: readonly FieldInfo[]): string {
  let text = '';
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || value === null) {
      if (!field.optional) throw invalid(field.path, value, field.expected);
      continue;
    }
    text += `${text === '' ? '{' : ','}"${field.json}":${writeField(value, field)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

function writeField(value: unknown, field: FieldInfo): string {
  if (!holds(field, value)) throw invalid(field.path, value, field.expected);
  if (!holdsInJson(field, value)) throw invalid(field.path, value, field.expectedInJson!);
  switch (field.kind) {
    case 'timestamp':
      return `"${formatTimestamp(value as bigint)}"`;
    case 'double':
    case 'safeInteger':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'u32':
    case 'i32':
    case 'port':
      // Of -0, too, which has no binary form here.
      return String(value);
    case 'bytes':
      return `"${bytesToBase64(value as Uint8Array)}"`;
    case 'section':
      return writeSection(value as Fields, field);
    case 'stringMap':
      return writeMap(value as Fields, field);
    case 'strings':
      return writeStrings(value as readonly unknown[], field);
    case 'string':
    case 'enum':
      return quote(value as string);
    case 'boolean':
      return String(value);
    case 'json': {
      const text = jsonText(value, field.path, MAX_JSON_LENGTH);
      if (text === undefined)
        throw invalid(field.path, value, `at most ${MAX_JSON_LENGTH} characters of JSON`);
      return text;
    }
  }
}

function writeSection(section: Fields, { path, fields }: FieldInfo): string {
  const text = writeFields(section, fields!);
  if (text === '{}') checkEmptySection(path, section);
  return text;
}

function writeMap(map: Fields, { path }: FieldInfo): string {
  let text = '';
  for (const key in map) {
    if (!Object.hasOwn(map, key)) continue;
    const value = map[key];
    if (typeof value !== 'string') throw invalidItem(path, key, value);
    text += `${text === '' ? '{' : ','}${quote(key)}:${quote(value)}`;
  }
  if (text === '') checkEmptyMap(path, map);
  return text === '' ? '{}' : `${text}}`;
}

function writeStrings(items: readonly unknown[], { path }: FieldInfo): string {
  const texts: string[] = [];
  const { length } = items;
  for (let i = 0; i < length; i++) {
    const item = items[i];
    if (typeof item !== 'string') throw invalidItem(path, i, item);
    texts.push(quote(item));
  }
  return `[${texts.join(',')}]`;
}

function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

function bytesToBase64(bytes: Uint8Array): string {
  // A copy of the engine's own, whatever class the bytes are of.
  return Buffer.from(new Uint8Array(bytes).buffer).toString('base64');
}

/** @param json the whole text. @param section undefined for the event itself */
function readFields(
  value: unknown,
  fields: readonly FieldInfo[],
  json: string,
  section: FieldInfo | undefined,
): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(section?.path ?? 'event', value, 'an object');
  const values = value as Fields;
  const read: Fields = {};
  for (const field of fields) {
    const found = Object.hasOwn(values, field.json) ? values[field.json] : undefined;
    if (found === undefined || found === null) {
      if (!field.optional) throw refuse(field.path, found, field.expected);
      continue;
    }
    read[field.name] = readField(found, field, json, section);
  }
  return read;
}

function readField(value: unknown, field: FieldInfo, json: string, section: FieldInfo | undefined): unknown {
  if (field.kind === 'section') return readFields(value, field.fields!, json, field);
  if (field.kind === 'timestamp') return readTimestamp(value, field);
  if (field.kind === 'bytes') return readBytes(value, field);
  if (!holds(field, value)) throw refuse(field.path, value, field.expected);
  if (!holdsInJson(field, value)) throw refuse(field.path, value, field.expectedInJson!);
  switch (field.kind) {
    case 'stringMap':
    case 'strings':
      checkTexts(value as Fields, field);
      return value;
    case 'json':
      return isOrdinary(value) ? value : exactValue(value, json, field, section);
    case 'u32':
    case 'i32':
    case 'port':
      return (value as number) + 0;
    case 'string':
    case 'enum':
    case 'boolean':
    case 'safeInteger':
    case 'double':
      return value;
  }
}

function readTimestamp(value: unknown, { path }: FieldInfo): bigint {
  const timestamp = typeof value === 'string' ? parseTimestamp(value) : undefined;
  if (timestamp === undefined)
    throw refuse(path, value, 'an RFC 3339 time with its offset, from 1970 to 2262');
  return timestamp;
}

function readBytes(value: unknown, { path }: FieldInfo): Uint8Array {
  if (typeof value !== 'string' || !isBase64(value)) throw refuse(path, value, 'base64 text');
  return new Uint8Array(Buffer.from(value, 'base64'));
}

function checkTexts(items: Fields, { path, kind }: FieldInfo): void {
  for (const [key, item] of Object.entries(items)) {
    if (typeof item !== 'string')
      throw refuse(pathOf(path, kind === 'strings' ? Number(key) : key), item, 'a string');
  }
}

/** The value of a field that may be any JSON, with texts for the numbers whose digits JavaScript's do not keep. */
function exactValue(value: unknown, json: string, field: FieldInfo, section: FieldInfo | undefined): unknown {
  const exact = quoteLostDigits(json);
  if (exact !== json) {
    let owner = JSON.parse(exact) as Fields;
    if (section !== undefined) owner = owner[section.json] as Fields;
    value = owner[field.json];
  }
  const fault = faultOf(value);
  if (fault !== undefined) throw refuse(pathOfKeys(field.path, fault.keys), fault.value, fault.expected);
  return value;
}

/** Base64 with padding, as RFC 4648 has it. Buffer would skip anything else without a word. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function refuse(path: string, value: unknown, expected: string): TapioError {
  return new TapioError(
    'ERR_CORRUPT_DATA',
    `no event in this JSON: ${path} must be ${expected}, not ${show(value)}`,
  );
}
