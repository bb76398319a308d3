/** Every option of every constructor: what is refused, with which code and words, and what is accepted. */
import { readFileSync } from 'node:fs';
import { EventBuffer, PerCPUBuffer, PerCPUEventBuffer, RingBuffer } from '@tapio/performance';
import { NO_INTEGER, TOO_LARGE, ZEROS } from '../support/bad-values';
import { thrownBy } from '../support/errors';

type Make = (value: any) => unknown;
const CAPACITY = 'ERR_INVALID_CAPACITY';
const ARGUMENT = 'ERR_INVALID_ARGUMENT';
const BAD_NUMBERS = [...NO_INTEGER, ...TOO_LARGE];
const NO_POWERS: readonly (readonly [unknown, string])[] = [
  [3, '3'],
  [1000, '1000'],
  [2 ** 30 + 1, '1073741825'],
  [undefined, 'undefined'],
];

/** Option, code, how to make a buffer with it, what it refuses. */
const TABLE: readonly (readonly [string, string, Make, readonly (readonly [unknown, string])[]])[] = [
  ['RingBuffer capacity', CAPACITY, (v) => new RingBuffer(v), [...BAD_NUMBERS, ...ZEROS, ...NO_POWERS]],
  ['EventBuffer capacity', CAPACITY, (v) => new EventBuffer(v), [...BAD_NUMBERS, ...ZEROS, ...NO_POWERS]],
  [
    'RingBuffer slotSize',
    ARGUMENT,
    (v) => new RingBuffer(2, { slotSize: v }),
    [...BAD_NUMBERS, ...ZEROS, [2 ** 20 + 1, '1048577']],
  ],
  [
    'EventBuffer slotSize',
    ARGUMENT,
    (v) => new EventBuffer(2, { slotSize: v }),
    [...BAD_NUMBERS, ...ZEROS, [127, '127'], [129, '129'], [500, '500'], [65664, '65664']],
  ],
  [
    'EventBuffer maxEventSize',
    ARGUMENT,
    (v) => new EventBuffer(2, { maxEventSize: v }),
    [...BAD_NUMBERS, ...ZEROS, [127, '127'], [2 ** 24 + 1, '16777217']],
  ],
  [
    'EventBuffer wakeIntervalMicros',
    ARGUMENT,
    (v) => new EventBuffer(2, { wakeIntervalMicros: v }),
    [...BAD_NUMBERS, [1_000_001, '1000001']],
  ],
  [
    'EventBuffer onFull',
    ARGUMENT,
    (v) => new EventBuffer(2, { onFull: v }),
    [
      ['drop', '"drop"'],
      ['', '""'],
      [null, 'null'],
      [0, '0'],
      [['reject'], 'an array of 1'],
    ],
  ],
  [
    'EventBuffer pool',
    ARGUMENT,
    (v) => new EventBuffer(2, { pool: v }),
    [
      [null, 'null'],
      [{}, 'an object'],
      [true, 'true'],
      [() => ({}), 'a function'],
    ],
  ],
  [
    'PerCPUBuffer bufferSizePerCPU',
    CAPACITY,
    (v) => new PerCPUBuffer({ bufferSizePerCPU: v }),
    [...NO_INTEGER, ...ZEROS, [255, '255'], [2 ** 53, '9007199254740992'], [Infinity, 'Infinity']],
  ],
  [
    'PerCPUBuffer overflowSize',
    CAPACITY,
    (v) => new PerCPUBuffer({ overflowSize: v }),
    [...NO_INTEGER, ...ZEROS, [255, '255'], [1e300, '1e+300'], [Infinity, 'Infinity']],
  ],
  [
    'PerCPUBuffer slotSize',
    ARGUMENT,
    (v) => new PerCPUBuffer({ slotSize: v }),
    [...BAD_NUMBERS, ...ZEROS, [65537, '65537']],
  ],
  [
    'PerCPUBuffer aggregator',
    ARGUMENT,
    (v) => new PerCPUBuffer({ aggregator: v }),
    [
      [null, 'null'],
      [{}, 'an object'],
      [7, '7'],
      [{ aggregate: 7 }, 'an object'],
    ],
  ],
  [
    'PerCPUEventBuffer bufferSizePerCPU',
    CAPACITY,
    (v) => new PerCPUEventBuffer({ bufferSizePerCPU: v }),
    [...NO_INTEGER, ...ZEROS, [511, '511'], [2 ** 53, '9007199254740992']],
  ],
  [
    'PerCPUEventBuffer overflowSize',
    CAPACITY,
    (v) => new PerCPUEventBuffer({ overflowSize: v }),
    [...NO_INTEGER, ...ZEROS, [511, '511'], [2 ** 53, '9007199254740992']],
  ],
  [
    'PerCPUEventBuffer slotSize',
    ARGUMENT,
    (v) => new PerCPUEventBuffer({ slotSize: v }),
    [...BAD_NUMBERS, ...ZEROS, [500, '500']],
  ],
  [
    'PerCPUEventBuffer maxEventSize',
    ARGUMENT,
    (v) => new PerCPUEventBuffer({ maxEventSize: v }),
    [...BAD_NUMBERS, ...ZEROS],
  ],
  [
    'PerCPUEventBuffer wakeIntervalMicros',
    ARGUMENT,
    (v) => new PerCPUEventBuffer({ wakeIntervalMicros: v }),
    BAD_NUMBERS,
  ],
  [
    'PerCPUEventBuffer onFull',
    ARGUMENT,
    (v) => new PerCPUEventBuffer({ onFull: v }),
    [
      ['x', '"x"'],
      [null, 'null'],
    ],
  ],
  [
    'PerCPUEventBuffer enablePooling',
    ARGUMENT,
    (v) => new PerCPUEventBuffer({ enablePooling: v }),
    [
      [1, '1'],
      ['true', '"true"'],
      [null, 'null'],
    ],
  ],
  [
    'RingBuffer options',
    ARGUMENT,
    (v) => new RingBuffer(2, v),
    [
      [null, 'null'],
      [7, '7'],
      ['x', '"x"'],
      [() => 1, 'a function'],
    ],
  ],
  [
    'EventBuffer options',
    ARGUMENT,
    (v) => new EventBuffer(2, v),
    [
      [null, 'null'],
      [7, '7'],
      ['x', '"x"'],
    ],
  ],
  [
    'PerCPUBuffer options',
    ARGUMENT,
    (v) => new PerCPUBuffer(v),
    [
      [null, 'null'],
      [7, '7'],
      ['x', '"x"'],
    ],
  ],
  [
    'PerCPUEventBuffer options',
    ARGUMENT,
    (v) => new PerCPUEventBuffer(v),
    [
      [null, 'null'],
      [7, '7'],
      ['x', '"x"'],
    ],
  ],
  [
    'EventBuffer attach options',
    ARGUMENT,
    (v) => EventBuffer.attach(new EventBuffer(2).handle, v),
    [
      [null, 'null'],
      [7, '7'],
      [{ pool: {} }, 'an object'],
      [{ pool: null }, 'null'],
    ],
  ],
  [
    'PerCPUBuffer attach options',
    ARGUMENT,
    (v) => PerCPUBuffer.attach(new PerCPUBuffer().handle, v),
    [
      [null, 'null'],
      [{ aggregator: {} }, 'an object'],
    ],
  ],
  [
    'PerCPUEventBuffer attach options',
    ARGUMENT,
    (v) => PerCPUEventBuffer.attach(new PerCPUEventBuffer().handle, v),
    [
      [null, 'null'],
      [{ enablePooling: 1 }, '1'],
    ],
  ],
];

