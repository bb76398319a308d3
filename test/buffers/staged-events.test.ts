/**
 * EventBuffer.putBatch with any events: texts of a batch cross together and on the assumption that all are Latin-1, so one of UTF-16 or a
 * long one in the middle must neither touch its neighbours nor be lost.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { encodeEvent, EventBuffer, type TapioError, type UnifiedEvent } from '@tapio/performance';
import { arbitraryEvent, smallestEvent } from '../event/arbitrary-event';
import { seed } from '../event/seed';

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'openat',
    'é'.repeat(90),
    '日本',
    'x'.repeat(4096),
    'x'.repeat(4097),
    'ü'.repeat(9000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.nat(3000).map((length) => `${'y'.repeat(length)}日`),
);

/** Small ones of few fields, of which a whole chunk fits, beside large ones, which end a chunk early. */
const anyEvent: fc.Arbitrary<UnifiedEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ id: text }).map((fields) => ({ ...smallestEvent(), ...fields })) },
  {
    weight: 3,
    arbitrary: fc
      .record({ id: text, message: text, tags: fc.array(text, { maxLength: 12 }) })
      .map((fields) => ({
        ...smallestEvent(),
        ...fields,
      })),
  },
  { weight: 2, arbitrary: arbitraryEvent },
);

const aBatch = fc.array(anyEvent, { minLength: 1, maxLength: 140, size: 'max' });
const aMaxEventSize = fc.constantFrom(256, 2048, 16384, 65536);

/** Bytes of an event of which no text is interned: the most that it can take in a buffer. */
function mostBytes(event: UnifiedEvent): number {
  return encodeEvent(event, new Uint8Array(1 << 18));
}

test(`all events of a batch arrive as they were, up to one that is too large (SEED=${seed})`, () => {
  let refused = 0;
  let whole = 0;
  fc.assert(
    fc.property(aBatch, aMaxEventSize, (events, maxEventSize) => {
      using buffer = new EventBuffer(8192, { maxEventSize });
      let stored: number;
      try {
        stored = buffer.putBatch(events);
        assert.strictEqual(stored, events.length);
        whole++;
      } catch (error) {
        const { code, message } = error as TapioError;
        stored = (error as TapioError).stored!;
        const [, index, bytes] = /^events\[(\d+)\] takes (?:more than )?(\d+) bytes/.exec(message) ?? [];
        assert.strictEqual(code, 'ERR_EVENT_TOO_LARGE');
        assert.strictEqual(Number(index), stored);
        assert(Number(bytes) >= maxEventSize);
        assert(mostBytes(events[stored]) > maxEventSize, 'refused without need');
        refused++;
      }
      assert.deepStrictEqual(buffer.getBatch(Infinity), events.slice(0, stored));
    }),
    { seed, numRuns: 400 },
  );
  expect(whole).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(20);
});

test(`a getter that puts a batch of its own harms neither (SEED=${seed})`, () => {
  fc.assert(
    fc.property(aBatch, aBatch, fc.nat(), (some, others, place) => {
      using buffer = new EventBuffer(16384);
      const outer = some.map((event) => ({ ...event, source: 'outer' }));
      const inner = others.map((event) => ({ ...event, source: 'inner' }));
      const which = place % outer.length;
      let runs = 0;
      const batch = [...outer];
      batch[which] = {
        ...outer[which],
        get message() {
          runs++;
          assert.strictEqual(buffer.putBatch(inner), inner.length);
          return '日本'.repeat(runs);
        },
      };
      assert.strictEqual(buffer.putBatch(batch), batch.length);

      const taken = buffer.getBatch(Infinity);
      outer[which] = { ...outer[which], message: '日本'.repeat(runs) };
      assert.deepStrictEqual(
        taken.filter(({ source }) => source === 'outer'),
        outer,
      );
      // More than once if the event did not fit behind those before it, and was encoded again.
      assert.deepStrictEqual(
        taken.filter(({ source }) => source === 'inner'),
        Array.from({ length: runs }, () => inner).flat(),
      );
    }),
    { seed, numRuns: 60 },
  );
});
