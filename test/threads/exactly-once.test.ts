/** Several producers and consumers at once through every class: each record arrives exactly once, whole, in its producer's order. */
import {
  type BufferHandle,
  EventBuffer,
  PerCPUBuffer,
  PerCPUEventBuffer,
  PriorityBuffer,
  RingBuffer,
} from '@tapio/performance';
import type { LoadTask } from '../fixtures/load.worker';
import { checksum, DeliveryChecker } from '../support/delivery-checker';
import type { Class } from '../support/load';
import { barrier, runWorkers, Signal } from '../support/threads';

const PRODUCERS = 4;
const CONSUMERS = 2;
/** Tickets cross 2^32 on the way; an option of tests, which the published types leave out. */
const NEAR_2_32 = { startTicket: 2 ** 32 - 1000 };

interface Load {
  name: string;
  kind: Class;
  make: () => RingBuffer | EventBuffer | PerCPUBuffer | PerCPUEventBuffer | PriorityBuffer;
  perProducer: number;
  ordered: boolean;
}

const ring = (capacity: number, perProducer: number): Load => ({
  name: `RingBuffer of ${capacity}`,
  kind: 'RingBuffer',
  make: () => new RingBuffer(capacity, { slotSize: 48, ...NEAR_2_32 }),
  perProducer,
  ordered: true,
});
const events = (capacity: number, slotSize: number, perProducer: number): Load => ({
  name: `EventBuffer of ${capacity}`,
  kind: 'EventBuffer',
  make: () => new EventBuffer(capacity, { slotSize, ...NEAR_2_32 }),
  perProducer,
  ordered: true,
});

const LOADS: readonly Load[] = [
  ring(2, 50_000),
  ring(4, 50_000),
  ring(1024, 800_000),
  events(2, 256, 15_000),
  events(4, 128, 15_000),
  events(1024, 128, 75_000),
  {
    name: 'PerCPUBuffer',
    kind: 'PerCPUBuffer',
    make: () => new PerCPUBuffer({ bufferSizePerCPU: 2048, overflowSize: 4096, ...NEAR_2_32 }),
    perProducer: 200_000,
    ordered: false,
  },
  {
    name: 'PerCPUEventBuffer',
    kind: 'PerCPUEventBuffer',
    make: () =>
      new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 2048, overflowSize: 4096, ...NEAR_2_32 }),
    perProducer: 50_000,
    ordered: false,
  },
  {
    name: 'PriorityBuffer',
    kind: 'PriorityBuffer',
    make: () =>
      new PriorityBuffer({ critical: 4, high: 8, normal: 4, low: 16 }, undefined, {
        slotSize: 128,
        fairShare: 0.1,
        ...NEAR_2_32,
      }),
    perProducer: 15_000,
    ordered: false,
  },
];

interface Report {
  problems: string[];
  seen: number;
  refusals: number;
}

function tasksFor(load: Load, handle: BufferHandle, marks: Int32Array): LoadTask[] {
  const shared = {
    kind: load.kind,
    handle,
    producers: PRODUCERS,
    perProducer: load.perProducer,
    ordered: load.ordered,
    marks,
    start: barrier(),
    parties: PRODUCERS + CONSUMERS,
    room: new Signal().words,
    left: new Int32Array(new SharedArrayBuffer(4)).fill(PRODUCERS),
  };
  const tasks: LoadTask[] = [];
  for (let index = 0; index < PRODUCERS; index++) tasks.push({ ...shared, role: 'produce', index });
  for (let index = 0; index < CONSUMERS; index++) tasks.push({ ...shared, role: 'consume', index });
  return tasks;
}

test('the loads add up to 5 million records', () => {
  expect(LOADS.reduce((sum, { perProducer }) => sum + PRODUCERS * perProducer, 0)).toBeGreaterThanOrEqual(
    5_000_000,
  );
});

