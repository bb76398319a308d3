/** The layout of a record that a kernel program writes: a C struct, field by field. */
import { isArray } from '../errors';
import { checkInteger, invalidArgument } from '../validate';

/**
 * One field of a record. These names mean the event's own fields: `timestamp` (64 bits of nanoseconds, see `clock`), `pid`, `tid`,
 * `uid`, `gid`, `cpuCore`, `returnCode`, `syscall` (an integer is a number of this architecture's table and becomes its name; -1 is none) and
 * `comm`. Any other name becomes a key of `kernel.args`, its value as text.
 */
export interface RecordField {
  /** An identifier. */
  readonly name: string;
  /** `u8` `u16` `u32` `u64` `i8` `i16` `i32` `i64`, or `char[N]`: text up to a NUL, N 1..4096. */
  readonly type: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
}

export interface CheckedField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly kind: 'unsigned' | 'signed' | 'text';
}

const MAX_OFFSET = 65535;
const MAX_FIELDS = 64;

/** @throws TapioError ERR_INVALID_ARGUMENT naming the field */
export function checkLayout(name: string, value: unknown): CheckedField[] {
  if (!isArray(value) || value.length === 0 || value.length > MAX_FIELDS)
    throw invalidArgument(name, value, `an array of 1 to ${MAX_FIELDS} fields`);
  const fields = Array.from(value, (each, index) => checkField(`${name}[${index}]`, each));
  fields.forEach((field, index) => {
    if (fields.findIndex((other) => other.name === field.name) !== index)
      throw invalidArgument(`${name}[${index}].name`, field.name, 'a name that no other field has');
  });
  return fields;
}

function checkField(path: string, value: unknown): CheckedField {
  if (typeof value !== 'object' || value === null) throw invalidArgument(path, value, 'a field');
  const { name, type, offset } = value as Partial<RecordField>;
  if (typeof name !== 'string' || !/^[A-Za-z_]\w{0,63}$/.test(name) || name === '__proto__')
    throw invalidArgument(`${path}.name`, name, 'an identifier of at most 64 characters');
  return { name, offset: checkInteger(`${path}.offset`, offset, 0, MAX_OFFSET), ...checkType(path, type) };
}

function checkType(path: string, type: unknown): Pick<CheckedField, 'size' | 'kind'> {
  const [, sign, bits, length] = /^(?:([ui])(8|16|32|64)|char\[(\d{1,4})\])$/.exec(String(type)) ?? [];
  if (typeof type === 'string' && bits !== undefined)
    return { size: Number(bits) / 8, kind: sign === 'u' ? 'unsigned' : 'signed' };
  const size = Number(length);
  if (typeof type === 'string' && size >= 1 && size <= 4096) return { size, kind: 'text' };
  throw invalidArgument(`${path}.type`, type, 'u8, u16, u32, u64, i8, i16, i32, i64 or char[1..4096]');
}
