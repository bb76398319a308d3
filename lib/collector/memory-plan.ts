/** How much memory the parts of a run may take, by what the process has left of its limit. */
import type { ResourceLimits } from 'node:worker_threads';
import { availableCPUCount } from '../cpus';
import { ROOM, SPARING_BELOW } from './little-memory';
import { leftOf } from './memory-room';

export interface MemoryPlan {
  /** Bytes of each CPU's ring; the shared overflow ring has OVERFLOW_FACTOR times as many. */
  readonly bufferSize: number;
  /** Events that wait for an export with a thread of its own. */
  readonly exportCapacity: number;
  /** Events that wait for the thread of --grpc. */
  readonly grpcCapacity: number;
  /** As EventServiceOptions has them. */
  readonly grpcService: {
    readonly clientQueue: number;
    readonly maxBatch: number;
    readonly maxClients: number;
  };
  /** Bytes of the ring that the kernel fills. */
  readonly kernelRing: number;
  /** Groups that correlation remembers: each may cost some 20 KB. */
  readonly correlationGroups: number;
  /** Events that are taken or sent at once, and bytes that are read or written at once. */
  readonly batch: number;
  readonly pieceBytes: number;
  /** Bytes of the longest line. */
  readonly lineBytes: number;
  /** Of each worker's heap. Undefined: what V8 decides. */
  readonly workerLimits?: ResourceLimits;
}

/** The shared overflow ring is this many times one CPU's ring, as in the defaults of PerCPUEventBuffer. */
export const OVERFLOW_FACTOR = 16;
const SLOT_BYTES = 512;
/** Of pages of any size. */
const SMALLEST_KERNEL_RING = 128 * 1024;
const MIB = 1 << 20;

/** Where memory is no matter. Of one thread's 165,000 events a second, a ring holds what comes in 50 ms, the overflow ring 800 ms. */
const AMPLE: MemoryPlan = {
  bufferSize: 4_194_304,
  exportCapacity: 65_536,
  grpcCapacity: 16_384,
  grpcService: { clientQueue: 8192, maxBatch: 256, maxClients: 64 },
  kernelRing: 8 * MIB,
  correlationGroups: 4096,
  batch: 1024,
  pieceBytes: 256 * 1024,
  lineBytes: 16 * MIB,
};

/** limit: bytes, undefined where there is none; cpus: those whose rings are used. What a run takes beside these sizes: memory-need.ts. */
export function memoryPlan(limit: number | undefined, cpus: number): MemoryPlan {
  if (limit === undefined) return AMPLE;
  const rings = powerOfTwoTo(limit / 16 / (cpus + OVERFLOW_FACTOR));
  const waiting = powerOfTwoTo(limit / 32 / SLOT_BYTES);
  const piece = powerOfTwoTo(limit / 1024);
  const batch = within(64, piece / 256, AMPLE.batch);
  const { clientQueue, maxBatch, maxClients } = AMPLE.grpcService;
  return {
    bufferSize: within(SLOT_BYTES, rings, AMPLE.bufferSize),
    exportCapacity: Math.min(AMPLE.exportCapacity, waiting),
    grpcCapacity: Math.min(AMPLE.grpcCapacity, waiting),
    // A client costs its queue and 32 messages.
    grpcService: {
      clientQueue: within(64, waiting / 4, clientQueue),
      maxBatch: Math.min(maxBatch, batch / 4),
      maxClients: within(1, Math.floor((limit / SPARING_BELOW) * maxClients), maxClients),
    },
    kernelRing: within(SMALLEST_KERNEL_RING, powerOfTwoTo(limit / 32), AMPLE.kernelRing),
    correlationGroups: within(64, powerOfTwoTo(limit / 256 / 1024), AMPLE.correlationGroups),
    batch,
    pieceBytes: within(16 * 1024, piece, AMPLE.pieceBytes),
    lineBytes: within(MIB, powerOfTwoTo(limit / 64), AMPLE.lineBytes),
    workerLimits: {
      maxYoungGenerationSizeMb: within(1, Math.floor(limit / 64 / MIB), 48),
      maxOldGenerationSizeMb: Math.max(16, Math.floor(limit / 4 / MIB)),
    },
  };
}

/** Bytes of all rings that are used, if each CPU's has so many. */
export function ringBytes(bufferSize: number): number {
  return bufferSize * (availableCPUCount() + OVERFLOW_FACTOR);
}

/** Of this process. */
export const MEMORY = memoryPlan(ROOM && leftOf(ROOM), availableCPUCount());

/** The value, or the bound that it is beyond. */
function within(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function powerOfTwoTo(value: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, value)));
}
