import { TapioError } from '../errors';
import { Encoder } from '../event/encoder';
import type { UnifiedEvent } from '../event/unified-event';
import { checkArray, copyOf, checkOptions, checkSignal, invalidArgument } from '../validate';
import { tellFull } from './diagnostics';
import { EventChunk } from './event-chunk';
import type { Port } from './port';
import { Layout, Limit, OnFull, Status, Word, alignUp, u32 } from './staging';
import type { Attempt, WaitOptions } from './wait-queue';

/** What a put does when the buffer is full. */
export type FullPolicy = 'reject' | 'drop-oldest' | 'block';

const POLICIES: readonly FullPolicy[] = ['reject', 'drop-oldest', 'block'];

export function checkPolicy(value: unknown): FullPolicy {
  if (!POLICIES.includes(value as FullPolicy))
    throw invalidArgument('onFull', value, `one of ${POLICIES.join(', ')}`);
  return value as FullPolicy;
}

/** Policies travel between threads as numbers. */
export function policyNumber(policy: FullPolicy): number {
  return POLICIES.indexOf(policy);
}
export function policyOf(number: number): FullPolicy {
  return POLICIES[number];
}

/** An event that waits for room in several buffers at once. */
export interface Race {
  /** Whether one of them has stored it. */
  won: boolean;
}

/** One native call waits at most this long for room, so that a worker can be terminated in between. Milliseconds. */
const BLOCK_SLICE = 20;

/** Stands at the entry of a writer whose earlier events wait for room. */
const BARRIER = Encoder.makeBusy();

/**
 * The putting side of an event buffer: encodes into the staging, then stores with one native call.
 *
 * All user code (getters, proxies) runs while an event is encoded, before anything is claimed. If that code puts events
 * itself, what is staged so far is set aside and comes back.
 *
 * Order: while events of this instance wait for room (`putAsync`), later ones are refused or wait behind them. So that this costs the
 * others nothing, the entry of every put is an encoder, which is asked whether it is busy anyway.
 */
export class EventWriter {
  private encoder: Encoder;
  /** The encoder, or the barrier. */
  private entry: Encoder;
  private chunk: EventChunk;
  /** What native code does with a record that finds no room, when nobody will try again, and when somebody will. */
  private readonly refusal: number;
  private readonly patience: number;
  /** And once it has waited. */
  private readonly urgency: number;

  constructor(
    private readonly port: Port,
    private readonly maxEventSize: number,
    private readonly policy: FullPolicy,
  ) {
    this.entry = this.encoder = makeEncoder(port);
    this.chunk = new EventChunk(port, this.encoder, maxEventSize);
    this.refusal = policy === 'drop-oldest' ? OnFull.DROP_OLDEST : OnFull.REFUSE;
    this.patience = policy === 'drop-oldest' ? OnFull.DROP_OLDEST : OnFull.TRY_AGAIN;
    this.urgency = policy === 'drop-oldest' ? OnFull.DROP_OLDEST : OnFull.RESERVE;
  }

  /** Stores an event, waiting for room under the policy `block`. False: no room. */
  put(event: UnifiedEvent): boolean {
    if (this.policy !== 'block') return this.tryPut(event);
    if (this.entry.busy) {
      const put = (): boolean => this.put(event);
      return this.detour(put, () => this.blockBehindWaiting(put));
    }
    const size = this.encodeOne(event);
    let waited = false;
    for (; !this.port.put(size, OnFull.TRY_AGAIN); waited = true)
      this.port.native.block(BLOCK_SLICE, true, size);
    // Not before: a subscriber may put, and the event waits in the staging.
    if (waited) tellFull(this.port);
    return true;
  }

  /**
   * Stores an event without waiting. False: no room. Written out: the engine stops inlining a few calls down from here, and
   * each call it makes costs as much as the ring.
   */
  tryPut(event: UnifiedEvent): boolean {
    const { entry: encoder, port } = this;
    if (encoder.busy) {
      return this.detour(
        () => this.tryPut(event),
        () => this.refuse(event),
      );
    }
    const start = encoder.begin(event, 0);
    const { texts } = encoder;
    const { units } = texts;
    if (start >= 0 && units > 0 && units <= Limit.MAX_TEXT && start + units <= this.maxEventSize) {
      const stored = port.putText(start, texts, this.refusal);
      if (stored !== undefined) return stored;
    }
    const size = start < 0 ? -1 : encoder.finish(0, start);
    if (size < 0 || size > this.maxEventSize) throw this.tooLarge(size, 'the event');
    return port.put(size, this.refusal);
  }

