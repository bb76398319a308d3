import { availableCPUs } from './cpus';
import { memoryLimit } from './memory-limit';
import { checkInteger, checkOptions, checkSlotSize, invalidArgument, MAX_CAPACITY } from './validate';

/** What a buffer is for. */
export type Workload = 'ebpf' | 'kubernetes' | 'logs' | 'correlation';

export interface SizingOptions {
  /** Events in a second that arrive together at the busiest time; default: the rate that the workload's range is made for. */
  eventsPerSecond?: number;
  /** How long the consumer may stand still (garbage collection, a slow sink) without losing an event, in milliseconds, 1..3600000, default 500. */
  pauseMs?: number;
  /** Bytes of a slot, a multiple of 128 up to 65536, default 512. */
  slotSize?: number;
  /** Bytes that this process may use, of which the buffer gets a quarter at most; 1..2^53-1. Default: the limit of its cgroup; without one, no matter. */
  memoryBytes?: number;
}

export interface Sizing {
  /**
   * Slots for an EventBuffer: a power of two up to 2^30, within the workload's range unless your own rate asks for more, or the memory
   * has room for less.
   */
  capacity: number;
  /** For a PerCPUEventBuffer: bytes of each CPU's ring, and of the overflow ring. */
  bufferSizePerCPU: number;
  overflowSize: number;
  /** Bytes of an EventBuffer of that capacity. */
  bytes: number;
  /** Producing worker threads. One CPU is left to the consumer. */
  workers: number;
}

/** Capacity in events for each workload: from a quiet host to a busy one. */
const RANGES: Record<Workload, readonly [number, number]> = {
  ebpf: [131072, 262144],
  kubernetes: [16384, 32768],
  logs: [32768, 65536],
  correlation: [65536, 131072],
};

/** What one producing worker handles with room to spare. Measured: `npm start` shows the share of a core that 165,000 events a second take. */
const EVENTS_PER_WORKER = 100_000;

/** Of the memory, for slots; the rest is for Node, its heaps and what is made of the events. */
const MEMORY_SHARE = 1 / 4;

/**
 * Recommends sizes: enough slots for what arrives while the consumer stands still, and no less than experience says for the workload;
 * in a process whose memory is limited, no more than it has room for. Any thread.
 *
 * @throws TapioError ERR_INVALID_ARGUMENT
 */
export function recommendSizing(workload: Workload, options?: SizingOptions): Sizing {
  const range = Object.prototype.hasOwnProperty.call(RANGES, workload) ? RANGES[workload] : undefined;
  if (range === undefined)
    throw invalidArgument('workload', workload, `one of ${Object.keys(RANGES).join(', ')}`);
  const { eventsPerSecond, pauseMs = 500, slotSize = 512, memoryBytes } = checkOptions(options);
  checkInteger('pauseMs', pauseMs, 1, 3_600_000);
  checkSlotSize(slotSize);
  const rate =
    eventsPerSecond === undefined
      ? (range[0] * 1000) / pauseMs
      : checkInteger('eventsPerSecond', eventsPerSecond, 1, 1e9);
  const memory =
    memoryBytes === undefined
      ? memoryLimit()
      : checkInteger('memoryBytes', memoryBytes, 1, Number.MAX_SAFE_INTEGER);
  const room = memory === undefined ? MAX_CAPACITY : powerOfTwoTo((memory * MEMORY_SHARE) / slotSize);
  const wanted = Math.max(range[0], powerOfTwoFrom((rate * pauseMs) / 1000));
  const capacity = Math.min(MAX_CAPACITY, room, wanted);
  const cpus = availableCPUs().length;
  return {
    capacity,
    bufferSizePerCPU: Math.ceil(capacity / cpus) * slotSize,
    overflowSize: Math.ceil(capacity / 4) * slotSize,
    bytes: capacity * slotSize,
    workers: Math.max(1, Math.min(cpus - 1, Math.ceil(rate / EVENTS_PER_WORKER))),
  };
}

function powerOfTwoFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

function powerOfTwoTo(value: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, value)));
}
