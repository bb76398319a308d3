import type { UnifiedEvent } from '../event/unified-event';
import { UnifiedEventPool } from '../pools/unified-event-pool';
import {
  checkCount,
  checkVisitor,
  checkInteger,
  checkOptions,
  checkRingSize,
  invalidArgument,
} from '../validate';
import { Attachment } from './attachment';
import { type BatchOptions, EventEndpoint } from './event-endpoint';
import { EventInternals } from './event-internals';
import type { EventReader } from './event-reader';
import { checkEventOptions, createEventStorage, type EventStorageOptions } from './event-storage';
import type { BufferHandle } from './handle';
import { type PerCPUBufferMetrics, readMetrics } from './per-cpu-metrics';
import { TakenEvents } from './taken-events';
import { visitRing } from './visit';

export interface PerCPUEventBufferOptions extends EventStorageOptions {
  /** Bytes of each CPU's ring, at least one slot, default 262144. */
  bufferSizePerCPU?: number;
  /** Bytes of the shared overflow ring, at least one slot, default 4194304. */
  overflowSize?: number;
  /** Decode into pooled events, which `release` takes back. Default false. Of this instance; one attached elsewhere has its own. */
  enablePooling?: boolean;
}

/** How the events of one call are arranged. */
export interface OrderOptions {
  /**
   * `ring` (default): as they lie in the rings, one CPU after the other. `timestamp`: those of this call by their timestamps, equal
   * ones as they lie; a sort of each batch, which `npm run bench PerCPU` shows beside the rest. An event that arrives later comes in
   * a later call, even if it is older.
   */
  order?: 'ring' | 'timestamp';
}

/** Totals over all rings; sizes are bytes, utilization is 0..1. */
export interface PerCPUEventStats {
  totalWrites: number;
  totalReads: number;
  overflows: number;
  dropped: number;
  discarded: number;
  avgUtilization: number;
  maxUtilization: number;
  numCPUs: number;
  overflowInUse: number;
}

/**
 * One ring of events for each CPU and an overflow ring: an event goes to the ring of the CPU that runs the put, then, if that is
 * full, to the overflow ring, then is refused.
 *
 * Threads: any number put and take, each through its own instance (`attach`). An instance belongs to one thread.
 * Guarantees: each event comes out whole and once. Order is per ring: events that one thread put while it stayed on one CPU and its
 *   ring had room come out in that order; nothing is promised across CPUs. The CPU's number is a hint: a thread that moves between
 *   reading it and writing is only slower, never wrong.
 * Full: as the option `onFull` says, once the overflow ring is full, too.
 * Closed: puts throw ERR_BUFFER_CLOSED; what waits can still be taken.
 * Memory: native, shared; each ring has 64 slots more than its size; freed with the last instance.
 */
export class PerCPUEventBuffer extends EventEndpoint {
  /** CPU numbers this machine can have, and so CPU rings. */
  readonly numCPUs: number;
  readonly #attachment: Attachment;
  readonly #reader: EventReader;
  readonly #pool: UnifiedEventPool | undefined;
  /** For visits: takes nothing, and overwrites nothing that waits in this instance. */
  #visitor: Attachment | undefined;

  /**
   * @throws TapioError ERR_INVALID_CAPACITY for the two sizes, also when the system refuses the memory; ERR_INVALID_ARGUMENT for other options
   */
  constructor(options?: PerCPUEventBufferOptions);
  /** @internal */
  constructor(attachment: Attachment, options: { enablePooling?: boolean });
  constructor(from?: PerCPUEventBufferOptions | Attachment, options?: { enablePooling?: boolean }) {
    const joins = Attachment.is(from);
    const given = checkOptions(joins ? options : from);
    const pool = makePool(given.enablePooling);
    const attachment = joins ? from : create(given);
    const internals = new EventInternals(attachment, pool);
    super(internals);
    this.numCPUs = attachment.rings;
    this.#attachment = attachment;
    this.#reader = internals.reader;
    this.#pool = pool;
  }

  /**
   * Joins a buffer by the handle of another thread's instance.
   * @throws TapioError ERR_BUFFER_CLOSED when nobody holds the buffer any more, ERR_INVALID_ARGUMENT for what is no handle of a PerCPUEventBuffer
   */
  static attach(handle: BufferHandle, options?: { enablePooling?: boolean }): PerCPUEventBuffer {
    const { enablePooling } = checkOptions(options);
    checkPooling(enablePooling);
    return new PerCPUEventBuffer(Attachment.byHandle('PerCPUEventBuffer', handle), { enablePooling });
  }