  /** As `tryPut`, for who will try again: a refusal is not counted. */
  offer(event: UnifiedEvent): boolean {
    if (this.entry.busy) {
      return this.detour(
        () => this.offer(event),
        () => {
          this.encodeOne(event);
          return false;
        },
      );
    }
    return this.port.put(this.encodeOne(event), this.patience);
  }

  /**
   * Stores events in order, as many as find room (all of them under the policy `block`). Returns how many.
   * @param from the first of them, and the one behind the last: as read once, as getters of the events may change the array
   */
  putBatch(events: readonly UnifiedEvent[], from = 0, to?: number): number {
    checkArray('events', events);
    if (this.entry.busy) {
      const put = (): number => this.putBatch(events, from, to);
      return this.detour(put, () =>
        this.policy === 'block' ? this.blockBehindWaiting(put) : this.refuseBatch(events, from, to),
      );
    }
    const total = to ?? events.length;
    if (total === from && this.port.closed) throw this.port.closedError();
    let stored = 0;
    for (let start = from; start < total;) {
      const end = Math.min(start + Limit.MAX_BATCH, total);
      // A copy, so that no getter of the caller's array runs between two events of the staging.
      const { count, error } = this.encodeChunk(copyOf('events', events, start, end, stored), start, end);
      if (count > 0) {
        const done = this.storeChunk(count, stored);
        stored += done;
        start += count;
        if (done < count) {
          this.port.native.countRejected(total - start);
          this.port.tellLost(total - from - stored);
          return stored;
        }
      }
      if (error !== undefined) throw withStored(error, stored);
    }
    return stored;
  }