test.each(LOADS)(
  '$name',
  async (load) => {
    const buffer = load.make();
    const marks = DeliveryChecker.marksFor(PRODUCERS, load.perProducer);
    const reports = await runWorkers<Report>('load.worker', tasksFor(load, buffer.handle, marks));
    const total = PRODUCERS * load.perProducer;
    expect(reports.flatMap(({ problems }) => problems)).toEqual([]);
    expect(DeliveryChecker.missing(marks, PRODUCERS, load.perProducer)).toEqual([]);
    expect(reports.reduce((sum, { seen }) => sum + seen, 0)).toBe(total);
    // Rings that were never full would not have been tested.
    const refusals = reports.reduce((sum, each) => sum + each.refusals, 0);
    expect(refusals).toBeGreaterThan(10);
    if ('getMetrics' in buffer) {
      const metrics = buffer.getMetrics();
      expect(metrics).toMatchObject({ writes: total, reads: total, discarded: 0, overflowUsed: 0 });
      expect(metrics.cpus.reduce((sum, { writes }) => sum + writes, 0) + metrics.overflows).toBe(total);
    } else if (buffer instanceof PriorityBuffer) {
      const levels = Object.values(buffer.getStats());
      expect(levels.reduce((sum, { puts }) => sum + puts, 0)).toBe(total);
      for (const { puts, gets, size, discarded } of levels)
        expect({ gets, size, discarded }).toEqual({ gets: puts, size: 0, discarded: 0 });
      expect(levels.reduce((sum, { rejected }) => sum + rejected, 0)).toBeGreaterThanOrEqual(refusals);
    } else {
      const stats = buffer.getStats();
      expect(stats).toMatchObject({ puts: total, gets: total, size: 0, discarded: 0, closed: true });
      expect(stats.highWatermark).toBe(stats.capacity);
      expect(stats.writeIndex).toBe(stats.readIndex);
      expect(stats.writeIndex).toBeGreaterThanOrEqual(NEAR_2_32.startTicket + total);
      expect(stats.rejected).toBeGreaterThanOrEqual(refusals);
    }
  },
  120_000,
);

describe('the checker catches', () => {
  const see = (...records: [number, number, number?][]): { problems: string[]; missing: string[] } => {
    const marks = DeliveryChecker.marksFor(2, 40);
    const checkers = [0, 1].map(() => new DeliveryChecker(marks, 2, 40, true));
    for (const [producer, sequence, consumer = 0] of records) {
      checkers[consumer].see(producer, sequence, checksum(producer, sequence));
    }
    return {
      problems: checkers.flatMap(({ problems }) => problems),
      missing: DeliveryChecker.missing(marks, 2, 40),
    };
  };
  const all: [number, number, number?][] = [];
  for (let sequence = 0; sequence < 40; sequence++) all.push([0, sequence, sequence % 2], [1, sequence, 0]);

  test('nothing in a faultless delivery', () => expect(see(...all)).toEqual({ problems: [], missing: [] }));
  test('a duplicate in one thread', () =>
    expect(see(...all, [1, 39, 1]).problems).toEqual(['twice: producer 1, sequence 39']));
  test('a duplicate in two threads', () => expect(see(...all, [0, 38, 1]).problems[0]).toMatch('twice'));
  test('a loss', () =>
    expect(see(...all.slice(0, 33), ...all.slice(34)).missing).toEqual(['lost: producer 1, sequence 16']));
  test('a swap', () =>
    expect(see([0, 1], [0, 0]).problems).toEqual(['order: producer 0, sequence 0 after 1']));
  test('a torn record', () => {
    const checker = new DeliveryChecker(DeliveryChecker.marksFor(2, 40), 2, 40, true);
    checker.see(0, 1, checksum(1, 0));
    checker.see(0, 1, checksum(0, 1) ^ 1);
    checker.see(7, 1, checksum(7, 1));
    expect(checker.problems).toHaveLength(3);
  });
});