test.each(TABLE)('%s is refused with %s', (_option, code, make, values) => {
  for (const [value, shown] of values) {
    const error = thrownBy(() => make(value));
    expect([shown, error.name, error.code]).toEqual([shown, 'TapioError', code]);
    expect(error.message).toContain(shown);
  }
});

/** Memory no system has: 2^50 bytes and more. */
test.each<[string, () => unknown]>([
  ['RingBuffer', () => new RingBuffer(2 ** 30, { slotSize: 2 ** 20 })],
  ['PerCPUBuffer', () => new PerCPUBuffer({ bufferSizePerCPU: 2 ** 46, slotSize: 65536 })],
  ['PerCPUBuffer overflow', () => new PerCPUBuffer({ overflowSize: 2 ** 46, slotSize: 65536 })],
  ['PerCPUEventBuffer', () => new PerCPUEventBuffer({ overflowSize: 2 ** 46, slotSize: 65536 })],
])('%s says so when the system refuses the memory', (_name, make) => {
  const error = thrownBy(make);
  expect(error.code).toBe(CAPACITY);
  expect(error.message).toMatch(/cannot allocate a \w+ of .*[0-9]{9}/);
});

test('every legal corner is accepted and says what it is', () => {
  for (const capacity of [1, 2, 2 ** 16]) {
    expect(new RingBuffer(capacity)).toMatchObject({
      capacity,
      slotSize: 256,
      size: 0,
      isEmpty: true,
      isFull: false,
    });
    expect(new EventBuffer(capacity)).toMatchObject({ capacity, size: 0, isEmpty: true, isFull: false });
  }
  for (const slotSize of [1, 7, 8, 2 ** 20]) {
    const ring = new RingBuffer(1, { slotSize });
    const bytes = new Uint8Array(slotSize).fill(7);
    ring.put(bytes);
    expect(ring.isFull).toBe(true);
    expect(Buffer.compare(ring.get(), bytes)).toBe(0);
    expect(thrownBy(() => ring.put(new Uint8Array(slotSize + 1)))).toMatchObject({
      code: 'ERR_EVENT_TOO_LARGE',
    });
  }
  for (const slotSize of [128, 512, 65536]) new EventBuffer(1, { slotSize });
  for (const onFull of ['reject', 'drop-oldest', 'block'] as const) new EventBuffer(1, { onFull });
  for (const wakeIntervalMicros of [0, -0, 1, 1_000_000]) new EventBuffer(1, { wakeIntervalMicros });
  new EventBuffer(1, { maxEventSize: 128 });
  new EventBuffer(1, { maxEventSize: 2 ** 24, slotSize: undefined, pool: undefined, onFull: undefined });
  const small = new PerCPUBuffer({ bufferSizePerCPU: 256, overflowSize: 300 });
  expect(small.getMetrics()).toMatchObject({ overflowSize: 256 });
  expect(small.getMetrics().cpus.every(({ capacity }) => capacity === 256)).toBe(true);
  expect(new PerCPUBuffer().getMetrics()).toMatchObject({ overflowSize: 1048576 });
  expect(new PerCPUBuffer().getMetrics().cpus[0].capacity).toBe(65536);
  expect(new PerCPUEventBuffer().getMetrics()).toMatchObject({ overflowSize: 4194304 });
  expect(new PerCPUEventBuffer().getMetrics().cpus[0].capacity).toBe(262144);
});

test('a refused constructor leaves no buffer behind', () => {
  const pages = (): number => Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);
  const before = pages();
  for (let i = 0; i < 300; i++) {
    thrownBy(() => new EventBuffer(2 ** 16, { pool: {} as never }));
    thrownBy(() => new EventBuffer(2 ** 16, { maxEventSize: -1 }));
    thrownBy(() => new PerCPUEventBuffer({ enablePooling: 1 as never, overflowSize: 2 ** 25 }));
    thrownBy(() => new PerCPUBuffer({ aggregator: {} as never, overflowSize: 2 ** 25 }));
  }
  // Each of them would have mapped 32 MiB.
  expect((pages() - before) * 4096).toBeLessThan(2 ** 30);
});