  /**
   * Stores an event as soon as there is room. It is encoded now: later changes to it do not travel.
   * @param race of several buffers the first that has room stores the event, and the others do as if they had
   */
  async putAsync(event: UnifiedEvent, options: WaitOptions | undefined, race?: Race): Promise<void> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    if (signal?.aborted) throw signal.reason;
    if (this.encoder.busy) return this.setAside(() => this.putAsync(event, options, race));
    const { port } = this;
    const size = this.encodeOne(event);
    if (!port.someWaitForRoom && this.storeInRace(size, this.patience, race)) return;
    const record = port.bytes.slice(port.putOffset, port.putOffset + size);
    const attempt: Attempt<void> = (settle) => {
      // A getter of another event may have aborted the wait before this one.
      if (this.encoder.busy) return this.setAside(() => attempt(settle));
      port.bytes.set(record, port.putOffset);
      if (!this.storeInRace(record.length, this.urgency, race)) return false;
      // It may have found room beside that which was kept, or elsewhere.
      port.native.unreserve();
      settle();
      return true;
    };
    const wait = port.waitForRoom(attempt, options);
    this.entry = BARRIER;
    tellFull(port);
    try {
      await wait;
    } finally {
      // Of who gave up.
      if (!port.someWaitForRoom) port.native.unreserve();
    }
  }

  /**
   * The way of a put that found the entry busy: by itself, if a getter of the event that is being encoded asks for it, else behind the
   * events that wait for room.
   * @param refuse what becomes of it while there are any
   */
  private detour<T>(put: () => T, refuse: () => T): T {
    const { port } = this;
    if (this.encoder.busy) return this.setAside(put);
    port.serveWhoWaitForRoom();
    if (port.someWaitForRoom && !port.closed) return refuse();
    this.entry = this.encoder;
    return put();
  }

  /** An event that may not overtake those that wait is refused as by a full buffer, if it is one. */
  private refuse(event: UnifiedEvent): false {
    this.encodeOne(event);
    this.countRefused(1);
    return false;
  }

  private refuseBatch(events: readonly UnifiedEvent[], from: number, to = events.length): number {
    if (to === from) return 0;
    const { count, error } = this.encodeChunk(copyOf('events', events, from, from + 1, 0), from, from + 1);
    if (count === 0) throw withStored(error, 0);
    this.countRefused(to - from);
    return 0;
  }

  private countRefused(count: number): void {
    this.port.native.countRejected(count);
    this.port.tellLost(count);
  }

  private blockBehindWaiting<T>(put: () => T): T {
    const { port } = this;
    do {
      port.native.block(BLOCK_SLICE, true, this.maxEventSize);
      port.serveWhoWaitForRoom();
    } while (port.someWaitForRoom && !port.closed);
    return put();
  }

  private encodeOne(event: UnifiedEvent): number {
    const size = this.encoder.encode(event, 0);
    if (size < 0 || size > this.maxEventSize) throw this.tooLarge(size, 'the event');
    return size;
  }

  /** Stores what is staged, unless that was done elsewhere. False: no room. */
  private storeInRace(size: number, onFull: number, race: Race | undefined): boolean {
    if (race?.won) return true;
    const stored = this.port.put(size, onFull);
    if (race !== undefined) race.won = stored;
    return stored;
  }

  /** Encodes the events of a batch from index `first` to `end`, until one is bad or does not fit behind the others. */
  private encodeChunk(
    events: readonly UnifiedEvent[],
    first: number,
    end: number,
  ): { count: number; error?: unknown } {
    const { chunk } = this;
    let error: unknown;
    chunk.clear();
    for (let i = first; i < end; i++) {
      try {
        const size = chunk.add(events[i - first]);
        if (size > this.maxEventSize || (size < 0 && chunk.count === 0))
          error = this.tooLarge(size, `events[${i}]`);
        if (size < 0 || error !== undefined) break;
      } catch (thrown) {
        error = thrown;
        break;
      }
    }
    const added = chunk.count;
    const refused = chunk.seal();
    const { count } = chunk;
    if (count < added) error = refused === 0 ? undefined : this.tooLarge(refused, `events[${first + count}]`);
    return { count, error };
  }

  private storeChunk(count: number, storedBefore: number): number {
    const { port } = this;
    let stored = 0;
    for (let waited = false; ; waited = true) {
      u32[Word.COUNT] = count - stored;
      u32[Word.ON_FULL] = this.policy === 'block' ? OnFull.TRY_AGAIN : this.refusal;
      port.native.putBatch();
      const status = port.status();
      const done = u32[Word.COUNT];
      stored += done;
      if (status === Status.CLOSED_OR_DRAINED) {
        port.tellLost(0);
        throw port.closedError(storedBefore + stored);
      }
      if (status !== Status.FULL_OR_EMPTY || this.policy !== 'block') {
        if (waited) tellFull(port);
        else if (status === Status.DONE_BY_DROP) port.tellLost(0);
        return stored;
      }
      this.unstage(done, count - stored);
      port.native.block(BLOCK_SLICE, true, port.putSizes[0]);
    }
  }

  /** Moves what is left of a staged chunk to its front. */
  private unstage(done: number, left: number): void {
    const { port } = this;
    let skip = 0;
    let keep = 0;
    for (let i = 0; i < done; i++) skip += alignUp(port.putSizes[i], Layout.ALIGNMENT);
    for (let i = 0; i < left; i++) keep += alignUp(port.putSizes[done + i], Layout.ALIGNMENT);
    port.bytes.copyWithin(port.putOffset, port.putOffset + skip, port.putOffset + skip + keep);
    port.putSizes.copyWithin(0, done, done + left);
  }

  /** Runs a put that a getter of the event being encoded has asked for, and restores the staging for that event. */
  private setAside<T>(put: () => T): T {
    const { port } = this;
    const staged = port.bytes.slice(port.putOffset, port.putOffset + port.putBytes);
    const { encoder, chunk } = this;
    this.encoder = makeEncoder(port);
    this.entry = port.someWaitForRoom ? BARRIER : this.encoder;
    this.chunk = new EventChunk(port, this.encoder, this.maxEventSize);
    try {
      return put();
    } finally {
      this.encoder = encoder;
      this.entry = port.someWaitForRoom ? BARRIER : encoder;
      this.chunk = chunk;
      port.bytes.set(staged, port.putOffset);
    }
  }

  /** Reads nothing of the event, as a getter of it could put another one over what is staged. */
  private tooLarge(size: number, name: string): TapioError {
    const bytes = size < 0 ? `more than ${this.port.putBytes}` : String(size);
    return new TapioError(
      'ERR_EVENT_TOO_LARGE',
      `${name} takes ${bytes} bytes, more than the ${this.maxEventSize} of maxEventSize and of the whole buffer`,
    );
  }
}

function makeEncoder(port: Port): Encoder {
  return new Encoder(port.memory, port.putOffset, port.putBytes, true, port.text);
}

/** The error of a batch, with how many of it are stored. */
export function withStored(error: unknown, stored: number): unknown {
  return error instanceof TapioError ? new TapioError(error.code, error.message, stored) : error;
}
