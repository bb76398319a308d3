import { TapioError } from '../errors';
import { Encoder } from '../event/encoder';
import type { UnifiedEvent } from '../event/unified-event';
import { checkArray, copyOf, checkOptions, checkSignal } from '../validate';
import { tellFull } from './diagnostics';
import type { Attachment } from './attachment';
import { NativeText } from './native-text';
import { BATCH_BYTES, NO_REGION } from './region';
import { StagedEvents } from './staged-events';
import { DATA_OFFSET, Layout, Limit, OnFull, Status, Word, alignUp, u32 } from './staging';
import type { FullPolicy } from './traits';
import type { Attempt, WaitOptions } from './wait-queue';

/** An event that waits for room in several buffers at once. */
export interface Race {
  /** Whether one of them has stored it. */
  won: boolean;
}

/** One native call waits at most this long for room, so that a worker can be terminated in between. Milliseconds. */
const BLOCK_SLICE = 20;

/** Stands at the entry of a writer whose earlier events wait for room, or that has put none yet. */
const BARRIER = Encoder.makeBusy();

/**
 * The putting side of an event buffer: encodes into the staging, then stores with one native call.
 *
 * All user code (getters, proxies) runs while an event is encoded, before anything is claimed. If that code puts events
 * itself, what is staged so far is set aside and comes back.
 *
 * An event that does not fit the region where it is encoded is encoded once more, in a larger one.
 *
 * Order: while events of this instance wait for room (`putAsync`), later ones are refused or wait behind them. So that this costs the
 * others nothing, the entry of every put is an encoder, which is asked whether it is busy anyway.
 */
export class EventWriter {
  /** The barrier before the first put, which makes it. */
  declare private encoder: Encoder;
  /** The encoder, or the barrier. */
  declare private entry: Encoder;
  /** Not there before the first put. */
  declare private staged: StagedEvents;
  /** What native code does with a record that finds no room, when nobody will try again, and when somebody will. */
  private readonly refusal: number;
  private readonly patience: number;
  /** And once it has waited. */
  private readonly urgency: number;

  private readonly policy: FullPolicy;

  constructor(
    private readonly attachment: Attachment,
    private readonly maxEventSize = attachment.traits.maxRecord,
  ) {
    const { policy } = attachment.traits;
    this.policy = policy;
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
    for (; !this.attachment.put(size, OnFull.TRY_AGAIN); waited = true)
      this.attachment.native.block(BLOCK_SLICE, true, size);
    // Not before: a subscriber may put, and the event waits in the staging.
    if (waited) tellFull(this.attachment);
    return true;
  }

