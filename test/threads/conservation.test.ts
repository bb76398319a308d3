/** What goes in comes out or is counted as dropped: for every policy and every pattern, with threads at full speed. */
import { PassThrough } from 'node:stream';
import { pipeline as connect } from 'node:stream/promises';
import {
  EventBuffer,
  FanOut,
  PerCPUEventBuffer,
  Pipeline,
  PriorityBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { EventReadable, EventWritable } from '@tapio/performance/streams';
import type { FloodTask } from '../fixtures/flood.worker';
import { numberOf } from '../support/events';
import { barrier, startWorker } from '../support/threads';

type Source = EventBuffer | PerCPUEventBuffer | PriorityBuffer;

const PRODUCERS = 2;
const EACH = 15_000;
const TOTAL = PRODUCERS * EACH;

/** Numbers that came twice, and numbers that nobody put. */
function faults(numbers: readonly number[]): string[] {
  const seen = new Uint8Array(TOTAL);
  return numbers.filter((n) => n >= TOTAL || seen[n]++ > 0).map((n) => `${n} is foreign or came twice`);
}

/** Starts the threads of a buffer; `produced` closes it when all has been put. */
function flood(
  buffer: Source,
  put: FloodTask['way'],
  takes: readonly { buffer: Source; way: FloodTask['way'] }[],
): { produced: Promise<void>; taken: Promise<number[][]> } {
  const shared = { start: barrier(), parties: PRODUCERS + takes.length };
  const producers = Array.from({ length: PRODUCERS }, (_, i) =>
    startWorker('flood.worker', {
      ...shared,
      handle: buffer.handle,
      role: 'produce',
      way: put,
      from: i * EACH,
      count: EACH,
    }),
  );
  const consumers = takes.map(({ buffer: { handle }, way }) =>
    startWorker<Uint32Array>('flood.worker', { ...shared, handle, role: 'consume', way, from: 0, count: 0 }),
  );
  return {
    produced: Promise.all(producers.map(({ result }) => result)).then(() => buffer.close()),
    taken: Promise.all(consumers.map(({ result }) => result.then((numbers) => Array.from(numbers)))),
  };
}

interface Counts {
  puts: number;
  gets: number;
  rejected: number;
  discarded: number;
}

function countsOf(buffer: Source): Counts {
  if (buffer instanceof PerCPUEventBuffer) {
    const { writes: puts, reads: gets, dropped: rejected, discarded } = buffer.getMetrics();
    return { puts, gets, rejected, discarded };
  }
  const all = buffer instanceof PriorityBuffer ? Object.values(buffer.getStats()) : [buffer.getStats()];
  const sum = (name: keyof Counts): number => all.reduce((total, stats) => total + stats[name], 0);
  return { puts: sum('puts'), gets: sum('gets'), rejected: sum('rejected'), discarded: sum('discarded') };
}

type Policy = 'reject' | 'drop-oldest' | 'block';
const MAKE: Record<string, (onFull: Policy) => Source> = {
  EventBuffer: (onFull) => new EventBuffer(32, { onFull, slotSize: 128 }),
  PerCPUEventBuffer: (onFull) =>
    new PerCPUEventBuffer({ onFull, slotSize: 128, bufferSizePerCPU: 4096, overflowSize: 4096 }),
  PriorityBuffer: (onFull) =>
    new PriorityBuffer({ critical: 8, high: 8, normal: 8, low: 8 }, undefined, {
      onFull,
      slotSize: 128,
      fairShare: 0.1,
    }),
};
const CASES: [string, Policy, FloodTask['way']][] = Object.keys(MAKE).flatMap(
  (name): [string, Policy, FloodTask['way']][] => [
    [name, 'reject', 'tryPut'],
    [name, 'reject', 'putBatch'],
    [name, 'reject', 'putAsync'],
    [name, 'drop-oldest', 'tryPut'],
    [name, 'drop-oldest', 'putBatch'],
    [name, 'block', 'put'],
    [name, 'block', 'putBatch'],
  ],
);

test.each(CASES)('%s, %s, by %s', async (name, policy, way) => {
  const buffer = MAKE[name](policy);
  const { produced, taken } = flood(buffer, way, [
    { buffer, way: 'consume' },
    { buffer, way: 'batches' },
  ]);
  await produced;
  const numbers = (await taken).flat();
  const { puts, gets, rejected, discarded } = countsOf(buffer);
  expect(faults(numbers)).toEqual([]);
  expect(gets).toBe(numbers.length);
  expect(puts + rejected).toBe(TOTAL);
  expect(gets + discarded).toBe(puts);
  const lossless = policy === 'block' || way === 'putAsync';
  if (lossless) expect(numbers).toHaveLength(TOTAL);
  // A load that never filled the buffer would show nothing.
  else expect(rejected + discarded).toBeGreaterThan(0);
});

test.each([
  ['round-robin', 'round-robin', 1],
  ['broadcast', 'broadcast', 3],
  ['by key', ({ timestamp }: UnifiedEvent) => Number(timestamp), 1],
] as const)('FanOut, %s', async (_name, policy, copies) => {
  const input = new EventBuffer(64, { onFull: 'block', slotSize: 128 });
  const outputs = [16, 4, 64].map((capacity) => new EventBuffer(capacity, { slotSize: 128 }));
  const ways = ['consume', 'batches', 'get'] as const;
  const { produced, taken } = flood(
    input,
    'put',
    outputs.map((buffer, i) => ({ buffer, way: ways[i] })),
  );
  await Promise.all([produced, new FanOut(outputs, policy).run(input)]);
  const numbers = await taken;
  for (const each of numbers) expect(faults(each)).toEqual([]);
  expect(numbers.flat()).toHaveLength(TOTAL * copies);
  if (copies === 1) expect(faults(numbers.flat())).toEqual([]);
  for (const output of outputs)
    expect(output.getStats()).toMatchObject({ rejected: 0, discarded: 0, size: 0 });
});

test('Pipeline', async () => {
  const input = new EventBuffer(64, { onFull: 'block', slotSize: 128 });
  const { produced } = flood(input, 'put', []);
  const numbers: number[] = [];
  const pipeline = Pipeline.from(input)
    .stage('even', (batch) => batch.filter(({ timestamp }) => timestamp % 2n === 0n), { capacity: 64 })
    .stage('parallel', (batch) => Promise.resolve(batch), { concurrency: 3, capacity: 16 })
    .to((batch) => void numbers.push(...batch.map(numberOf)));
  await Promise.all([produced, pipeline.run()]);
  expect(faults(numbers)).toEqual([]);
  expect(numbers).toHaveLength(TOTAL / 2);
  expect(pipeline.getStats()).toMatchObject({
    even: { puts: TOTAL / 2, gets: TOTAL / 2 },
    parallel: { gets: TOTAL / 2 },
  });
});

test('streams', async () => {
  const input = new EventBuffer(64, { onFull: 'block', slotSize: 128 });
  const output = new EventBuffer(64, { slotSize: 128 });
  const { produced, taken } = flood(input, 'put', [{ buffer: output, way: 'consume' }]);
  await Promise.all([
    produced,
    connect(new EventReadable(input), new PassThrough(), new EventWritable(output, { close: true })),
  ]);
  const [numbers] = await taken;
  expect(faults(numbers)).toEqual([]);
  expect(numbers).toHaveLength(TOTAL);
});

test('faults finds what it is to find', () => {
  expect(faults([0, 1, 2])).toEqual([]);
  expect(faults([0, 1, 1, TOTAL])).toHaveLength(2);
});
