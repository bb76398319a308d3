/** Where fields lie in an encoded event with a kernel section, for code that patches one: bytes from its start. */
import { ROOT_HEADER } from './layout.mjs';

export function emitPlaces(layout) {
  const { fixed, headerWords, root } = layout;
  const bitsAt = headerWords * 4;
  const refs = root.requiredRefs.map((field, i) => `  ${field.name}: ${(ROOT_HEADER.refs + i) * 4},`);
  const fields = fixed.record.fields
    .filter((field) => field.word !== undefined)
    .map(
      (field) =>
        `  ${field.name}: { kind: '${field.kind}', at: ${(headerWords + field.word) * 4}, bit: 0x${(1 << field.bit).toString(16)} },`,
    );
  const sections = layout.sections.map(
    ({ name, bit, record }) => `  ${name}: {
    bit: 0x${(1 << bit).toString(16)},
    fields: [
${[...record.requiredRefs, ...record.optionalRefs, ...record.words, ...record.doubles]
  .map(
    (field) =>
      `      { name: '${field.name}', kind: '${field.kind}', bit: 0x${(field.optional ? 1 << field.bit : 0).toString(16)}, size: ${record.doubles.includes(field) ? 8 : 4} },`,
  )
  .join('\n')}
    ],
  },`,
  );
  return `
export const TIMESTAMP_AT = ${ROOT_HEADER.timestamp * 4};
export const TEXT_START_AT = ${ROOT_HEADER.textStart * 4};
export const LATIN1_UNITS_AT = ${ROOT_HEADER.latin1Units * 4};

/** The word that tells which sections there are. */
export const ROOT_BITS_AT = ${ROOT_HEADER.bits * 4};

/** References of the required texts, the first texts of the bundle. */
export const REFERENCES_AT = {
${refs.join('\n')}
} as const;

/** The word of presence bits of the kernel section, and its fixed fields in the order of their references. */
export const KERNEL_BITS_AT = ${bitsAt};
export const KERNEL_FIELDS = {
${fields.join('\n')}
} as const;

/** Behind the fixed fields: the first counted part, where there is one. */
export const KERNEL_PARTS_AT = ${bitsAt + fixed.record.fixedWords * 4};
export const KERNEL_ARGS_BIT = 0x${(1 << fixed.record.parts[0].bit).toString(16)};

/**
 * The other sections, which lie behind the kernel section in this order: a word of presence bits each, then the fields that are
 * present, in this order.
 */
export const SECTIONS = {
${sections.join('\n')}
} as const;
`;
}
