import {
  availableCPUs,
  recommendSizing,
  EventBuffer,
  PerCPUEventBuffer,
  type Workload,
} from '@tapio/performance';

const RANGES: [Workload, number, number][] = [
  ['ebpf', 131072, 262144],
  ['kubernetes', 16384, 32768],
  ['logs', 32768, 65536],
  ['correlation', 65536, 131072],
];

test.each(RANGES)(
  '%s: between %d and %d events by default, a capacity the buffers accept',
  (workload, least, most) => {
    const sizing = recommendSizing(workload);
    expect(sizing.capacity).toBeGreaterThanOrEqual(least);
    expect(sizing.capacity).toBeLessThanOrEqual(most);
    expect(sizing.bytes).toBe(sizing.capacity * 512);
    expect(sizing.workers).toBeGreaterThanOrEqual(1);
    new EventBuffer(sizing.capacity).close();
    new PerCPUEventBuffer({
      bufferSizePerCPU: sizing.bufferSizePerCPU,
      overflowSize: sizing.overflowSize,
    }).close();
  },
);

test('holds what arrives in the pause', () => {
  const { capacity } = recommendSizing('logs', { eventsPerSecond: 1_000_000, pauseMs: 300 });
  expect(capacity).toBe(524288);
});

test('keeps to a quarter of the memory that there is', () => {
  const mebibyte = 1 << 20;
  const small = recommendSizing('ebpf', { memoryBytes: 64 * mebibyte });
  expect(small).toMatchObject({ capacity: 32768, bytes: 16 * mebibyte });
  expect(small.bufferSizePerCPU * availableCPUs().length).toBeLessThanOrEqual(17 * mebibyte);
  const rate = { eventsPerSecond: 1e9, memoryBytes: 100 * mebibyte };
  expect(recommendSizing('logs', rate).bytes).toBe(16 * mebibyte);
  expect(recommendSizing('logs', { memoryBytes: 1, slotSize: 65536 }).capacity).toBe(1);
  const ample = recommendSizing('ebpf', { memoryBytes: Number.MAX_SAFE_INTEGER });
  expect(ample.capacity).toBe(131072);
});

test('never asks for more slots than a buffer can have', () => {
  const memoryBytes = Number.MAX_SAFE_INTEGER;
  const { capacity } = recommendSizing('ebpf', { eventsPerSecond: 1e9, pauseMs: 3_600_000, memoryBytes });
  expect(capacity).toBe(2 ** 30);
});

test.each([
  ['unknown workload', 'metrics', {}],
  ['a key of every object', 'constructor', {}],
  ['no rate', 'logs', { eventsPerSecond: 0 }],
  ['fractional rate', 'logs', { eventsPerSecond: 1.5 }],
  ['no number', 'logs', { eventsPerSecond: '7' }],
  ['negative pause', 'logs', { pauseMs: -1 }],
  ['a slot too small', 'logs', { slotSize: 64 }],
  ['a slot of no whole cache lines', 'logs', { slotSize: 200 }],
  ['a slot too large', 'logs', { slotSize: 65664 }],
  ['no memory', 'logs', { memoryBytes: 0 }],
  ['memory without a bound', 'logs', { memoryBytes: Infinity }],
  ['no options', 'logs', null],
])('refuses %s', (_, workload, options) => {
  expect(() => recommendSizing(workload as Workload, options as object)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
  );
});
