import assert from 'node:assert';
import fc from 'fast-check';
import { decodeEvent, encodeEvent, type UnifiedEvent } from '@tapio/performance';
import { arbitraryEvent, arbitraryValue, eventWith, leafFields, smallestEvent } from './arbitrary-event';
import { Decoder, Encoder, EVENT_FIELDS, EventCursor } from './internals';
import { runFixture } from '../support/children';
import { seed } from './seed';

const REGION = 1 << 16;
const memory = new ArrayBuffer(REGION + 64);
const encoder = new Encoder(memory, 64, REGION);
const decoder = new Decoder(memory, 64, REGION);
const cursor = new EventCursor(memory, 64, REGION);

function roundTrip(event: UnifiedEvent): UnifiedEvent {
  const target = new Uint8Array(REGION);
  return decodeEvent(target.subarray(3, 3 + encodeEvent(event, target, 3)));
}

/** What a view shows, read field by field in the order of the table. */
function shown(
  fields: readonly { name: string; fields?: readonly unknown[] }[],
  view: unknown,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = (view as Record<string, unknown>)[field.name];
    if (value === undefined) continue;
    values[field.name] = field.fields ? shown(field.fields as typeof fields, value) : value;
  }
  return values;
}

test(`any event survives the self-contained form (SEED=${seed})`, () => {
  fc.assert(
    fc.property(arbitraryEvent, (event) => assert.deepStrictEqual(roundTrip(event), event)),
    { seed, numRuns: 500 },
  );
});

test(`any event survives the form inside the process, decoded and as a view (SEED=${seed})`, () => {
  fc.assert(
    fc.property(arbitraryEvent, fc.nat(50), (event, place) => {
      const at = place * 8;
      const length = encoder.encode(event, at);
      assert.deepStrictEqual(decoder.decode(at, length), event);
      cursor.moveTo(at, length);
      assert.deepStrictEqual(shown(EVENT_FIELDS, cursor), event);
      assert.deepStrictEqual(shown([...EVENT_FIELDS].reverse(), cursor), event);
      assert.deepStrictEqual(cursor.toEvent(), event);
    }),
    { seed, numRuns: 500 },
  );
});

test(`an event decoded into another leaves nothing of it (SEED=${seed})`, () => {
  fc.assert(
    fc.property(arbitraryEvent, arbitraryEvent, (event, into) => {
      const length = encoder.encode(event, 0);
      const result = decoder.decode(0, length, into);
      assert.strictEqual(result, into);
      assert.deepStrictEqual(result, event);
    }),
    { seed, numRuns: 200 },
  );
});

test.each(leafFields().map((field) => [field.path, field] as const))('%s alone', (_, field) => {
  for (const value of fc.sample(arbitraryValue(field), { seed: 7, numRuns: 20 })) {
    const event = eventWith(field, value);
    assert.deepStrictEqual(roundTrip(event), event);
    for (let sight = 0; sight < 3; sight++) {
      const length = encoder.encode(event, 0);
      assert.deepStrictEqual(decoder.decode(0, length), event);
      assert.deepStrictEqual(shown(EVENT_FIELDS, cursor.moveTo(0, length)), event);
    }
  }
});

test.each(EVENT_FIELDS.filter((field) => field.optional).map((field) => field.name))(
  '%s: null and undefined are absent',
  (name) => {
    for (const absent of [null, undefined]) {
      const event = { ...smallestEvent(), [name]: absent };
      assert.deepStrictEqual(roundTrip(event), smallestEvent());
    }
  },
);

test('a kernel event takes one slot of 128 bytes, and its names are found by the generated code, once they are known', async () => {
  // In a process of its own: here other tests may have filled the table of names.
  const { stdout } = await runFixture('known-names.child');
  expect(JSON.parse(stdout)).toEqual({ slots: [2, 1, 1, 1], misses: [2, 2, 0, 0] });
});

test('each property is read once', () => {
  const counts = new Map<string, number>();
  const counting = (target: object, path: string): object =>
    new Proxy(target, {
      get(object, key) {
        const name = `${path}${String(key)}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        const value: unknown = Reflect.get(object, key);
        return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
          ? counting(value, `${name}.`)
          : value;
      },
    });
  const event = fc
    .sample(arbitraryEvent, { seed: 11, numRuns: 200 })
    .reduce((a, b) => (Object.keys(b).length > Object.keys(a).length ? b : a));
  const length = encoder.encode(counting(event, '') as UnifiedEvent, 0);
  assert.deepStrictEqual(decoder.decode(0, length), event);
  expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
  for (const field of EVENT_FIELDS) expect(counts.get(field.name)).toBe(1);
});

test('lone surrogates become U+FFFD and never meet', () => {
  const event: UnifiedEvent = {
    ...smallestEvent(),
    id: 'a\ud83d',
    message: '\ude00b',
    tags: ['\ud83d', '\ude00', '\ud83d\ude00'],
    attributes: { '\ud83d': '\ude00' },
  };
  const expected: UnifiedEvent = {
    ...event,
    id: 'a\ufffd',
    message: '\ufffdb',
    tags: ['\ufffd', '\ufffd', '\ud83d\ude00'],
    attributes: { '\ufffd': '\ufffd' },
  };
  assert.deepStrictEqual(roundTrip(event), expected);
  for (let sight = 0; sight < 3; sight++) {
    const length = encoder.encode(event, 0);
    assert.deepStrictEqual(decoder.decode(0, length), expected);
    assert.deepStrictEqual(cursor.moveTo(0, length).tags, expected.tags);
  }
});

test('raw data comes back as a plain copy, from any memory', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(16), 3, 5);
  shared.set([1, 2, 3, 4, 5]);
  for (const rawData of [shared, Buffer.from([1, 2, 3, 4, 5]), new Uint8Array(0)]) {
    const back = roundTrip({ ...smallestEvent(), rawData }).rawData!;
    expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype);
    expect([...back]).toEqual([...rawData]);
    expect(back.byteLength).toBe(back.buffer.byteLength);
  }
});

test('unknown properties do not travel', () => {
  const event = { ...smallestEvent(), extra: 1, kernel: { pid: 1, extra: 2 } };
  assert.deepStrictEqual(roundTrip(event), { ...smallestEvent(), kernel: { pid: 1 } });
});

test('an event that does not fit is refused and nothing outside the region is written', () => {
  const margin = Buffer.alloc(64, 0xee);
  for (const event of fc.sample(arbitraryEvent, { seed: 5, numRuns: 30 })) {
    // Once its names are interned its length stays the same.
    for (let sight = 0; sight < 2; sight++) encoder.encode(event, 0);
    const length = encoder.encode(event, 0);
    const around = Buffer.from(new ArrayBuffer(length + 256));
    for (let room = 0; room < length + 16; room += 8) {
      around.fill(0xee);
      const written = new Encoder(around.buffer, 64, room).encode(event, 0);
      expect(written).toBe(room >= length ? length : -1);
      expect(around.compare(margin, 0, 64, 0, 64)).toBe(0);
      expect(around.compare(margin, 0, 64, 64 + room, 64 + room + 64)).toBe(0);
    }
  }
});
