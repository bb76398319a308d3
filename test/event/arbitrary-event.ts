/** Random events made from the field table, so that no field of the type can be forgotten. */
import fc from 'fast-check';
import type { UnifiedEvent } from '@tapio/performance';
import { EVENT_FIELDS, type FieldInfo } from './internals';

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'openat', 'nginx', 'é'.repeat(90), 'x'.repeat(300), '日本', '__proto__', '123'),
);
const map = fc
  .array(fc.tuple(text, text), { maxLength: 5 })
  .map((entries) => Object.fromEntries(entries) as Record<string, string>);
const json = fc
  .array(fc.tuple(text, fc.jsonValue({ maxDepth: 3 })), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries) as Record<string, unknown>);

/** Any value that a field may hold. */
export function arbitraryValue(field: FieldInfo): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'string':
      return text;
    case 'timestamp':
      return fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
    case 'boolean':
      return fc.boolean();
    case 'enum':
      return fc.constantFrom(...field.values!);
    case 'u32':
      return fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1));
    case 'i32':
      return fc.oneof(fc.integer(), fc.constantFrom(0, -1, -(2 ** 31), 2 ** 31 - 1));
    case 'port':
      return fc.oneof(fc.integer({ min: 0, max: 65535 }), fc.constantFrom(0, 65535));
    case 'safeInteger':
      return fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -(2 ** 53 - 1), 2 ** 53 - 1));
    case 'double':
      return fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0));
    case 'strings':
      return fc.array(text, { maxLength: 5 });
    case 'stringMap':
      return map;
    case 'json':
      return json;
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 });
    case 'section':
      return arbitraryFields(field.fields!);
  }
}

function arbitraryFields(fields: readonly FieldInfo[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, arbitraryValue(field)])), {
    requiredKeys: fields.filter((field) => !field.optional).map((field) => field.name),
    noNullPrototype: true,
  });
}

export const arbitraryEvent = arbitraryFields(EVENT_FIELDS) as unknown as fc.Arbitrary<UnifiedEvent>;

/** Whether JSON cannot carry the value of a field, which the binary form does. */
export function isBinaryOnly(field: FieldInfo, value: unknown): boolean {
  return field.kind === 'double' && typeof value === 'number' && !Number.isFinite(value);
}

/** Whether JSON cannot carry a field of an event. */
export function hasBinaryOnly(event: UnifiedEvent): boolean {
  const values = event as unknown as Record<string, Record<string, unknown> | undefined>;
  return leafFields().some((field) => {
    const [first, second] = field.path.split('.') as [string, string | undefined];
    return isBinaryOnly(field, second === undefined ? values[first] : values[first]?.[second]);
  });
}

/** The smallest event, of required fields only. */
export function smallestEvent(): UnifiedEvent {
  return { id: 'id', timestamp: 1n, type: 'kernel', source: 'test' };
}

/** The smallest event with a given value at a field's path. */
export function eventWith(field: FieldInfo, value: unknown): UnifiedEvent {
  const event = smallestEvent() as unknown as Record<string, unknown>;
  const [first, second] = field.path.split('.') as [string, string | undefined];
  if (second === undefined) {
    event[first] = value;
    return event as unknown as UnifiedEvent;
  }
  const section = EVENT_FIELDS.find((candidate) => candidate.name === first)!;
  const inner: Record<string, unknown> = {};
  for (const sibling of section.fields!) if (!sibling.optional) inner[sibling.name] = someValue(sibling);
  inner[second] = value;
  event[first] = inner;
  return event as unknown as UnifiedEvent;
}

/** One ordinary value of a field. */
export function someValue(field: FieldInfo): unknown {
  if (field.kind === 'double') return 0.5;
  return fc.sample(arbitraryValue(field), { seed: 1, numRuns: 1 })[0];
}

/** Every field that holds a value, sections left out. */
export function leafFields(fields: readonly FieldInfo[] = EVENT_FIELDS): FieldInfo[] {
  return fields.flatMap((field) => (field.kind === 'section' ? leafFields(field.fields) : [field]));
}
