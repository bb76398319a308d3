import type { UnifiedEventPool } from '../pools/unified-event-pool';
import { checkCapacity, checkOptions } from '../validate';
import { Attachment } from './attachment';
import { checkMethod } from './check-method';
import { EventInternals } from './event-internals';
import { checkEventOptions, createEventStorage, type EventStorageOptions } from './event-storage';
import type { BufferHandle } from './handle';
import { QueueEndpoint } from './queue-endpoint';
import type { BufferStats } from './stats';

export interface EventBufferOptions extends EventStorageOptions {
  /** Decode into events of this pool. An instance attached elsewhere has its own. */
  pool?: UnifiedEventPool;
}

/**
 * Typed MPMC buffer of UnifiedEvents: encoded into the slots, decoded on the way out.
 *
 * Threads: any number put and take, each through its own instance (`attach`). An instance belongs to one thread.
 * Guarantees: each event comes out whole and once, those of one producer in their order. A put of an event of one slot is
 *   wait-free (of the first 64 instances at a time; lock-free beyond), longer events and all takes are lock-free.
 * Full: as the option `onFull` says. Exactly `capacity` slots can be filled when nobody else puts at that moment.
 * Closed: puts throw ERR_BUFFER_CLOSED; what waits can still be taken.
 * Memory: native, shared, capacity + 64 slots of slotSize bytes; freed with the last instance.
 */
export class EventBuffer extends QueueEndpoint {
  readonly #attachment: Attachment;

  /**
   * @param capacity slots, a power of two from 1 to 2^30
   * @throws TapioError ERR_INVALID_CAPACITY, also when the system refuses the memory; ERR_INVALID_ARGUMENT for options
   */
  constructor(capacity: number, options?: EventBufferOptions);
  /** @internal */
  constructor(attachment: Attachment, options: { pool?: UnifiedEventPool });
  constructor(from: number | Attachment, options?: EventBufferOptions) {
    const given = checkOptions(options);
    const pool = checkPool(given.pool);
    const attachment = Attachment.is(from) ? from : create(from, given);
    super(new EventInternals(attachment, pool));
    this.#attachment = attachment;
  }

  /**
   * Joins a buffer by the handle of another thread's instance.
   * @throws TapioError ERR_BUFFER_CLOSED when nobody holds the buffer any more, ERR_INVALID_ARGUMENT for what is no handle of an EventBuffer
   */
  static attach(handle: BufferHandle, options?: { pool?: UnifiedEventPool }): EventBuffer {
    const pool = checkPool(checkOptions(options).pool);
    return new EventBuffer(Attachment.byHandle('EventBuffer', handle), { pool });
  }

  /** A snapshot; counters are exact. Counts slots where it says slots, events elsewhere. */
  getStats(): BufferStats {
    return this.#attachment.stats(0);
  }
}

function create(capacity: number, options: EventBufferOptions): Attachment {
  const storage = checkEventOptions(options);
  const slots = checkCapacity(capacity);
  return createEventStorage('EventBuffer', storage, slots, { layout: 'one ring', slots, overflowSlots: 0 });
}

export function checkPool(pool: unknown): UnifiedEventPool | undefined {
  if (pool === undefined) return undefined;
  checkMethod('pool', pool, 'get', 'a UnifiedEventPool');
  return pool as UnifiedEventPool;
}
