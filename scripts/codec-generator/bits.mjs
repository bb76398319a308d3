/** Bits of presence words, as source text. */
export function bit(index) {
  return 2 ** index;
}

export function hex(value) {
  return `0x${value.toString(16)}`;
}

export function fieldBits(field) {
  if (field.kind === 'enum') return (2 ** field.width - 1) * 2 ** field.bit;
  let bits = field.bit === undefined ? 0 : bit(field.bit);
  if (field.valueBit !== undefined) bits += bit(field.valueBit);
  return bits;
}

export function allBits(fields) {
  return fields.reduce((bits, field) => bits + fieldBits(field), 0);
}
