/**
 * One face for the five buffer classes, so that one contract suite runs over all of them. Subjects move numbers.
 * The per-CPU classes are measured on one pinned CPU: their room is that of its ring and of the overflow ring.
 */
import {
  type BufferHandle,
  type EventView,
  EventBuffer,
  PerCPUBuffer,
  PerCPUEventBuffer,
  PriorityBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { numbered, numberOf, record, recordNumber } from './events';

export interface Counts {
  capacity: number;
  size: number;
  puts: number;
  gets: number;
  rejected: number;
  discarded: number;
}

/** A buffer under test. Sizes are slots. */
export interface Subject {
  readonly buffer: RingBuffer | EventBuffer | PerCPUBuffer | PerCPUEventBuffer | PriorityBuffer;
  put(n: number): void;
  tryPut(n: number): boolean;
  /** The oldest number, or undefined. */
  take(): number | undefined;
  takeUpTo(maxCount: number): number[];
  counts(): Counts;
  clear(): void;
  /** Every other way of putting one number, each throwing or rejecting where it is refused. */
  puts(n: number): Record<string, () => unknown>;
  /** Every way of taking that gives an array, as the numbers in it. */
  arrays(): Record<string, () => number[]>;
  /** What else may be called, to see that each refuses. */
  others(): Record<string, () => unknown>;
}

export interface Kind {
  readonly name: string;
  /** A buffer that takes exactly `capacity` numbers, a power of two from 2. */
  make(capacity: number): Subject;
  attach(handle: BufferHandle): Subject;
  /** Whether numbers come out in the order they went in, however they are taken. */
  readonly fifo: boolean;
}

const SLOT = 256;

function ring(buffer: RingBuffer): Subject {
  const lengths = new Uint32Array(1);
  return {
    buffer,
    put: (n) => buffer.put(record(n)),
    tryPut: (n) => buffer.tryPut(record(n)),
    take: () => {
      const bytes = buffer.tryGet();
      return bytes && recordNumber(bytes);
    },
    takeUpTo: (maxCount) => buffer.getBatch(maxCount).map(recordNumber),
    counts: () => buffer.getStats(),
    clear: () => buffer.clear(),
    puts: (n) => ({
      put: () => buffer.put(record(n)),
      tryPut: () => buffer.tryPut(record(n)),
      putBatch: () => buffer.putBatch([record(n)]),
      'putBatch of none': () => buffer.putBatch([]),
      putBatchFrom: () => buffer.putBatchFrom(record(n), Uint32Array.of(8)),
      'putBatchFrom of none': () => buffer.putBatchFrom(record(n), new Uint32Array(0)),
    }),
    arrays: () => ({
      getBatch: () => buffer.getBatch(10).map(recordNumber),
      'getBatch of none': () => buffer.getBatch(0).map(recordNumber),
      getBatchInto: () => {
        const target = new Uint8Array(SLOT);
        return buffer.getBatchInto(target, lengths) === 0
          ? []
          : [recordNumber(target.subarray(0, lengths[0]))];
      },
      'getBatchInto of none': () => Array<number>(buffer.getBatchInto(new Uint8Array(8), new Uint32Array(0))),
      tryGet: () => [buffer.tryGet()].filter((bytes) => bytes !== undefined).map(recordNumber),
      tryGetInto: () => {
        const target = new Uint8Array(SLOT);
        const size = buffer.tryGetInto(target);
        return size < 0 ? [] : [recordNumber(target.subarray(0, size))];
      },
    }),
    others: () => ({
      get: () => buffer.get(),
      size: () => buffer.size,
      isEmpty: () => buffer.isEmpty,
      isFull: () => buffer.isFull,
      ready: () => buffer.ready(),
      waitSync: () => buffer.waitSync(0),
      clear: () => buffer.clear(),
      getStats: () => buffer.getStats(),
      close: () => buffer.close(),
    }),
  };
}

function perCPU(buffer: PerCPUBuffer): Subject {
  return {
    buffer,
    put: (n) => buffer.write(record(n)),
    tryPut: (n) => buffer.tryWrite(record(n)),
    take: () => buffer.read(1).map(recordNumber)[0],
    takeUpTo: (maxCount) => buffer.read(maxCount).map(recordNumber),
    counts: () => perCPUCounts(buffer, SLOT),
    clear: () => buffer.reset(),
    puts: (n) => ({ write: () => buffer.write(record(n)), tryWrite: () => buffer.tryWrite(record(n)) }),
    arrays: () => ({
      read: () => buffer.read(10).map(recordNumber),
      'read of all': () => buffer.read().map(recordNumber),
      'read of none': () => buffer.read(0).map(recordNumber),
    }),
    others: () => ({
      readFromCPU: () => buffer.readFromCPU(0),
      'readFromCPU of none': () => buffer.readFromCPU(0, 0),
      aggregate: () => buffer.aggregate(),
      ready: () => buffer.ready(),
      waitSync: () => buffer.waitSync(0),
      reset: () => buffer.reset(),
      getMetrics: () => buffer.getMetrics(),
      close: () => buffer.close(),
    }),
  };
}

type EventClass = EventBuffer | PerCPUEventBuffer | PriorityBuffer;

function eventPuts(buffer: EventClass, n: number): Record<string, () => unknown> {
  return {
    put: () => buffer.put(numbered(n)),
    tryPut: () => buffer.tryPut(numbered(n)),
    putBatch: () => buffer.putBatch([numbered(n)]),
    'putBatch of none': () => buffer.putBatch([]),
    putAsync: () => buffer.putAsync(numbered(n)),
  };
}

function eventArrays(buffer: EventClass): Record<string, () => number[]> {
  return {
    drainTo: () => {
      const target = new Array<UnifiedEvent>(10);
      return target.slice(0, buffer.drainTo(target)).map(numberOf);
    },
    'drainTo of none': () => Array<number>(buffer.drainTo([])),
    consume: () => {
      const numbers: number[] = [];
      buffer.consume((view: EventView) => numbers.push(numberOf(view)));
      return numbers;
    },
    'consume of none': () => Array<number>(buffer.consume(() => undefined, 0)),
  };
}

function eventOthers(buffer: EventClass): Record<string, () => unknown> {
  return {
    getAsync: () => buffer.getAsync(),
    ready: () => buffer.ready(),
    waitSync: () => buffer.waitSync(0),
    iteration: () => buffer[Symbol.asyncIterator]().next(),
    batches: () => buffer.batches()[Symbol.asyncIterator]().next(),
    'gathered batches': () => buffer.batches({ maxWaitMs: 1 })[Symbol.asyncIterator]().next(),
    getStats: () => buffer.getStats(),
    close: () => buffer.close(),
  };
}

/** In a PriorityBuffer numbers go to the level `low`. */
function events(buffer: EventBuffer | PriorityBuffer): Subject {
  const counts = (): Counts => (buffer instanceof EventBuffer ? buffer.getStats() : buffer.getStats().low);
  return {
    buffer,
    put: (n) => buffer.put(numbered(n)),
    tryPut: (n) => buffer.tryPut(numbered(n)),
    take: () => {
      const event = buffer.tryGet();
      return event && numberOf(event);
    },
    takeUpTo: (maxCount) => buffer.getBatch(maxCount).map(numberOf),
    counts,
    clear: () => buffer.clear(),
    puts: (n) => eventPuts(buffer, n),
    arrays: () => ({
      getBatch: () => buffer.getBatch(10).map(numberOf),
      'getBatch of none': () => buffer.getBatch(0).map(numberOf),
      tryGet: () => [buffer.tryGet()].filter((event) => event !== undefined).map(numberOf),
      ...eventArrays(buffer),
    }),
    others: () => ({
      get: () => buffer.get(),
      size: () => buffer.size,
      isEmpty: () => buffer.isEmpty,
      isFull: () => buffer.isFull,
      clear: () => buffer.clear(),
      ...eventOthers(buffer),
    }),
  };
}

function perCPUEvents(buffer: PerCPUEventBuffer): Subject {
  return {
    buffer,
    put: (n) => buffer.put(numbered(n)),
    tryPut: (n) => buffer.tryPut(numbered(n)),
    take: () => buffer.get(1).map(numberOf)[0],
    takeUpTo: (maxCount) => buffer.get(maxCount).map(numberOf),
    counts: () => perCPUCounts(buffer, 512),
    clear: () => buffer.reset(),
    puts: (n) => eventPuts(buffer, n),
    arrays: () => ({
      get: () => buffer.get(10).map(numberOf),
      'get of all': () => buffer.get().map(numberOf),
      'get of none': () => buffer.get(0).map(numberOf),
      ...eventArrays(buffer),
    }),
    others: () => ({
      getFromCPU: () => buffer.getFromCPU(0),
      'getFromCPU of none': () => buffer.getFromCPU(0, 0),
      process: () => buffer.process(() => undefined),
      reset: () => buffer.reset(),
      getMetrics: () => buffer.getMetrics(),
      ...eventOthers(buffer),
    }),
  };
}

/** Counts over all rings; the capacity is that of the fullest CPU's ring and of the overflow ring. */
function perCPUCounts(buffer: PerCPUBuffer | PerCPUEventBuffer, slotBytes: number): Counts {
  const { writes, reads, dropped, discarded, overflowSize, overflowUsed, cpus } = buffer.getMetrics();
  return {
    capacity: (cpus[0].capacity + overflowSize) / slotBytes,
    size: cpus.reduce((sum, cpu) => sum + cpu.used, overflowUsed) / slotBytes,
    puts: writes,
    gets: reads,
    rejected: dropped,
    discarded,
  };
}

export const KINDS: readonly Kind[] = [
  {
    name: 'RingBuffer',
    make: (capacity) => ring(new RingBuffer(capacity, { slotSize: SLOT })),
    attach: (handle) => ring(RingBuffer.attach(handle)),
    fifo: true,
  },
  {
    name: 'EventBuffer',
    make: (capacity) => events(new EventBuffer(capacity)),
    attach: (handle) => events(EventBuffer.attach(handle)),
    fifo: true,
  },
  {
    name: 'PerCPUBuffer',
    make: (capacity) =>
      perCPU(
        new PerCPUBuffer({
          slotSize: SLOT,
          bufferSizePerCPU: (SLOT * capacity) / 2,
          overflowSize: (SLOT * capacity) / 2,
          aggregator: { aggregate: () => new Uint8Array() },
        }),
      ),
    attach: (handle) =>
      perCPU(PerCPUBuffer.attach(handle, { aggregator: { aggregate: () => new Uint8Array() } })),
    fifo: false,
  },
  {
    name: 'PerCPUEventBuffer',
    make: (capacity) =>
      perCPUEvents(
        new PerCPUEventBuffer({
          slotSize: 512,
          bufferSizePerCPU: 256 * capacity,
          overflowSize: 256 * capacity,
        }),
      ),
    attach: (handle) => perCPUEvents(PerCPUEventBuffer.attach(handle)),
    fifo: false,
  },
  {
    name: 'PriorityBuffer',
    make: (capacity) => events(new PriorityBuffer({ critical: 1, high: 1, normal: 1, low: capacity })),
    attach: (handle) => events(PriorityBuffer.attach(handle)),
    fifo: true,
  },
];