  /**
   * Stores an event without waiting. False: no room. Written out: the engine stops inlining a few calls down from here, and
   * each call it makes costs as much as the ring.
   */
  tryPut(event: UnifiedEvent): boolean {
    const { entry: encoder, attachment } = this;
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
      const stored = attachment.putText(start, texts, this.refusal);
      if (stored !== undefined) return stored;
    }
    const size = start < 0 ? -1 : encoder.finish(0);
    if (size < 0 && this.grow()) return this.tryPut(event);
    if (size < 0 || size > this.maxEventSize) throw this.tooLarge(size, 'the event');
    return attachment.put(size, this.refusal);
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
    return this.attachment.put(this.encodeOne(event), this.patience);
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
    if (total === from && this.attachment.closed) throw this.attachment.closedError();
    let stored = 0;
    for (let start = from; start < total;) {
      const end = Math.min(start + Limit.MAX_BATCH, total);
      // A copy, so that no getter of the caller's array runs between two events of the staging.
      const { count, error } = this.stage(copyOf('events', events, start, end, stored), start, end);
      if (count > 0) {
        const done = this.storeStaged(count, stored);
        stored += done;
        start += count;
        if (done === count && start < end && error === undefined) this.growForBatches();
        if (done < count) {
          this.attachment.native.countRejected(total - start);
          this.attachment.tellLost(total - from - stored);
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
    if (this.encoder === BARRIER) this.grow();
    if (this.encoder.busy) return this.setAside(() => this.putAsync(event, options, race));
    const { attachment } = this;
    const size = this.encodeOne(event);
    if (!attachment.waits.someForRoom && this.storeInRace(size, this.patience, race)) return;
    const record = attachment.toPut.bytes.slice(0, size);
    const attempt: Attempt<void> = (settle) => {
      // A getter of another event may have aborted the wait before this one.
      if (this.encoder.busy) return this.setAside(() => attempt(settle));
      if (record.length > attachment.toPut.size) this.grow(record.length);
      attachment.toPut.bytes.set(record);
      if (!this.storeInRace(record.length, this.urgency, race)) return false;
      // It may have found room beside that which was kept, or elsewhere.
      attachment.native.unreserve();
      settle();
      return true;
    };
    const wait = attachment.waits.forRoom(attempt, options);
    this.entry = BARRIER;
    tellFull(attachment);
    try {
      await wait;
    } finally {
      // Of who gave up.
      if (!attachment.waits.someForRoom) attachment.native.unreserve();
    }
  }

  /**
   * The way of a put that found the entry busy: by itself, if a getter of the event that is being encoded asks for it, else behind the
   * events that wait for room.
   * @param refuse what becomes of it while there are any
   */
  private detour<T>(put: () => T, refuse: () => T): T {
    const { attachment } = this;
    if (this.encoder === BARRIER) {
      this.grow();
      return put();
    }
    if (this.encoder.busy) return this.setAside(put);
    attachment.waits.serveForRoom();
    if (attachment.waits.someForRoom && !attachment.closed) return refuse();
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
    const { count, error } = this.stage(copyOf('events', events, from, from + 1, 0), from, from + 1);
    if (count === 0) throw withStored(error, 0);
    this.countRefused(to - from);
    return 0;
  }

  private countRefused(count: number): void {
    this.attachment.native.countRejected(count);
    this.attachment.tellLost(count);
  }

  private blockBehindWaiting<T>(put: () => T): T {
    const { attachment } = this;
    do {
      attachment.native.block(BLOCK_SLICE, true, this.maxEventSize);
      attachment.waits.serveForRoom();
    } while (attachment.waits.someForRoom && !attachment.closed);
    return put();
  }

  private encodeOne(event: UnifiedEvent): number {
    const size = this.encoder.encode(event, 0);
    if (size < 0 && this.grow()) return this.encodeOne(event);
    if (size < 0 || size > this.maxEventSize) throw this.tooLarge(size, 'the event');
    return size;
  }

  /** Stores what is staged, unless that was done elsewhere. False: no room. */
  private storeInRace(size: number, onFull: number, race: Race | undefined): boolean {
    if (race?.won) return true;
    const stored = this.attachment.put(size, onFull);
    if (race !== undefined) race.won = stored;
    return stored;
  }

  /** Encodes the events of a batch from index `first` to `end`, until one is bad or does not fit behind the others. */
  private stage(
    events: readonly UnifiedEvent[],
    first: number,
    end: number,
  ): { count: number; error?: unknown } {
    const { staged } = this;
    let error: unknown;
    staged.clear();
    for (let i = first; i < end; i++) {
      try {
        const size = staged.add(events[i - first]);
        if (size < 0 && staged.count === 0 && this.grow()) return this.stage(events, first, end);
        if (size > this.maxEventSize || (size < 0 && staged.count === 0))
          error = this.tooLarge(size, `events[${i}]`);
        if (size < 0 || error !== undefined) break;
      } catch (thrown) {
        error = thrown;
        break;
      }
    }
    const added = staged.count;
    const refused = staged.seal();
    const { count } = staged;
    if (refused < 0 && count === 0 && this.grow()) return this.stage(events, first, end);
    if (count < added) error = refused === 0 ? undefined : this.tooLarge(refused, `events[${first + count}]`);
    return { count, error };
  }

  private storeStaged(count: number, storedBefore: number): number {
    const { attachment } = this;
    let stored = 0;
    for (let waited = false; ; waited = true) {
      u32[Word.COUNT] = count - stored;
      u32[Word.ON_FULL] = this.policy === 'block' ? OnFull.TRY_AGAIN : this.refusal;
      attachment.native.putBatch();
      const status = attachment.status();
      const done = u32[Word.COUNT];
      stored += done;
      if (status === Status.CLOSED_OR_DRAINED) {
        attachment.tellLost(0);
        throw attachment.closedError(storedBefore + stored);
      }
      if (status !== Status.FULL_OR_EMPTY || this.policy !== 'block') {
        if (waited) tellFull(attachment);
        else if (status === Status.DONE_BY_DROP) attachment.tellLost(0);
        return stored;
      }
      this.unstage(done, count - stored);
      attachment.native.block(BLOCK_SLICE, true, attachment.toPut.sizes[0]);
    }
  }

  /** Moves what is left of staged events to the front. */
  private unstage(done: number, left: number): void {
    const { attachment } = this;
    let skip = 0;
    let keep = 0;
    const { bytes, sizes } = attachment.toPut;
    for (let i = 0; i < done; i++) skip += alignUp(sizes[i], Layout.ALIGNMENT);
    for (let i = 0; i < left; i++) keep += alignUp(sizes[done + i], Layout.ALIGNMENT);
    bytes.copyWithin(0, skip, skip + keep);
    sizes.copyWithin(0, done, done + left);
  }

  /** Runs a put that a getter of the event being encoded has asked for, in a region of its own, and goes back to that event's. */
  private setAside<T>(put: () => T): T {
    const { attachment, encoder, staged } = this;
    const region = attachment.toPut;
    attachment.toPut = NO_REGION;
    try {
      this.grow();
      return put();
    } finally {
      attachment.putFrom(region);
      this.use(encoder, staged);
    }
  }

  /** Goes on in a larger region, at the price of what the encoder has learnt. False: there is none. */
  private grow(atLeast?: number): boolean {
    const { attachment } = this;
    if (!attachment.growToPut(atLeast)) return false;
    const { native, toPut } = attachment;
    const text = new NativeText(native, toPut);
    const encoder = new Encoder(toPut.memory, DATA_OFFSET, toPut.size, true, text);
    this.use(encoder, new StagedEvents(encoder, text, toPut, this.maxEventSize));
    return true;
  }

  private growForBatches(): void {
    if (this.attachment.toPut.size < BATCH_BYTES) this.grow();
  }

  private use(encoder: Encoder, staged: StagedEvents): void {
    this.encoder = encoder;
    this.entry = this.attachment.waits.someForRoom ? BARRIER : encoder;
    this.staged = staged;
  }

  /** Reads nothing of the event, as a getter of it could put another one over what is staged. */
  private tooLarge(size: number, name: string): TapioError {
    const bytes = size < 0 ? `more than ${this.attachment.toPut.size}` : String(size);
    return new TapioError(
      'ERR_EVENT_TOO_LARGE',
      `${name} takes ${bytes} bytes, more than ${this.maxEventSize}, the less of maxEventSize and what the whole buffer holds`,
    );
  }
}

// As in attachment.ts: most set them once.
Object.assign(EventWriter.prototype, { encoder: BARRIER, entry: BARRIER });

/** The error of a batch, with how many of it are stored. */
export function withStored(error: unknown, stored: number): unknown {
  return error instanceof TapioError ? new TapioError(error.code, error.message, stored) : error;
}
