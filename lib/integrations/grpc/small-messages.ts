/**
 * The small messages of proto/tapio/v1/events.proto, by the table that is made from it. They are few, so this is simple and not fast;
 * events have a writer and a reader of their own.
 */
import { ENUMS, type MessageField, MESSAGES } from '../../event/generated/messages';
import { corrupt } from '../../event/invalid-event';
import { WireReader } from '../../event/wire-reader';

type Value = Record<string, unknown>;

const WIRE: Readonly<Record<string, number>> = { uint32: 0, uint64: 0, int64: 0, bool: 0, double: 1 };
const TWO_64 = 1n << 64n;

/** Fields that are undefined, or hold what protobuf leaves out, are left out; a bigint is one of 64 bits. */
export function encodeMessage(name: string, value: object): Buffer {
  const parts: Buffer[] = [];
  for (const field of MESSAGES[name]) {
    const given = (value as Value)[field.name];
    if (given === undefined || given === null) continue;
    if (field.label === 'repeated')
      for (const item of given as unknown[]) parts.push(encodeField(field, item));
    else if (field.label === 'map')
      for (const [key, item] of Object.entries(given)) parts.push(encodeEntry(field, key, item));
    else if (typeof given === 'object' || !isBlank(given)) parts.push(encodeField(field, given));
  }
  return Buffer.concat(parts);
}

function isBlank(value: unknown): boolean {
  return value === 0 || value === 0n || value === '' || value === false;
}

function encodeEntry(field: MessageField, key: string, item: unknown): Buffer {
  const value: MessageField = { name: 'value', number: 2, label: '', type: field.type };
  const entry = Buffer.concat([lengthDelimited(1, Buffer.from(key)), encodeField(value, item)]);
  return lengthDelimited(field.number, entry);
}

function encodeField({ number, type }: MessageField, value: unknown): Buffer {
  switch (type) {
    case 'string':
      return lengthDelimited(number, Buffer.from(value as string));
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value as number);
      return Buffer.concat([varint(number * 8 + 1), bytes]);
    }
    case 'bool':
    case 'uint32':
    case 'uint64':
    case 'int64':
      return Buffer.concat([varint(number * 8), varint(BigInt(value as number | bigint | boolean))]);
    default: {
      const names = ENUMS[type];
      if (names === undefined) return lengthDelimited(number, encodeMessage(type, value as object));
      return Buffer.concat([varint(number * 8), varint(names.indexOf(value as string))]);
    }
  }
}

function lengthDelimited(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  if (rest < 0n) rest += TWO_64;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/**
 * Absent lists and maps are empty, absent numbers 0, absent messages undefined.
 * @throws TapioError ERR_CORRUPT_DATA
 */
export function decodeMessage(name: string, bytes: Uint8Array): Value {
  const reader = new WireReader(bytes);
  return decodeUpTo(reader, name, reader.end);
}

function decodeUpTo(reader: WireReader, name: string, end: number): Value {
  const fields = MESSAGES[name];
  const value: Value = {};
  for (const field of fields) value[field.name] = blankOf(field);
  while (reader.at < end) {
    const tag = reader.varint32(end);
    const field = fields.find((each) => each.number * 8 + wireOf(each) === tag);
    if (field === undefined) reader.skip(tag, end);
    else if (field.label === 'repeated')
      (value[field.name] as unknown[]).push(decodeField(reader, field, end));
    else if (field.label === 'map')
      decodeEntry(reader, field, end, value[field.name] as Map<string, unknown>);
    else value[field.name] = decodeField(reader, field, end);
  }
  for (const field of fields)
    if (field.label === 'map')
      value[field.name] = Object.fromEntries(value[field.name] as Map<string, unknown>);
  return value;
}

function wireOf({ label, type }: MessageField): number {
  if (label === 'map') return 2;
  return ENUMS[type] !== undefined ? 0 : (WIRE[type] ?? 2);
}

function blankOf({ label, type }: MessageField): unknown {
  if (label === 'repeated') return [];
  if (label === 'map') return new Map();
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (type === 'int64') return 0n;
  return wireOf({ label, type } as MessageField) === 2 || ENUMS[type] !== undefined ? undefined : 0;
}

function decodeEntry(reader: WireReader, field: MessageField, end: number, map: Map<string, unknown>): void {
  const entryEnd = reader.messageEnd(end);
  const valueField: MessageField = { name: 'value', number: 2, label: '', type: field.type };
  let [key, value] = ['', MESSAGES[field.type] === undefined ? blankOf(valueField) : undefined];
  while (reader.at < entryEnd) {
    const tag = reader.varint32(entryEnd);
    if (tag === 10) key = reader.text(entryEnd, field.name);
    else if (tag === 16 + wireOf(valueField)) value = decodeField(reader, valueField, entryEnd);
    else reader.skip(tag, entryEnd);
  }
  map.set(key, value ?? decodeUpTo(reader, field.type, reader.at));
}

function decodeField(reader: WireReader, { name, type }: MessageField, end: number): unknown {
  switch (type) {
    case 'string':
      return reader.text(end, name);
    case 'double':
      return reader.double(end);
    case 'bool':
      return reader.boolean(end);
    case 'uint32':
      return reader.u32(end, name);
    case 'uint64': {
      const value = reader.safeInteger(end, name);
      if (value < 0) throw corrupt(`${name} is beyond 2^53-1`);
      return value;
    }
    case 'int64':
      return reader.timestamp(end, name);
    default:
      if (ENUMS[type] !== undefined) return ENUMS[type][reader.enumNumber(end)];
      return decodeUpTo(reader, type, reader.messageEnd(end));
  }
}
