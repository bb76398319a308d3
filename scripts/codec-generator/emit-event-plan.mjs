/** The plan by which native code (native/core/event_plan.h) walks over an encoded event: the fields in the order of their words. */
import { allBits, bit, fieldBits } from './bits.mjs';

/** Mirrors EventPlan::Kind. */
const STEP_KINDS = [
  'text',
  'u32',
  'i32',
  'safeInteger',
  'double',
  'timestamp',
  'boolean',
  'true',
  'enum',
  'strings',
  'stringMap',
  'section',
  'bytes',
];
const WIRE = { varint: 0, fixed64: 1, bytes: 2 };
const WIRE_OF = {
  text: WIRE.bytes,
  double: WIRE.fixed64,
  strings: WIRE.bytes,
  stringMap: WIRE.bytes,
  section: WIRE.bytes,
  bytes: WIRE.bytes,
};

export function emitEventPlan({ root, timestamp, bytes, fixed, sections, allSections }) {
  const inOrder = [fixed, ...sections];
  const sectionStep = (section) => step(section, 'section', bit(section.bit), inOrder.indexOf(section) + 1);
  const steps = [
    ...root.requiredRefs.map(fieldStep),
    step(timestamp, 'timestamp'),
    sectionStep(fixed),
    ...root.flags.map(fieldStep),
    ...packed(root),
    ...sections.map(sectionStep),
    step(bytes, 'bytes', bit(bytes.bit)),
  ];
  const records = [[steps.length, allBits([...root.fields, bytes, ...allSections]), 0]];
  for (const section of inOrder) {
    const { record } = section;
    steps.push(...record.requiredRefs.map(fieldStep), ...packed(record), ...record.flags.map(fieldStep));
    records.push([steps.length, allBits(record.fields), section === fixed ? 1 : 0]);
  }
  return `/** Of each step its kind, its tag in protobuf, its bits and what else its kind needs. */
export const EVENT_STEPS = Int32Array.of(
${steps.map(({ words }) => `  ${words.join(', ')},`).join('\n')}
);

/** Of each record the end of its steps, the bits that are known, and whether what is absent takes room. */
export const EVENT_RECORDS = Int32Array.of(
${records.map((words) => `  ${words.join(', ')},`).join('\n')}
);

/** The field of each step. */
export const EVENT_PATHS = [
${steps.map(({ path }) => `  '${path}',`).join('\n')}
];
`;
}

/** Fields behind one another; flags take no word, so that their place in the order is free. */
function packed({ optionalRefs, words, doubles, parts }) {
  return [...optionalRefs, ...words, ...doubles, ...parts].map(fieldStep);
}

function fieldStep(field) {
  const present = field.optional ? bit(field.bit) : 0;
  switch (field.kind) {
    case 'string':
    case 'json':
      return step(field, 'text', present);
    case 'u32':
    case 'port':
      return step(field, 'u32', present);
    case 'i32':
    case 'safeInteger':
    case 'double':
    case 'strings':
    case 'stringMap':
      return step(field, field.kind, present);
    case 'boolean':
      return field.optional
        ? step(field, 'boolean', present, bit(field.valueBit))
        : step(field, 'true', bit(field.valueBit));
    case 'enum':
      return step(field, 'enum', fieldBits(field), field.values.length);
    default:
      throw new Error(`${field.path}: a ${field.kind} has no protobuf form`);
  }
}

function step({ path, number }, kind, mask = 0, extra = 0) {
  if (number > 2047) throw new Error(`${path}: the number ${number} needs a tag of more than two bytes`);
  const tag = number * 8 + (WIRE_OF[kind] ?? WIRE.varint);
  return { path, words: [STEP_KINDS.indexOf(kind), tag, mask, extra] };
}