  /** Takes up to maxCount events (an integer from 0, default: what waits now) from every CPU, then from the overflow ring. */
  get(maxCount?: number, options?: OrderOptions): UnifiedEvent[] {
    const byTimestamp = isByTimestamp(options);
    const events = this.#reader.takeUpTo(
      maxCount === undefined ? Infinity : checkCount('maxCount', maxCount),
    );
    return byTimestamp ? events.sort(olderFirst) : events;
  }

  override batches(options?: BatchOptions & OrderOptions): AsyncIterable<UnifiedEvent[]> {
    const batches = super.batches(options);
    return isByTimestamp(options) ? sortEach(batches) : batches;
  }

  /** Takes up to maxCount events from the ring of one CPU, without the overflow ring. @param cpu 0..numCPUs - 1 */
  getFromCPU(cpu: number, maxCount?: number): UnifiedEvent[] {
    checkInteger('cpu', cpu, 0, this.numCPUs - 1);
    return this.#reader.takeFromRing(
      cpu,
      maxCount === undefined ? Infinity : checkCount('maxCount', maxCount),
    );
  }

  /**
   * Visits every event that waits when its ring's turn comes, and removes none. An event that leaves meanwhile is visited whole or
   * not at all. Returns how many were visited. What fn throws ends the visit and loses nothing.
   */
  process(fn: (event: UnifiedEvent) => void): number {
    checkVisitor('fn', fn);
    let count = 0;
    const visit = (event: UnifiedEvent): void => {
      count++;
      fn(event);
    };
    this.#attachment.checkHeld();
    this.#reader.copiesOfKept().forEach(visit);
    const visitor = (this.#visitor ??= this.#attachment.again());
    const taken = new TakenEvents(visitor);
    for (let ring = 0; ring <= this.numCPUs; ring++)
      visitRing(visitor, ring, (at, size) => taken.decoder.decode(at, size), visit);
    return count;
  }

  /** Gives an event that came from this instance back to its pool; the caller must not use it any more. Without `enablePooling`, does nothing. */
  release(event: UnifiedEvent): void {
    this.#pool?.put(event);
  }

  /** Removes what waits in all rings now, counted in `discarded`. Safe beside producers and consumers. */
  reset(): void {
    this.#attachment.clear();
  }

  getMetrics(): PerCPUBufferMetrics {
    return readMetrics(this.#attachment);
  }

  getStats(): PerCPUEventStats {
    const { writes, reads, overflows, dropped, discarded, overflowUsed, cpus } = this.getMetrics();
    const utilizations = cpus.map((cpu) => cpu.utilization);
    return {
      totalWrites: writes,
      totalReads: reads,
      overflows,
      dropped,
      discarded,
      avgUtilization: utilizations.reduce((sum, each) => sum + each, 0) / utilizations.length,
      maxUtilization: Math.max(...utilizations),
      numCPUs: this.numCPUs,
      overflowInUse: overflowUsed,
    };
  }

  override [Symbol.dispose](): void {
    this.#visitor?.release();
    this.#visitor = undefined;
    super[Symbol.dispose]();
  }
}

function create(options: PerCPUEventBufferOptions): Attachment {
  const storage = checkEventOptions(options);
  const { bufferSizePerCPU = 262144, overflowSize = 4194304 } = options;
  const slots = checkRingSize('bufferSizePerCPU', bufferSizePerCPU, storage.slotSize);
  const overflowSlots = checkRingSize('overflowSize', overflowSize, storage.slotSize);
  return createEventStorage('PerCPUEventBuffer', storage, Math.max(slots, overflowSlots), {
    layout: 'ring per CPU',
    slots,
    overflowSlots,
  });
}

function isByTimestamp(options: OrderOptions | undefined): boolean {
  const { order = 'ring' } = checkOptions(options);
  if (order !== 'ring' && order !== 'timestamp')
    throw invalidArgument('order', order, "'ring' or 'timestamp'");
  return order === 'timestamp';
}

function olderFirst(a: UnifiedEvent, b: UnifiedEvent): number {
  return a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0;
}

async function* sortEach(
  batches: AsyncIterable<UnifiedEvent[]>,
): AsyncGenerator<UnifiedEvent[], void, undefined> {
  for await (const batch of batches) yield batch.sort(olderFirst);
}

function checkPooling(enablePooling: unknown): void {
  if (enablePooling !== undefined && typeof enablePooling !== 'boolean')
    throw invalidArgument('enablePooling', enablePooling, 'a boolean');
}

function makePool(enablePooling: unknown): UnifiedEventPool | undefined {
  checkPooling(enablePooling);
  return enablePooling ? new UnifiedEventPool() : undefined;
}
