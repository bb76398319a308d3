/**
 * How native code makes encoded events of records without knowing the codec: an event of each kind is encoded here, and native
 * code gets its bytes and a list of what to change in them. Mirrors Operation and MapperPlan in native/kernel/record_mapper.h.
 */
import { binding, type NativeMapping } from '../binding';
import { Encoder } from '../event/encoder';
import {
  KERNEL_BITS_AT,
  KERNEL_FIELDS,
  KERNEL_PARTS_AT,
  NARROW_UNITS_AT,
  REFERENCES_AT,
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
  readonly presenceBit?: number;
  readonly literal?: { offset: number; size: number };
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
    NARROW_UNITS_AT,
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
  const { fields } = shape;
  const known = fields.filter(({ name }) => name in KERNEL_FIELDS);
  const others = fields.filter(({ name }) => name !== 'timestamp' && !(name in KERNEL_FIELDS));
  const kernel: Record<string, unknown> = {};
  for (const { name } of known) kernel[name] = kernelField(name).kind === 'string' ? '' : 0;
  if (others.length > 0) kernel.args = Object.fromEntries(others.map(({ name }) => [name, '']));
  const event = { id: ID, timestamp: 0n, type: shape.type, source: shape.source, kernel } as UnifiedEvent;
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
  // Of the texts only the event's own stay in the template: what follows is written for each record.
  const idAt = read(TEXT_START_AT);
  const ownUnits = Object.values(REFERENCES_AT)
    .map(read)
    .filter((reference) => (reference & Reference.BUNDLED) !== 0)
    .reduce((sum, reference) => sum + (reference & Reference.LENGTH_MASK), 0);
  words.setInt32(NARROW_UNITS_AT, ownUnits, IS_LITTLE_ENDIAN);
  return {
    event: new Uint8Array(memory.slice(0, idAt + ownUnits)),
    idAt,
    operations: operations.sort((a, b) => a.target - b.target),
  };
}

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
  if (kind !== 'string') {
    if (field.kind === 'text')
      throw invalidArgument(`the type of ${field.name}`, typeName(field), 'an integer');
    return { op: kind === 'i32' ? Op.Signed : Op.Unsigned, field, target: at, presenceBit: bit };
  }
  if (field.kind === 'text') return { op: Op.Interned, field, target: at };
  if (field.name === 'syscall') return { op: Op.Name, field, target: at, presenceBit: bit };
  throw invalidArgument(`the type of ${field.name}`, typeName(field), 'char[N]');
}

function typeName({ kind, size }: CheckedField): string {
  return kind === 'text' ? `char[${size}]` : `${kind === 'signed' ? 'i' : 'u'}${size * 8}`;
}

function packOperations(operations: readonly Operation[]): Uint32Array {
  return Uint32Array.from(
    operations.flatMap(({ op, field, target, presenceBit, literal }) => [
      op,
      field?.offset ?? 0,
      literal?.size ?? field?.size ?? 0,
      field?.kind === 'signed' ? 1 : 0,
      target,
      presenceBit === undefined ? NOWHERE : KERNEL_BITS_AT,
      presenceBit ?? 0,
      literal?.offset ?? 0,
    ]),
  );
}
