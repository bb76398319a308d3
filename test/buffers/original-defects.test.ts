/** One test for each defect that buffers of this kind are known for; each names the defect it would show. */
import {
  EventBuffer,
  PerCPUBuffer,
  PerCPUEventBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { runFixture } from '../support/children';
import { thrownBy } from '../support/errors';
import { numbered, numberOf, range, record, recordNumber, spanning } from '../support/events';

test('a producer that laps the ring overwrites nothing', () => {
  for (const capacity of [1, 2, 4]) {
    const buffer = new RingBuffer(capacity);
    for (let n = 0; n < capacity; n++) buffer.put(record(n));
    for (let n = 0; n < 1000; n++) expect(buffer.tryPut(record(1000 + n))).toBe(false);
    expect(buffer.getBatch(100).map(recordNumber)).toEqual(range(0, capacity));
  }
});

test('a refused null put leaves nothing that a get would wait for', () => {
  const ring = new RingBuffer(2);
  const events = new EventBuffer(2);
  for (const nothing of [null, undefined]) {
    expect(thrownBy(() => ring.put(nothing as never)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(thrownBy(() => events.put(nothing as never)).code).toBe('ERR_INVALID_EVENT');
  }
  expect(ring.tryGet()).toBeUndefined();
  expect(events.tryGet()).toBeUndefined();
  expect(events.waitSync(1)).toBe(false);
  ring.put(record(1));
  events.put(numbered(1));
  expect(recordNumber(ring.get())).toBe(1);
  expect(numberOf(events.get())).toBe(1);
});

test('an exact fit is stored: full does not look like empty', () => {
  const ring = new RingBuffer(4, { slotSize: 8 });
  expect(ring.putBatchFrom(new Uint8Array(32).fill(7), Uint32Array.of(8, 8, 8, 8))).toBe(4);
  expect(ring).toMatchObject({ size: 4, isFull: true, isEmpty: false });
  expect(ring.getBatch(9)).toHaveLength(4);
  expect(ring).toMatchObject({ size: 0, isFull: false, isEmpty: true });

  const events = new EventBuffer(4, { slotSize: 128 });
  events.put(spanning(1, 4, 128));
  expect(events).toMatchObject({ size: 4, isFull: true, isEmpty: false });
  expect(events.tryPut(numbered(2))).toBe(false);
  expect(numberOf(events.get())).toBe(1);
  expect(events.isEmpty).toBe(true);

  const perCPU = new PerCPUBuffer({ bufferSizePerCPU: 256, overflowSize: 1024, slotSize: 256 });
  perCPU.write(record(7, 1024));
  expect(perCPU.getMetrics()).toMatchObject({ overflowUsed: 1024, overflowSize: 1024, writes: 1 });
  expect(perCPU.read().map(recordNumber)).toEqual([7]);
});

test('process loses nothing when its callback throws, and removes nothing when it does not', () => {
  const buffer = new PerCPUEventBuffer();
  range(0, 100).forEach((n) => buffer.put(numbered(n)));
  const seen: number[] = [];
  const thrown = thrownBy(() =>
    buffer.process((event) => {
      seen.push(numberOf(event));
      if (seen.length === 50) throw Object.assign(new Error('stop'), { code: 'MINE' });
    }),
  );
  expect(thrown.code).toBe('MINE');
  expect(buffer.process((event) => seen.push(numberOf(event)))).toBe(100);
  expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(range(0, 100));
  expect(
    buffer
      .get()
      .map(numberOf)
      .sort((a, b) => a - b),
  ).toEqual(range(0, 100));
  expect(buffer.process(() => undefined)).toBe(0);
});

test('consume loses only the event whose callback throws', () => {
  for (const buffer of [new EventBuffer(256), new PerCPUEventBuffer()]) {
    range(0, 200).forEach((n) => buffer.put(numbered(n)));
    const seen: number[] = [];
    let done = false;
    while (!done) {
      try {
        buffer.consume((view) => {
          seen.push(numberOf(view));
          if (seen.length % 7 === 0) throw new Error('stop');
        });
        done = true;
      } catch (error) {
        expect((error as Error).message).toBe('stop');
      }
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(range(0, 200));
  }
});

test('counts are whole and never negative, whatever is called in whatever state', () => {
  const buffer = new EventBuffer(4);
  const perCPU = new PerCPUEventBuffer({ bufferSizePerCPU: 512, overflowSize: 512 });
  const check = (): void => {
    const { capacity, size, fillRate, ...rest } = buffer.getStats();
    for (const [name, value] of Object.entries({ capacity, size, ...rest })) {
      if (typeof value === 'number')
        expect([name, Number.isSafeInteger(value) && value >= 0]).toEqual([name, true]);
    }
    expect(fillRate).toBe(size / capacity);
    const { cpus, closed, ...totals } = perCPU.getMetrics();
    expect(typeof closed).toBe('boolean');
    for (const numbers of [totals, ...cpus]) {
      for (const [name, value] of Object.entries(numbers)) {
        const bounded =
          name === 'utilization' ? value >= 0 && value <= 1 : Number.isSafeInteger(value) && value >= 0;
        expect([name, bounded]).toEqual([name, true]);
      }
    }
    for (const value of Object.values(perCPU.getStats())) expect(value).toBeGreaterThanOrEqual(0);
  };
  for (let i = 0; i < 30; i++) {
    for (const target of [buffer, perCPU]) {
      target.tryPut(numbered(i));
      if (i % 4 === 0) target.consume(() => undefined);
      if (i % 7 === 0) target.drainTo(new Array<UnifiedEvent>(3));
      check();
    }
    if (i % 5 === 0) {
      buffer.clear();
      buffer.clear();
      perCPU.reset();
      perCPU.reset();
    }
    check();
  }
  buffer.close();
  perCPU.close();
  thrownBy(() => buffer.put(numbered(1)));
  check();
});

test('64-bit integers and safe integers keep every bit', () => {
  const buffer = new EventBuffer(8);
  for (const timestamp of [0n, 1n, 2n ** 32n, 2n ** 53n + 1n, 1732400000123456789n, 2n ** 63n - 1n]) {
    for (const bytesSent of [0, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]) {
      buffer.put({ ...numbered(1), timestamp, network: { bytesSent, latencyNs: bytesSent } });
      expect(buffer.get()).toMatchObject({ timestamp, network: { bytesSent, latencyNs: bytesSent } });
    }
  }
});

test('any text comes through; what is no Unicode becomes U+FFFD and breaks nothing beside it', () => {
  const buffer = new EventBuffer(8);
  const texts = [
    '',
    'a',
    'é',
    '日本',
    '\u{1f600}',
    '\0',
    'a\u0000b',
    '\uffff',
    '\ud83d\ude00',
    'é'.repeat(100),
    '日'.repeat(300),
  ];
  for (const text of texts) {
    buffer.put({
      ...numbered(1),
      message: text,
      tags: [text, 'x', text],
      entity: { type: text, name: 'n', labels: { [text]: text } },
    });
    expect(buffer.get()).toEqual({
      ...numbered(1),
      message: text,
      tags: [text, 'x', text],
      entity: { type: text, name: 'n', labels: { [text]: text } },
    });
  }
  for (const [given, expected] of [
    ['\ud800', '\ufffd'],
    ['\udc00x', '\ufffdx'],
    ['x\ud83d', 'x\ufffd'],
    ['\ude00\ud83d', '\ufffd\ufffd'],
    ['é\ud800é'.repeat(60), 'é\ufffdé'.repeat(60)],
  ]) {
    buffer.put({ ...numbered(1), message: given, tags: ['before', given, 'after'] });
    expect(buffer.get()).toMatchObject({ id: '1', message: expected, tags: ['before', expected, 'after'] });
  }
});

test('bytes that are no UTF-8 come through a raw buffer and rawData as they are', () => {
  const bytes = Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0);
  const ring = new RingBuffer(2);
  ring.put(bytes);
  expect(ring.get()).toEqual(bytes);
  const events = new EventBuffer(2);
  events.put({ ...numbered(1), rawData: bytes });
  expect(events.get().rawData).toEqual(bytes);
});

test('answers of a full and of an empty buffer allocate nothing', async () => {
  const { stdout } = await runFixture(
    'allocation.child',
    [],
    ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'],
  );
  const bytesPerCall = JSON.parse(stdout) as Record<string, number>;
  expect(Object.keys(bytesPerCall)).toHaveLength(11);
  // The measurement itself must be able to fail.
  expect(bytesPerCall['control: one small object']).toBeGreaterThan(10);
  delete bytesPerCall['control: one small object'];
  for (const [call, bytes] of Object.entries(bytesPerCall)) {
    expect([call, bytes < 0.5 ? 0 : bytes]).toEqual([call, 0]);
  }
});
