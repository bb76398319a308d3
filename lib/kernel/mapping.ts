/**
 * How native code makes encoded events of records without knowing the codec: an event of each kind is encoded here, and native
 * code gets its bytes and a list of what to change in them. Mirrors Operation and MapperPlan in native/kernel/record_mapper.h.
 */
import { binding, type NativeMapping } from '../binding';
import { Encoder } from '../event/encoder';
import {
  KERNEL_ARGS_BIT,
  KERNEL_BITS_AT,
  KERNEL_FIELDS,
  KERNEL_PARTS_AT,
  LATIN1_UNITS_AT,
  REFERENCES_AT,
  ROOT_BITS_AT,
  SECTIONS,
  TEXT_START_AT,
  TIMESTAMP_AT,
} from '../event/generated/places';
import { IS_LITTLE_ENDIAN, Reference } from '../event/references';
import type { UnifiedEvent } from '../event/unified-event';
import { invalidArgument } from '../validate';
import type { CheckedField } from './layout';

export type Clock = 'monotonic' | 'boottime' | 'realtime';

/** One kind of record. */
export interface RecordShape {
  readonly type: string;
  readonly source: string;
  readonly fields: readonly CheckedField[];
  readonly clock: Clock;
  /** What native code finds in the record beyond its fields; a part that it does not find is absent. */
  readonly details?: ShapeDetails;
}

/** Numbers of details, as native code has them. */
export interface ShapeDetails {
  /** Keys of `kernel.args`, behind those of the fields. */
  readonly args?: Readonly<Record<string, number>>;
  /** Of `kernel.returnCode`. */
  readonly returnCode?: number;
  readonly sections?: readonly SectionDetails[];
}

export interface SectionDetails {
  readonly name: 'entity' | 'network';
  /** What is the same in each event. */
  readonly constants: Readonly<Record<string, string>>;
  /** Without any of them there is no section. */
  readonly fields: Readonly<Record<string, number>>;
}

interface MappingOptions {
  /** Bytes the target takes at most. */
  readonly limit: number;
  /** Byte of the record with the 32-bit number that chooses a shape; default: there is one shape. */
  readonly kindAt?: number;
  /** Names of numbers in the field `syscall`. */
  readonly names: readonly (string | undefined)[];
}

const enum Op {
  Monotonic,
  Boottime,
  Realtime,
  Now,
  Unsigned,
  Signed,
  Name,
  Text,
  Interned,
  Decimal,
  Literal,
  DetailText,
  DetailNumber,
  DetailPair,
  DetailPart,
  DetailFixed,
}
const CLOCK_OPS: Readonly<Record<Clock, Op>> = {
  monotonic: Op.Monotonic,
  boottime: Op.Boottime,
  realtime: Op.Realtime,
};

interface Operation {
  readonly op: Op;
  readonly field?: CheckedField;
  /** Byte of the event. */
  readonly target: number;
  /** The word of the event that says whether it is there, and what is taken from it if not. */
  readonly presence?: { at: number; bits: number };
  readonly literal?: { offset: number; size: number };
  /** In place of `field`: the number of a detail, or bits of several. */
  readonly detail?: number;
  /** Bytes of the event that go away with a part. */
  readonly bytes?: number;
}

const NOWHERE = 0xffffffff;
const TEMPLATE_BYTES = 65536;
const ID = '0'.repeat(32);

/** Encodes the events of all shapes. undefined in `shapes`: records of that kind are malformed. */
export function makeMapping(
  shapes: readonly (RecordShape | undefined)[],
  { limit, kindAt, names }: MappingOptions,
): NativeMapping {
  const literals = new Literals();
  const table = new Uint32Array(names.length * 3);
  names.forEach((name, number) => {
    if (name === undefined) return;
    const { offset, size } = literals.add(name);
    table.set([binding.internString(name), offset, size], number * 3);
  });
  const cpu = shapes.flatMap((shape) => shape?.fields ?? []).find(({ name }) => name === 'cpuCore');
  const header = [
    kindAt ?? NOWHERE,
    cpu?.size === 4 ? cpu.offset : NOWHERE,
    LATIN1_UNITS_AT,
    TEXT_START_AT,
    Math.min(limit, NOWHERE),
  ];
  const parts: (Uint8Array | Uint32Array)[] = [];
  for (const shape of shapes) {
    const { event, idAt, operations } =
      shape === undefined
        ? { event: new Uint8Array(), idAt: 0, operations: [] }
        : makeTemplate(shape, literals);
    header.push(idAt);
    parts.push(event, packOperations(operations));
  }
  return [Uint32Array.from(header), table, literals.bytes(), ...parts];
}

