import { Attachment } from './attachment';
import { checkPool } from './event-buffer';
import { checkEventOptions, createEventStorage, type EventStorageOptions } from './event-storage';
import { type EventWriter, withStored } from './event-writer';
import { levelFullError } from './full-error';
import type { BufferHandle } from './handle';
import { QueueEndpoint } from './queue-endpoint';
import type { BufferStats } from './stats';
import type { WaitOptions } from './wait-queue';
import type { TapioError } from '../errors';
import type { UnifiedEvent } from '../event/unified-event';
import type { UnifiedEventPool } from '../pools/unified-event-pool';
import { checkArray, checkCapacity, checkFunction, checkOptions, invalidArgument } from '../validate';
import { forEachPriority, PRIORITIES, type Priority, type PriorityRoute, routeBySeverity } from './priority';
import { PriorityInternals } from './priority-internals';

export interface PriorityBufferOptions extends EventStorageOptions {
  /** Decode into events of this pool. An instance attached elsewhere has its own. */
  pool?: UnifiedEventPool;
  /**
   * Against starvation: of the events that an instance takes while more urgent ones wait, at least this share is of the levels behind
   * `critical`, which take turns; those of them that are empty are passed over. 0..0.5, used as one event of so many; default 0:
   * strictly by urgency.
   */
  fairShare?: number;
}

const DEFAULT_CAPACITY = 1024;

/**
 * Four rings of events, one for each level of urgency: a take always gets the oldest event of the most urgent level that has one.
 *
 * Threads: any number put and take, each through its own instance (`attach`). An instance belongs to one thread. `route` runs in
 *   the thread that puts: an attached instance has its own.
 * Guarantees: each event comes out whole and once, those that one producer puts into one level in their order. Urgency is judged
 *   when events are taken: `consume` and the batches take chunks of at most 64, and what an instance has taken (see `consume`) or got
 *   back goes out first. Waiting, the promises about threads and what a put costs are as for EventBuffer; each level that an
 *   instance puts into counts as an instance there.
 * Full: each level for itself, as the option `onFull` says. A full level takes nothing from the others.
 * Closed: puts throw ERR_BUFFER_CLOSED; what waits can still be taken.
 * Memory: as for EventBuffer, for each level; freed with the last instance.
 */
export class PriorityBuffer extends QueueEndpoint {
  readonly #internals: PriorityInternals;

  /**
   * @param capacities slots of each level, powers of two from 1 to 2^30, default 1024
   * @param route which level an event belongs to; default by `getSeverity`: critical; high and error are high; medium and warning are
   *   normal; the rest is low. What it throws goes through; a level that does not exist throws ERR_INVALID_ARGUMENT.
   * @throws TapioError ERR_INVALID_CAPACITY, also when the system refuses the memory; ERR_INVALID_ARGUMENT for the rest
   */
  constructor(
    capacities: Partial<Record<Priority, number>>,
    route?: PriorityRoute,
    options?: PriorityBufferOptions,
  );
  /** @internal */
  constructor(attachment: Attachment, route: PriorityRoute | undefined, options: { pool?: UnifiedEventPool });
  constructor(
    from: Partial<Record<Priority, number>> | Attachment,
    route: PriorityRoute = routeBySeverity,
    options?: PriorityBufferOptions,
  ) {
    checkFunction('route', route);
    const given = checkOptions(options);
    const pool = checkPool(given.pool);
    const attachment = Attachment.is(from) ? from : create(from, given);
    const internals = new PriorityInternals(attachment, pool, route);
    super(internals);
    this.#internals = internals;
  }

  /**
   * Joins a buffer by the handle of another thread's instance.
   * @param options `route` as in the constructor: a function cannot travel with the handle
   * @throws TapioError ERR_BUFFER_CLOSED when nobody holds the buffer any more, ERR_INVALID_ARGUMENT for what is no handle of a PriorityBuffer
   */
  static attach(
    handle: BufferHandle,
    options?: { route?: PriorityRoute; pool?: UnifiedEventPool },
  ): PriorityBuffer {
    const { route, pool } = checkOptions(options);
    if (route !== undefined) checkFunction('route', route);
    checkPool(pool);
    return new PriorityBuffer(Attachment.byHandle('PriorityBuffer', handle), route, { pool });
  }

