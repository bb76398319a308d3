import { BlankEvents } from '../buffers/blank-events';
import { checkPool } from '../buffers/event-buffer';
import { checkEventOptions, eventStagingSizes, type EventStorageOptions } from '../buffers/event-options';
import { EventReader } from '../buffers/event-reader';
import { EventWriter, policyNumber, policyOf, type Race, withStored } from '../buffers/event-writer';
import { fullError } from '../buffers/full-error';
import { type BufferHandle, resolveHandle } from '../buffers/handle';
import { Port } from '../buffers/port';
import { QueueEndpoint } from '../buffers/queue-endpoint';
import { Layout } from '../buffers/staging';
import type { BufferStats } from '../buffers/stats';
import type { WaitOptions } from '../buffers/wait-queue';
import type { TapioError } from '../errors';
import type { UnifiedEvent } from '../event/unified-event';
import type { UnifiedEventPool } from '../pools/unified-event-pool';
import {
  checkArray,
  checkCapacity,
  checkFunction,
  checkInteger,
  checkOptions,
  invalidArgument,
} from '../validate';
import {
  forEachPriority,
  levelOf,
  PRIORITIES,
  type Priority,
  type PriorityRoute,
  routeBySeverity,
} from './priority';

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

const MAX_EVENT_SIZE = 1;
const POLICY = 2;
const WAKE_INTERVAL = 3;
const PAYLOAD = 4;
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
  readonly capacity: number;
  readonly #route: PriorityRoute;
  readonly #opened: Opened;
  /** One for each level that was put into; the first is that of this instance's own port. */
  readonly #levels: ({ port: Port; writer: EventWriter } | undefined)[];

  /**
   * @param capacities slots of each level, powers of two from 1 to 2^30, default 1024
   * @param route which level an event belongs to; default by `getSeverity`: critical; high and error are high; medium and warning are
   *   normal; the rest is low. What it throws goes through; a level that does not exist throws ERR_INVALID_ARGUMENT.
   * @throws TapioError ERR_INVALID_CAPACITY, also when the system refuses the memory; ERR_INVALID_ARGUMENT for the rest
   */
  constructor(
    capacities: Partial<Record<Priority, number>>,
    route: PriorityRoute = routeBySeverity,
    options?: PriorityBufferOptions,
  ) {
    checkFunction('route', route);
    const opened =
      capacities instanceof Opened ? capacities : Opened.create(capacities, checkOptions(options));
    super(opened.port, opened.writer(opened.port, 0), opened.reader);
    this.capacity = opened.capacities.reduce((sum, each) => sum + each);
    this.#route = route;
    this.#opened = opened;
    this.#levels = PRIORITIES.map(() => undefined);
    this.#levels[0] = { port: this.port, writer: this.writer };
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
    return new PriorityBuffer(
      Opened.byHandle(handle, checkPool(pool)) as Partial<Record<Priority, number>>,
      route,
    );
  }

  override put(event: UnifiedEvent): void {
    const level = levelOf(this.#route(event));
    if (this.#writer(level).put(event)) return;
    throw fullError(`the level ${PRIORITIES[level]} of this PriorityBuffer`, this.#port(level), [
      { ring: level },
    ]);
  }

  override tryPut(event: UnifiedEvent): boolean {
    return this.#writer(levelOf(this.#route(event))).tryPut(event);
  }

  /** As for EventBuffer. The batch ends with the first event whose level is full. */
  override putBatch(events: readonly UnifiedEvent[]): number {
    checkArray('events', events);
    const { levels, error } = this.#routeAll(events);
    if (levels.length === 0 && error === undefined) return this.writer.putBatch([]);
    let stored = 0;
    for (let from = 0; from < levels.length;) {
      const level = levels[from];
      let to = from + 1;
      while (to < levels.length && levels[to] === level) to++;
      try {
        stored += this.#writer(level).putBatch(events, from, to);
      } catch (thrown) {
        throw withStored(thrown, stored + ((thrown as TapioError).stored ?? 0));
      }
      if (stored < to) {
        for (const refused of levels.slice(to)) this.#port(refused).native.countRejected(1);
        return stored;
      }
      from = to;
    }
    if (error !== undefined) throw withStored(error.thrown, stored);
    return stored;
  }

  /** Waits for room in the event's own level; those of other levels do not wait behind it. */
  override async putAsync(event: UnifiedEvent, options?: WaitOptions): Promise<void> {
    await this.#writer(levelOf(this.#route(event))).putAsync(event, options);
  }

  /** @internal */
  override offer(event: UnifiedEvent): boolean {
    return this.#writer(levelOf(this.#route(event))).offer(event);
  }

  /** @internal */
  override async putInRace(event: UnifiedEvent, options: WaitOptions, race: Race): Promise<void> {
    await this.#writer(levelOf(this.#route(event))).putAsync(event, options, race);
  }

  /** A snapshot of each level; counters are exact. Counts slots where it says slots, events elsewhere. */
  getStats(): Record<Priority, BufferStats> {
    return forEachPriority((level) => this.port.stats(level));
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    if (!this.port.maker) for (const level of this.#levels.slice(1)) level?.port.release();
  }

  /** What has no level any more is least urgent. @internal */
  protected override levelOf(event: UnifiedEvent): number {
    try {
      return levelOf(this.#route(event));
    } catch {
      return PRIORITIES.length - 1;
    }
  }

  /** The level of each event, up to the first where route throws: it is code of the user, so all of it runs before anything is stored. */
  #routeAll(events: readonly UnifiedEvent[]): { levels: number[]; error?: { thrown: unknown } } {
    const levels: number[] = [];
    // Read once, as route may change the array.
    const total = events.length;
    try {
      for (let i = 0; i < total; i++) levels.push(levelOf(this.#route(events[i])));
    } catch (thrown) {
      return { levels, error: { thrown } };
    }
    return { levels };
  }

  #writer(level: number): EventWriter {
    return (this.#levels[level] ?? this.#open(level)).writer;
  }

  #port(level: number): Port {
    return (this.#levels[level] ?? this.#open(level)).port;
  }

  #open(level: number): { port: Port; writer: EventWriter } {
    this.port.checkHeld();
    const port = this.#opened.openPort(level);
    return (this.#levels[level] = { port, writer: this.#opened.writer(port, level) });
  }
}

/** A port with what belongs to it, on the way into an instance. */
class Opened {
  readonly reader: EventReader;
  readonly capacities: readonly number[];

  private constructor(
    readonly port: Port,
    pool: UnifiedEventPool | undefined,
  ) {
    this.capacities = PRIORITIES.map((_, level) => port.stats(level).capacity);
    this.reader = new EventReader(port, new BlankEvents(pool), () => this.openPort(0));
  }

  static create(capacities: Partial<Record<Priority, number>>, options: PriorityBufferOptions): Opened {
    const slots = checkCapacities(capacities);
    const { slotSize, maxEventSize, onFull, wakeIntervalMicros } = checkEventOptions(options);
    const turnEvery = checkShare(options.fairShare);
    const pool = checkPool(options.pool);
    const payload = slotSize - Layout.SLOT_HEADER;
    const largest = Math.min(maxEventSize, Math.max(...slots) * payload);
    const port = Port.create(
      'PriorityBuffer',
      [largest, policyNumber(onFull), wakeIntervalMicros, payload],
      {
        layout: 'ring per level',
        slots: 0,
        overflowSlots: 0,
        stride: slotSize,
        payload,
        start: checkInteger('startTicket', options.startTicket ?? 0, 0, Number.MAX_SAFE_INTEGER),
        wakeIntervalMicros,
        levels: { slots, turnEvery },
      },
      eventStagingSizes(largest),
    );
    return new Opened(port, pool);
  }

  static byHandle(handle: BufferHandle, pool: UnifiedEventPool | undefined): Opened {
    const { id, traits } = resolveHandle('PriorityBuffer', handle);
    return new Opened(Opened.attach(id, traits, 0), pool);
  }

  private static attach(id: bigint, traits: readonly number[], level: number): Port {
    return Port.attach(
      'PriorityBuffer',
      id,
      eventStagingSizes(traits[MAX_EVENT_SIZE]),
      traits[WAKE_INTERVAL],
      level,
    );
  }

  /** Another port on the same buffer, which puts into `level`. */
  openPort(level: number): Port {
    return Opened.attach(this.port.handle.id, this.port.native.traits, level);
  }

  writer(port: Port, level: number): EventWriter {
    const { traits } = port.native;
    const largest = Math.min(traits[MAX_EVENT_SIZE], this.capacities[level] * traits[PAYLOAD]);
    return new EventWriter(port, largest, policyOf(traits[POLICY]));
  }
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
