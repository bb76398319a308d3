import type { UnifiedEventPool } from '../pools/unified-event-pool';
import { checkCapacity, checkInteger, checkOptions } from '../validate';
import { BlankEvents } from './blank-events';
import { checkMethod } from './check-method';
import { checkEventOptions, eventStagingSizes, type EventStorageOptions } from './event-options';
import { EventReader } from './event-reader';
import { EventWriter, policyNumber, policyOf } from './event-writer';
import { type BufferHandle, resolveHandle } from './handle';
import { Port } from './port';
import { QueueEndpoint } from './queue-endpoint';
import type { BufferStats } from './stats';
import { Layout } from './staging';

export interface EventBufferOptions extends EventStorageOptions {
  /** Decode into events of this pool. An instance attached elsewhere has its own. */
  pool?: UnifiedEventPool;
}

/** Numbers that travel with the buffer: see `traits` in binding.ts. The first is the kind. */
const CAPACITY = 1;
const MAX_EVENT_SIZE = 2;
const POLICY = 3;
const WAKE_INTERVAL = 4;

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
  readonly capacity: number;

  /**
   * @param capacity slots, a power of two from 1 to 2^30
   * @throws TapioError ERR_INVALID_CAPACITY, also when the system refuses the memory; ERR_INVALID_ARGUMENT for options
   */
  constructor(capacity: number, options?: EventBufferOptions) {
    if (options instanceof Opened) {
      super(options.port, options.writer, options.reader);
      this.capacity = capacity;
      return;
    }
    const given = checkOptions(options);
    const { slotSize, maxEventSize, onFull, wakeIntervalMicros } = checkEventOptions(given);
    checkCapacity(capacity);
    const pool = checkPool(given.pool);
    const payload = slotSize - Layout.SLOT_HEADER;
    const largest = Math.min(maxEventSize, capacity * payload);
    const port = Port.create(
      'EventBuffer',
      [capacity, largest, policyNumber(onFull), wakeIntervalMicros],
      {
        layout: 'one ring',
        slots: capacity,
        overflowSlots: 0,
        stride: slotSize,
        payload,
        start: checkInteger('startTicket', given.startTicket ?? 0, 0, Number.MAX_SAFE_INTEGER),
        wakeIntervalMicros,
      },
      eventStagingSizes(largest),
    );
    const { writer, reader } = new Opened(port, pool);
    super(port, writer, reader);
    this.capacity = capacity;
  }

  /**
   * Joins a buffer by the handle of another thread's instance.
   * @throws TapioError ERR_BUFFER_CLOSED when nobody holds the buffer any more, ERR_INVALID_ARGUMENT for what is no handle of an EventBuffer
   */
  static attach(handle: BufferHandle, options?: { pool?: UnifiedEventPool }): EventBuffer {
    const { pool } = checkOptions(options);
    return new EventBuffer(...Opened.byHandle(handle, checkPool(pool)));
  }

  /** A snapshot; counters are exact. Counts slots where it says slots, events elsewhere. */
  getStats(): BufferStats {
    return this.port.stats(0);
  }
}

/** A port with its two sides, on the way into an instance. */
class Opened {
  readonly writer: EventWriter;
  readonly reader: EventReader;

  constructor(
    readonly port: Port,
    pool: UnifiedEventPool | undefined,
  ) {
    const { traits } = port.native;
    this.writer = new EventWriter(port, traits[MAX_EVENT_SIZE], policyOf(traits[POLICY]));
    this.reader = new EventReader(port, new BlankEvents(pool), () => Opened.attach(port.handle.id, traits));
  }

  static byHandle(handle: BufferHandle, pool: UnifiedEventPool | undefined): [number, EventBufferOptions] {
    const { id, traits } = resolveHandle('EventBuffer', handle);
    return [traits[CAPACITY], new Opened(Opened.attach(id, traits), pool) as EventBufferOptions];
  }

  private static attach(id: bigint, traits: readonly number[]): Port {
    return Port.attach('EventBuffer', id, eventStagingSizes(traits[MAX_EVENT_SIZE]), traits[WAKE_INTERVAL]);
  }
}

/** What a writer that is no instance of this class must know of a buffer: bytes of the largest record, number of the policy. */
export function eventBufferLimits(traits: readonly number[]): { maxRecord: number; policy: number } {
  return { maxRecord: traits[MAX_EVENT_SIZE], policy: traits[POLICY] };
}

export function checkPool(pool: unknown): UnifiedEventPool | undefined {
  if (pool === undefined) return undefined;
  checkMethod('pool', pool, 'get', 'a UnifiedEventPool');
  return pool as UnifiedEventPool;
}
