/** The plan by which native code (native/core/event_plan.h) walks over an encoded event: the fields in the order of their words. */
import { allBits, bit, fieldBits } from './bits.mjs';

/** EventPlan::Kind. */
const STEP_KINDS = {
  text: 'kText',
  u32: 'kUint32',
  i32: 'kInt32',
  safeInteger: 'kSafeInteger',
  double: 'kDouble',
  timestamp: 'kTimestamp',
  boolean: 'kBoolean',
  true: 'kTrue',
  enum: 'kEnum',
  strings: 'kStrings',
  stringMap: 'kStringMap',
  section: 'kSection',
  bytes: 'kBytes',
};
const WIRE = { varint: 0, fixed64: 1, bytes: 2 };
const WIRE_OF = {
  text: WIRE.bytes,
  double: WIRE.fixed64,
  strings: WIRE.bytes,
  stringMap: WIRE.bytes,
  section: WIRE.bytes,
  bytes: WIRE.bytes,
};

/** The header for native code. */
export function emitEventPlan(layout) {
  const { steps, records } = planOf(layout);
  const rows = (all) => all.map((words) => `    {${words.join(', ')}},`).join('\n');
  return `// The plan of UnifiedEvent.
#ifndef TAPIO_CORE_UNIFIED_EVENT_PLAN_H_
#define TAPIO_CORE_UNIFIED_EVENT_PLAN_H_

#include "event_plan.h"

namespace tapio {

// clang-format off
inline constexpr EventPlan::Step kUnifiedEventSteps[] = {
${rows(steps.map(({ words }) => words))}
};

inline constexpr EventPlan::Record kUnifiedEventRecords[] = {
${rows(records)}
};
// clang-format on

inline constexpr EventPlan kUnifiedEventPlan{kUnifiedEventRecords, kUnifiedEventSteps};

}  // namespace tapio

#endif  // TAPIO_CORE_UNIFIED_EVENT_PLAN_H_
`;
}

/** The field of each step, by which native code says where something is wrong. */
export function emitEventPaths(layout) {
  return `/** The field of each step of the plan. */
export const EVENT_PATHS = [
${planOf(layout)
  .steps.map(({ path }) => `  '${path}',`)
  .join('\n')}
];
`;
}

function planOf({ root, timestamp, bytes, fixed, sections, allSections }) {
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
  const records = [[0, steps.length, allBits([...root.fields, bytes, ...allSections]), false]];
  for (const section of inOrder) {
    const { record } = section;
    const first = steps.length;
    steps.push(...record.requiredRefs.map(fieldStep), ...packed(record), ...record.flags.map(fieldStep));
    records.push([first, steps.length, allBits(record.fields), section === fixed]);
  }
  return { steps, records };
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
  return { path, words: [`EventPlan::Kind::${STEP_KINDS[kind]}`, tag, mask, extra] };
}