/** Texts that native code may have to write itself, back to back. */
class Literals {
  private text = '';

  add(text: string): { offset: number; size: number } {
    const offset = this.text.length;
    this.text += text;
    return { offset, size: text.length };
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.from(this.text, 'latin1'));
  }
}

function makeTemplate(
  shape: RecordShape,
  literals: Literals,
): { event: Uint8Array; idAt: number; operations: Operation[] } {
  const { fields, details = {} } = shape;
  const known = fields.filter(({ name }) => name in KERNEL_FIELDS);
  const others = fields.filter(({ name }) => name !== 'timestamp' && !(name in KERNEL_FIELDS));
  const kernel: Record<string, unknown> = {};
  for (const { name } of known) kernel[name] = kernelField(name).kind === 'string' ? '' : 0;
  const args = Object.entries(details.args ?? {});
  if (details.returnCode !== undefined) kernel.returnCode = 0;
  if (others.length + args.length > 0)
    kernel.args = Object.fromEntries([
      ...others.map(({ name }) => [name, '']),
      ...args.map(([name]) => [name, '']),
    ]);
  const sections = Object.fromEntries(
    (details.sections ?? []).map((section) => [section.name, emptySection(section)]),
  );
  const event = {
    ...{ id: ID, timestamp: 0n, type: shape.type, source: shape.source, kernel },
    ...sections,
  } as UnifiedEvent;
  const memory = new ArrayBuffer(TEMPLATE_BYTES);
  const encoder = new Encoder(memory, 0, TEMPLATE_BYTES);
  // A text is interned when it is met for the second time.
  let size = encoder.encode(event, 0);
  for (let sight = 0; sight < 2; sight++) size = encoder.encode(event, 0);
  if (size < 0) throw invalidArgument('layout', fields, 'fields whose names fit in an event');

  const words = new DataView(memory);
  const read = (at: number): number => words.getInt32(at, IS_LITTLE_ENDIAN);
  const operations = [timestampOperation(shape)];
  for (const field of known) operations.push(kernelOperation(field));
  others.forEach((field, index) => {
    const keyAt = KERNEL_PARTS_AT + 4 + index * 8;
    // A key that could not be interned travels in the bundle, before its value.
    if (read(keyAt) < 0)
      operations.push({ op: Op.Literal, target: keyAt, literal: literals.add(field.name) });
    operations.push({ op: field.kind === 'text' ? Op.Text : Op.Decimal, field, target: keyAt + 4 });
  });
  operations.push(...detailOperations(details, others.length, read, literals));
  // Of the texts only the event's own stay in the template: what follows is written for each record.
  const idAt = read(TEXT_START_AT);
  const ownUnits = Object.values(REFERENCES_AT)
    .map(read)
    .filter((reference) => (reference & Reference.BUNDLED) !== 0)
    .reduce((sum, reference) => sum + (reference & Reference.LENGTH_MASK), 0);
  words.setInt32(LATIN1_UNITS_AT, ownUnits, IS_LITTLE_ENDIAN);
  return {
    event: new Uint8Array(memory.slice(0, idAt + ownUnits)),
    idAt,
    operations: operations.sort((a, b) => a.target - b.target),
  };
}

