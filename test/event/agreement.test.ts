/** The binary form and the JSON form take the same events, and refuse the others in the same words. */
import assert from 'node:assert';
import fc from 'fast-check';
import { decodeEvent, encodeEvent, eventFromJSON, eventToJSON, type UnifiedEvent } from '@tapio/performance';
import {
  arbitraryEvent,
  eventWith,
  hasBinaryOnly,
  isBinaryOnly,
  leafFields,
  smallestEvent,
  someValue,
} from './arbitrary-event';
import { EVENT_FIELDS, type FieldInfo } from './internals';
import { ODD } from './odd-values';
import { seed } from './seed';

const target = new Uint8Array(1 << 20);
const fields = [...leafFields(), ...EVENT_FIELDS.filter(({ kind }) => kind === 'section')];

type Values = Record<string, unknown>;

/** What a call gives, or the code and message of its error. */
function outcomeOf<T>(run: () => T): { value?: T; error?: string } {
  try {
    return { value: run() };
  } catch (thrown) {
    const { name, code, message } = thrown as { name: string; code: string; message: string };
    return { error: `${name} ${code} ${message}` };
  }
}

function expectAgreement(what: string, event: UnifiedEvent): void {
  const encoded = outcomeOf(() => encodeEvent(event, target));
  const json = outcomeOf(() => eventToJSON(event));
  expect([what, json.error]).toEqual([what, encoded.error]);
  if (encoded.error !== undefined) expect(encoded.error).toMatch(/^TapioError ERR_INVALID_EVENT /);
  else
    assert.deepStrictEqual(eventFromJSON(json.value!), decodeEvent(target.subarray(0, encoded.value)), what);
}

/** The value of a field with an odd one among its items or entries; undefined where a field has none. */
function withInner(field: FieldInfo, odd: unknown): unknown {
  if (field.kind === 'strings') return ['a', odd];
  if (field.kind === 'stringMap') return { a: 'b', 'c d': odd };
  if (field.kind === 'json') return { a: [1, { 'c d': odd }] };
  return undefined;
}

test.each(Object.entries(ODD))('%s is taken by both or refused by both, in any field', (what, make) => {
  for (const field of fields) {
    const odd = make();
    if (!isBinaryOnly(field, odd)) expectAgreement(`${what} as ${field.path}`, eventWith(field, odd));
    const outer = withInner(field, make());
    if (outer !== undefined) expectAgreement(`${what} in ${field.path}`, eventWith(field, outer));
  }
});

/** An event with one value put in place of another. */
const spoilt = fc
  .tuple(
    arbitraryEvent.filter((event) => !hasBinaryOnly(event)),
    fc.constantFrom(...fields),
    fc.constantFrom(...Object.keys(ODD)),
    fc.boolean(),
  )
  .map(([event, field, what, within]) => ({ event, field, odd: ODD[what](), within }))
  .filter(({ field, odd }) => !isBinaryOnly(field, odd))
  .map(({ event, field, odd, within }) => {
    const value = (within ? withInner(field, odd) : undefined) ?? odd;
    const [outer, inner] = field.path.split('.') as [keyof UnifiedEvent, string | undefined];
    if (inner === undefined) return { ...event, [outer]: value };
    const section = event[outer] ?? eventWith(field, someValue(field))[outer];
    return { ...event, [outer]: { ...(section as Values), [inner]: value } };
  });

test(`any event with an odd value in it is taken by both or refused by both (SEED=${seed})`, () => {
  fc.assert(
    fc.property(spoilt, (event) => expectAgreement('event', event)),
    { seed, numRuns: 500 },
  );
});

test.each(['NaN', 'Infinity'])(
  '%s in a field of any number is carried by the binary form and refused by JSON',
  (what) => {
    for (const field of leafFields().filter(({ kind }) => kind === 'double')) {
      const event = eventWith(field, ODD[what]());
      expect(decodeEvent(target.subarray(0, encodeEvent(event, target)))).toEqual(event);
      expect(outcomeOf(() => eventToJSON(event)).error).toBe(
        `TapioError ERR_INVALID_EVENT ${field.path} must be a finite number in JSON, not ${what}`,
      );
    }
  },
);

test('an array is no event in either form', () => {
  const event = Object.assign([], smallestEvent()) as unknown as UnifiedEvent;
  const error = 'TapioError ERR_INVALID_EVENT event must be an object, not an array of 0';
  expect(outcomeOf(() => encodeEvent(event, target))).toEqual({ error });
  expect(outcomeOf(() => eventToJSON(event))).toEqual({ error });
});
