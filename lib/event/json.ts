/**
 * The JSON form of an event, which is that of the Go original: snake_case names, RFC 3339 timestamp with
 * nanoseconds, base64 raw data. Driven by the field table.
 */
import { types } from 'node:util';
import { isArray, isArrayOrRevoked, show, TapioError } from '../errors';
import { EVENT_FIELDS, type FieldInfo } from './generated/fields';
import { invalid, pathOf } from './invalid-event';
import { isWritable, jsonText } from './json-text';
import { formatTimestamp, parseTimestamp } from './rfc3339';
import type { UnifiedEvent } from './unified-event';

/** Under the longest string of the engine. */
const MAX_JSON_LENGTH = 2 ** 28;

type Fields = Record<string, unknown>;

/**
 * One line of JSON. Absent fields are left out, zeros that are present are kept.
 *
 * @throws TapioError ERR_INVALID_EVENT when a field has the wrong type or range, or is NaN or infinite
 */
export function eventToJSON(event: UnifiedEvent): string {
  if (typeof event !== 'object' || event === null) throw invalid('event', event, 'an object');
  return writeFields(event as unknown as Fields, EVENT_FIELDS);
}

/**
 * The event in a JSON text. Unknown names and nulls in optional fields are ignored.
 *
 * @throws TapioError ERR_CORRUPT_DATA when there is no event in it, or a field has the wrong type or range
 */
export function eventFromJSON(json: string): UnifiedEvent {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new TapioError('ERR_CORRUPT_DATA', `no JSON: ${(error as Error).message}`);
  }
  return readFields(value, EVENT_FIELDS, 'event') as unknown as UnifiedEvent;
}

function writeFields(values: Fields, fields: readonly FieldInfo[]): string {
  let text = '';
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || value === null) {
      if (!field.optional) throw invalid(field.path, value, expectation(field));
      continue;
    }
    text += `${text === '' ? '{' : ','}"${field.json}":${writeField(value, field)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

function writeField(value: unknown, field: FieldInfo): string {
  if (!isOfKind(value, field)) throw invalid(field.path, value, expectation(field));
  switch (field.kind) {
    case 'timestamp':
      return `"${formatTimestamp(value as bigint)}"`;
    case 'double':
      if (!Number.isFinite(value)) throw invalid(field.path, value, 'a finite number in JSON');
      return numberText(value as number);
    case 'safeInteger':
    case 'u32':
    case 'i32':
    case 'port':
      return numberText(value as number);
    case 'bytes':
      return `"${bytesToBase64(value as Uint8Array)}"`;
    case 'section':
      return writeFields(value as Fields, field.fields!);
    case 'stringMap':
      return writeMap(value as Fields, field);
    case 'strings':
      return writeStrings(value as readonly unknown[], field);
    case 'string':
    case 'enum':
      return JSON.stringify((value as string).toWellFormed());
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

function writeMap(map: Fields, field: FieldInfo): string {
  const entries = Object.keys(map).map((key) => {
    const value = map[key];
    if (typeof value !== 'string') throw invalid(pathOf(field.path, key), value, 'a string');
    return `${JSON.stringify(key.toWellFormed())}:${JSON.stringify(value.toWellFormed())}`;
  });
  return `{${entries.join(',')}}`;
}

function writeStrings(items: readonly unknown[], field: FieldInfo): string {
  const texts: string[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item !== 'string') throw invalid(pathOf(field.path, i), item, 'a string');
    texts.push(JSON.stringify(item.toWellFormed()));
  }
  return `[${texts.join(',')}]`;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function bytesToBase64(bytes: Uint8Array): string {
  // A copy first: Buffer refuses no memory this way, shared memory included.
  return Buffer.from(Uint8Array.prototype.slice.call(bytes)).toString('base64');
}

function readFields(value: unknown, fields: readonly FieldInfo[], path: string): Fields {
  if (typeof value !== 'object' || value === null || isArrayOrRevoked(value))
    throw refuse(path, value, 'an object');
  const values = value as Fields;
  const read: Fields = {};
  for (const field of fields) {
    const found = Object.hasOwn(values, field.json) ? values[field.json] : undefined;
    if (found === undefined || found === null) {
      if (!field.optional) throw refuse(field.path, found, expectation(field));
      continue;
    }
    read[field.name] = readField(found, field);
  }
  return read;
}

function readField(value: unknown, field: FieldInfo): unknown {
  switch (field.kind) {
    case 'section':
      return readFields(value, field.fields!, field.path);
    case 'timestamp': {
      const timestamp = typeof value === 'string' ? parseTimestamp(value) : undefined;
      if (timestamp === undefined) throw refuse(field.path, value, 'an RFC 3339 time from 1970 to 2262');
      return timestamp;
    }
    case 'bytes': {
      if (typeof value !== 'string' || !isBase64(value)) throw refuse(field.path, value, 'base64 text');
      return new Uint8Array(Buffer.from(value, 'base64'));
    }
    case 'stringMap':
    case 'strings': {
      if (!isOfKind(value, field)) throw refuse(field.path, value, expectation(field));
      for (const [key, item] of Object.entries(value as Fields)) {
        if (typeof item !== 'string') throw refuse(pathOf(field.path, key), item, 'a string');
      }
      return value;
    }
    case 'json':
      if (!isOfKind(value, field) || !isWritable(value)) throw refuse(field.path, value, expectation(field));
      return value;
    default:
      if (!isOfKind(value, field)) throw refuse(field.path, value, expectation(field));
      return value;
  }
}

function isOfKind(value: unknown, field: FieldInfo): boolean {
  switch (field.kind) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'enum':
      return field.values!.includes(value as string);
    case 'timestamp':
      return typeof value === 'bigint' && value >= 0n && value < 2n ** 63n;
    case 'u32':
      return typeof value === 'number' && value >>> 0 === value;
    case 'i32':
      return typeof value === 'number' && (value | 0) === value;
    case 'port':
      return typeof value === 'number' && (value & 0xffff) === value;
    case 'safeInteger':
      return Number.isSafeInteger(value);
    case 'double':
      return typeof value === 'number';
    case 'bytes':
      return types.isUint8Array(value);
    case 'strings':
      return isArray(value);
    case 'stringMap':
    case 'json':
    case 'section':
      return typeof value === 'object' && value !== null && !isArrayOrRevoked(value);
  }
}

function expectation(field: FieldInfo): string {
  switch (field.kind) {
    case 'string':
      return 'a string';
    case 'boolean':
      return 'a boolean';
    case 'enum':
      return field.values!.map((value) => `"${value}"`).join(', ');
    case 'timestamp':
      return 'a bigint from 0 to 2^63-1';
    case 'u32':
      return 'an integer from 0 to 4294967295';
    case 'i32':
      return 'an integer from -2147483648 to 2147483647';
    case 'port':
      return 'an integer from 0 to 65535';
    case 'safeInteger':
      return 'a safe integer';
    case 'double':
      return 'a number';
    case 'bytes':
      return 'a Uint8Array';
    case 'strings':
      return 'an array of strings';
    case 'stringMap':
      return 'an object of strings';
    case 'json':
    case 'section':
      return 'an object';
  }
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
