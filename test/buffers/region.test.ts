/** The staging of an instance grows as its events ask for it, in the middle of whatever is under way. */
import { EventBuffer, PerCPUEventBuffer, RingBuffer, type UnifiedEvent } from '@tapio/performance';
import { numbered, numberOf, padded, range } from '../support/events';
import { internalsOf } from '../support/internals';

/** Bytes of both regions of the instance's attachment, sizes of batches included. */
function staged(buffer: EventBuffer): number {
  const { toPut, taken } = internalsOf(buffer).attachment;
  return toPut.memory.byteLength + taken.memory.byteLength;
}

const closing: { close(): void }[] = [];
const keep = <T extends { close(): void }>(buffer: T): T => (closing.push(buffer), buffer);
afterEach(() => closing.splice(0).forEach((buffer) => buffer.close()));

test('at most 16 KiB until a larger event comes, then more, which stays', () => {
  const buffer = keep(new EventBuffer(1024));
  expect(staged(buffer)).toBeLessThan(1024);
  for (let n = 0; n < 100; n++) {
    buffer.put(numbered(n));
    expect(numberOf(buffer.get())).toBe(n);
    expect(buffer.consume(() => undefined, 1)).toBe(0);
  }
  expect(staged(buffer)).toBeLessThanOrEqual(16384);
  const large = padded(7, 50_000);
  buffer.put(large);
  expect(buffer.get()).toEqual(large);
  const grown = staged(buffer);
  expect(grown).toBeGreaterThan(100_000);
  expect(grown).toBeLessThan(140_000);
  buffer.put(numbered(8));
  expect(numberOf(buffer.get())).toBe(8);
  expect(staged(buffer)).toBe(grown);
});

const LARGE: [string, (n: number) => UnifiedEvent][] = [
  ['bytes', (n) => padded(n, 9000 * n)],
  ['Latin-1 text', (n) => ({ ...numbered(n), message: 'é'.repeat(9000 * n) })],
  ['UTF-16', (n) => ({ ...numbered(n), message: '€'.repeat(4500 * n) })],
  ['many texts', (n) => ({ ...numbered(n), tags: range(0, 300 * n).map((i) => `a tag of number ${i}`) })],
];

test.each(LARGE)('events of more and more %s, by every way of putting and taking', async (_what, make) => {
  const events = range(1, 7).map(make);
  const puts: ((buffer: EventBuffer) => unknown)[] = [
    (buffer) => events.forEach((event) => buffer.put(event)),
    (buffer) => buffer.putBatch(events),
    (buffer) => Promise.all(events.map((event) => buffer.putAsync(event))),
  ];
  const takes: ((buffer: EventBuffer) => UnifiedEvent[])[] = [
    (buffer) => events.map(() => buffer.get()),
    (buffer) => buffer.getBatch(10),
    (buffer) => {
      const seen: UnifiedEvent[] = [];
      buffer.consume((view) => seen.push(view.toEvent()));
      return seen;
    },
    (buffer) => {
      const seen: UnifiedEvent[] = [];
      while (buffer.consume((view) => seen.push(view.toEvent()), 1) === 1);
      return seen;
    },
  ];
  for (const put of puts) {
    for (const take of takes) {
      const buffer = keep(new EventBuffer(1024));
      await put(buffer);
      expect(take(EventBuffer.attach(buffer.handle))).toEqual(events);
    }
  }
});

// A batch goes through in chunks of 64.
test.each(LARGE)('a batch whose later chunks hold more and more %s', (_what, make) => {
  const events = [
    ...range(100, 170).map(numbered),
    ...range(1, 4).map(make),
    ...range(200, 270).map(numbered),
  ];
  events.push(...range(4, 7).map(make));
  const buffer = keep(new EventBuffer(1024));
  const reader = keep(EventBuffer.attach(buffer.handle));
  expect(buffer.putBatch(events)).toBe(events.length);
  expect(reader.getBatch(events.length)).toEqual(events);
  expect(buffer.putBatch(events)).toBe(events.length);
  const seen: UnifiedEvent[] = [];
  reader.consume((view) => seen.push(view.toEvent()));
  expect(seen).toEqual(events);
});

test('a getter that puts and takes larger events disturbs neither the event that is being read nor a view', () => {
  const buffer = keep(new EventBuffer(1024));
  const large = padded(2, 20_000);
  const larger = padded(3, 40_000);
  const putting = {
    ...numbered(1),
    message: 'before',
    get tags() {
      buffer.put(large);
      expect(buffer.get()).toEqual(large);
      buffer.putBatch([larger, large]);
      return ['after'];
    },
    kernel: { comm: 'last' },
  };
  buffer.put(putting);
  expect(buffer.getBatch(9)).toEqual([
    larger,
    large,
    { ...numbered(1), message: 'before', tags: ['after'], kernel: { comm: 'last' } },
  ]);

  buffer.putBatch([numbered(4), larger, numbered(5)]);
  const seen: unknown[] = [];
  buffer.consume((view) => {
    const before = view.toEvent();
    buffer.put(larger);
    seen.push(...buffer.getBatch(1).map(numberOf));
    expect(view.toEvent()).toEqual(before);
    seen.push(numberOf(view));
  }, 1);
  expect(seen).toEqual([3, 4]);
});

test('an event larger than maxEventSize is refused at any size of the staging, and the buffer goes on', () => {
  const buffer = keep(new EventBuffer(1024, { maxEventSize: 20_000 }));
  for (const bytes of [1e5, 20_001, 1e5]) {
    expect(() => buffer.put(padded(1, bytes))).toThrow(
      expect.objectContaining({ code: 'ERR_EVENT_TOO_LARGE' }),
    );
    expect(() => buffer.putBatch([numbered(2), padded(1, bytes)])).toThrow(
      expect.objectContaining({ code: 'ERR_EVENT_TOO_LARGE', stored: 1 }),
    );
    expect(buffer.getBatch(9).map(numberOf)).toEqual([2]);
  }
  const fits = padded(3, 19_000);
  buffer.put(fits);
  expect(buffer.get()).toEqual(fits);
});

test('records and visits of any size', () => {
  const ring = keep(new RingBuffer(256, { slotSize: 100_000 }));
  const records = [0, 1, 7000, 8000, 9000, 0, 100_000, 3].map((size) =>
    new Uint8Array(size).fill(size % 251),
  );
  expect(ring.putBatch(records)).toBe(records.length);
  expect([ring.get(), ...ring.getBatch(4), ...ring.getBatch(9)]).toEqual(records);
  const perCPU = keep(new PerCPUEventBuffer({ bufferSizePerCPU: 1 << 20, overflowSize: 1 << 20 }));
  const events = range(1, 5).map((n) => padded(n, 9000 * n));
  perCPU.putBatch(events);
  const visited: number[] = [];
  perCPU.process((event) => {
    expect(event).toEqual(events[numberOf(event) - 1]);
    visited.push(numberOf(event));
  });
  expect(visited.sort()).toEqual([1, 2, 3, 4]);
});