/** All operations on what may be absent. */
function detailOperations(
  { args = {}, returnCode, sections = [] }: ShapeDetails,
  before: number,
  read: (at: number) => number,
  literals: Literals,
): Operation[] {
  const operations: Operation[] = [];
  if (returnCode !== undefined) {
    const { at, bit } = KERNEL_FIELDS.returnCode;
    operations.push({
      op: Op.DetailFixed,
      target: at,
      detail: returnCode,
      presence: { at: KERNEL_BITS_AT, bits: bit },
    });
  }
  const pairs = Object.entries(args);
  const count = before + pairs.length;
  if (before === 0 && count > 0) {
    operations.push({
      op: Op.DetailPart,
      target: KERNEL_PARTS_AT,
      detail: bitsOf(Object.values(args)),
      bytes: 4 + 8 * count,
      presence: { at: KERNEL_BITS_AT, bits: KERNEL_ARGS_BIT },
    });
  }
  pairs.forEach(([name, detail], index) => {
    const keyAt = KERNEL_PARTS_AT + 4 + (before + index) * 8;
    // A key that could not be interned travels in the bundle, before its value.
    const literal = read(keyAt) < 0 ? literals.add(name) : undefined;
    const presence = { at: KERNEL_PARTS_AT, bits: 0 };
    operations.push({ op: Op.DetailPair, target: keyAt + 4, detail, presence, literal });
  });
  let at = KERNEL_PARTS_AT + (count === 0 ? 0 : 4 + 8 * count);
  for (const section of sections) {
    const made = sectionOperations(section, at);
    operations.push(...made.operations);
    at = made.end;
  }
  return operations;
}

function sectionOperations(
  { name, constants, fields }: SectionDetails,
  start: number,
): { operations: Operation[]; end: number } {
  const { bit, fields: places } = SECTIONS[name];
  const operations: Operation[] = [];
  let end = start + 4;
  for (const place of places) {
    const detail = fields[place.name];
    if (detail !== undefined) {
      const op = place.kind === 'string' ? Op.DetailText : Op.DetailNumber;
      operations.push({ op, target: end, detail, presence: { at: start, bits: place.bit } });
    }
    if (detail !== undefined || place.name in constants) end += place.size;
  }
  const part: Operation = {
    op: Op.DetailPart,
    target: start,
    detail: bitsOf(Object.values(fields)),
    bytes: end - start,
    presence: { at: ROOT_BITS_AT, bits: bit },
  };
  return { operations: [part, ...operations], end };
}

function emptySection({ name, constants, fields }: SectionDetails): Record<string, unknown> {
  const texts = SECTIONS[name].fields
    .filter((place) => place.kind === 'string')
    .map((place) => place.name as string);
  const empty = Object.keys(fields).map((field) => [field, texts.includes(field) ? '' : 0]);
  return { ...constants, ...(Object.fromEntries(empty) as Record<string, unknown>) };
}

const bitsOf = (details: readonly number[]): number =>
  details.reduce((bits, detail) => bits | (1 << detail), 0);

function kernelField(name: string): { kind: string; at: number; bit: number } {
  return KERNEL_FIELDS[name as keyof typeof KERNEL_FIELDS];
}

function timestampOperation({ fields, clock }: RecordShape): Operation {
  const field = fields.find(({ name }) => name === 'timestamp');
  if (field === undefined) return { op: Op.Now, target: TIMESTAMP_AT };
  if (field.kind === 'text' || field.size !== 8)
    throw invalidArgument('the type of timestamp', typeName(field), 'u64 or i64');
  return { op: CLOCK_OPS[clock], field, target: TIMESTAMP_AT };
}

function kernelOperation(field: CheckedField): Operation {
  const { kind, at, bit } = kernelField(field.name);
  const presence = { at: KERNEL_BITS_AT, bits: bit };
  if (kind !== 'string') {
    if (field.kind === 'text')
      throw invalidArgument(`the type of ${field.name}`, typeName(field), 'an integer');
    return { op: kind === 'i32' ? Op.Signed : Op.Unsigned, field, target: at, presence };
  }
  if (field.kind === 'text') return { op: Op.Interned, field, target: at };
  if (field.name === 'syscall') return { op: Op.Name, field, target: at, presence };
  throw invalidArgument(`the type of ${field.name}`, typeName(field), 'char[N]');
}

function typeName({ kind, size }: CheckedField): string {
  return kind === 'text' ? `char[${size}]` : `${kind === 'signed' ? 'i' : 'u'}${size * 8}`;
}

function packOperations(operations: readonly Operation[]): Uint32Array {
  return Uint32Array.from(
    operations.flatMap(({ op, field, target, presence, literal, detail, bytes }) => [
      op,
      detail ?? field?.offset ?? 0,
      literal?.size ?? field?.size ?? 0,
      field?.kind === 'signed' ? 1 : 0,
      target,
      presence?.at ?? NOWHERE,
      presence?.bits ?? 0,
      bytes ?? literal?.offset ?? 0,
    ]),
  );
}