  override put(event: UnifiedEvent): void {
    const level = this.#internals.routed(event);
    const { attachment, writer } = this.#internals.level(level);
    if (!writer.put(event)) throw levelFullError(PRIORITIES[level], attachment, level);
  }

  override tryPut(event: UnifiedEvent): boolean {
    return this.#writerFor(event).tryPut(event);
  }

  /** As for EventBuffer. The batch ends with the first event whose level is full. */
  override putBatch(events: readonly UnifiedEvent[]): number {
    checkArray('events', events);
    const { levels, error } = this.#routeAll(events);
    if (levels.length === 0 && error === undefined) return this.#internals.writer.putBatch([]);
    let stored = 0;
    for (let from = 0; from < levels.length;) {
      const level = levels[from];
      let to = from + 1;
      while (to < levels.length && levels[to] === level) to++;
      try {
        stored += this.#internals.level(level).writer.putBatch(events, from, to);
      } catch (thrown) {
        throw withStored(thrown, stored + ((thrown as TapioError).stored ?? 0));
      }
      if (stored < to) {
        for (const refused of levels.slice(to))
          this.#internals.level(refused).attachment.native.countRejected(1);
        return stored;
      }
      from = to;
    }
    if (error !== undefined) throw withStored(error.thrown, stored);
    return stored;
  }

  /** Waits for room in the event's own level; those of other levels do not wait behind it. */
  override async putAsync(event: UnifiedEvent, options?: WaitOptions): Promise<void> {
    await this.#writerFor(event).putAsync(event, options);
  }

  /** A snapshot of each level; counters are exact. Counts slots where it says slots, events elsewhere. */
  getStats(): Record<Priority, BufferStats> {
    const { attachment } = this.#internals;
    return forEachPriority((level) => attachment.stats(level));
  }

  /** The level of each event, up to the first where route throws: it is code of the user, so all of it runs before anything is stored. */
  #routeAll(events: readonly UnifiedEvent[]): { levels: number[]; error?: { thrown: unknown } } {
    const levels: number[] = [];
    // Read once, as route may change the array.
    const total = events.length;
    try {
      for (let i = 0; i < total; i++) levels.push(this.#internals.routed(events[i]));
    } catch (thrown) {
      return { levels, error: { thrown } };
    }
    return { levels };
  }

  #writerFor(event: UnifiedEvent): EventWriter {
    return this.#internals.level(this.#internals.routed(event)).writer;
  }
}

function create(capacities: unknown, options: PriorityBufferOptions): Attachment {
  const slots = checkCapacities(capacities);
  const storage = checkEventOptions(options);
  const turnEvery = checkShare(options.fairShare);
  return createEventStorage('PriorityBuffer', storage, Math.max(...slots), {
    layout: 'ring per level',
    slots: 0,
    overflowSlots: 0,
    levels: { slots, turnEvery },
  });
}

/** Slots of each level. */
function checkCapacities(capacities: unknown): number[] {
  const given: Partial<Record<string, unknown>> = checkOptions(
    capacities as object | undefined,
    'capacities',
  );
  for (const name of Object.keys(given)) {
    if (!PRIORITIES.includes(name as Priority)) {
      throw invalidArgument('a level', name, `one of ${PRIORITIES.join(', ')}`);
    }
  }
  return PRIORITIES.map((name) => {
    const { [name]: capacity = DEFAULT_CAPACITY } = given;
    return checkCapacity(capacity, `capacities.${name}`);
  });
}

/** How many events there are to one that is taken in turn; 0: there is none. */
function checkShare(share: unknown): number {
  if (share === undefined || share === 0) return 0;
  if (typeof share !== 'number' || !(share > 0 && share <= 0.5)) {
    throw invalidArgument('fairShare', share, 'a number from 0 to 0.5');
  }
  return Math.min(Math.floor(1 / share), 2 ** 31);
}
