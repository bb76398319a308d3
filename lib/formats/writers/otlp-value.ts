/** Values as texts of OTLP's AnyValue in JSON: 64-bit integers are texts, bytes are base64, what is no number has proto3's names. */
import { quoted } from '../../event/json-text';
import { EMPTY_NAME } from '../log-fields';

export function stringValue(text: string): string {
  return `{"stringValue":${quoted(text)}}`;
}

export function integerValue(value: number): string {
  return `{"intValue":"${value}"}`;
}

export function doubleValue(value: number): string {
  if (!Number.isFinite(value)) return `{"doubleValue":"${value}"}`;
  return Object.is(value, -0) ? '{"doubleValue":-0}' : `{"doubleValue":${value}}`;
}

export function bytesValue(bytes: Uint8Array): string {
  return `{"bytesValue":"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"}`;
}

export function stringsValue(texts: readonly string[]): string {
  let values = '';
  for (const text of texts) values += `${values === '' ? '' : ','}${stringValue(text)}`;
  return `{"arrayValue":{"values":[${values}]}}`;
}

export function mapValue(map: Readonly<Record<string, unknown>>): string {
  let values = '';
  for (const key of Object.keys(map)) values += `${values === '' ? '' : ','}${keyValue(key, map[key])}`;
  return `{"kvlistValue":{"values":[${values}]}}`;
}

export function keyValue(key: string, value: unknown): string {
  return `{"key":${quoted(key === '' ? EMPTY_NAME : key)},"value":${anyValue(value)}}`;
}

/** Of a JSON value. Nested at most as deep as an event may be. */
export function anyValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return stringValue(value);
    case 'boolean':
      return `{"boolValue":${value}}`;
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? integerValue(value) : doubleValue(value);
    default:
      if (typeof value !== 'object' || value === null) return '{}';
      return Array.isArray(value)
        ? `{"arrayValue":{"values":[${value.map(anyValue).join(',')}]}}`
        : mapValue(value as Record<string, unknown>);
  }
}
