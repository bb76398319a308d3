import type { EventView } from '../event/event-view';
import type { UnifiedEvent } from '../event/unified-event';
import { checkArray, checkInteger, checkOptions, checkSignal, invalidArgument } from '../validate';
import { blockUntilRecord } from './block-until-record';
import { eventBatches } from './event-batches';
import type { EventInternals } from './event-internals';
import { fullError } from './full-error';
import type { BufferHandle } from './handle';
import { shareInternals } from './internals-of';
import { untilDrained } from './until-drained';
import type { WaitOptions } from './wait-queue';

/** Of `batches`. */
export interface BatchOptions extends WaitOptions {
  /** Most events of a batch, an integer from 1, default 256. */
  maxCount?: number;
  /** After the first event, wait this many milliseconds for maxCount to come together. Default 0: take what is there. */
  maxWaitMs?: number;
}

const DEFAULT_BATCH = 256;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * What all event buffers have in common: putting, taking and waiting in one thread.
 *
 * Threads: an instance belongs to one thread. Everything else as the classes say.
 */
export abstract class EventEndpoint implements AsyncIterable<UnifiedEvent>, Disposable, AsyncDisposable {
  readonly #internals: EventInternals;

  static {
    shareInternals((value) => (#internals in value ? value.#internals : undefined));
  }

  /** @internal */
  protected constructor(internals: EventInternals) {
    this.#internals = internals;
    internals.attachment.watch(this);
  }

  /** Pass it to another thread and `attach` there. It keeps nothing alive. */
  get handle(): BufferHandle {
    return this.#internals.attachment.handle;
  }

  /**
   * Stores an event. Under the policy `block`, waits for room, and blocks this thread meanwhile.
   * @throws TapioError ERR_BUFFER_FULL, ERR_BUFFER_CLOSED, ERR_INVALID_EVENT naming the field and its value, ERR_EVENT_TOO_LARGE
   */
  put(event: UnifiedEvent): void {
    const internals = this.#internals;
    if (!internals.writer.put(event)) throw fullError(internals.attachment);
  }

  /** As `put`, but never waits: false when full. */
  tryPut(event: UnifiedEvent): boolean {
    return this.#internals.writer.tryPut(event);
  }

  /**
   * Stores events in order, as many as there is room for (all under the policy `block`). Returns how many.
   * @throws TapioError as `put`, but for ERR_BUFFER_FULL. A bad event ends the batch: those before it are stored, and `stored` says how many.
   */
  putBatch(events: readonly UnifiedEvent[]): number {
    return this.#internals.writer.putBatch(events);
  }

  /** Fills target[0..n) with waiting events and returns n; target.length is the limit. 0 when empty or drained. */
  drainTo(target: UnifiedEvent[]): number {
    checkArray('target', target);
    return this.#internals.reader.takeInto(target, target.length);
  }

  /**
   * Hands each waiting event, up to maxCount (an integer from 0, default: all), to fn as a view and removes it. Returns how many.
   * Allocates nothing per event.
   *
   * The view is valid inside fn only. If fn throws, that event is consumed, and later ones are not lost: those already taken come
   * first in this instance's next call. Events are taken in chunks of at most 64; a chunk counts in `gets` and belongs to this
   * instance, whose isEmpty, ready and waitSync see it (`size` does not). Nested calls inside fn go on with it. A worker that is
   * terminated inside fn loses at most its chunk.
   * @throws TapioError ERR_INVALID_ARGUMENT for an async function: behind an `await` the view shows another event. One that returns a
   * promise otherwise is not noticed
   */
  consume(fn: (view: EventView) => void, maxCount = Infinity): number {
    return this.#internals.reader.consume(fn, maxCount);
  }

  /**
   * Stores an event as soon as there is room. The event is encoded at once: later changes to it do not travel. Those of one instance
   * are served in the order they asked. While one waits, its later puts are refused, as by a full buffer, or wait behind it; and those
   * that wait in several instances are served in turn, as the slots that the first of them needs are kept free of the events of others.
   * No longer than its thread comes for them: a thread that blocks gives up its turn, and who blocks for room passes it over.
   * @throws TapioError (rejects) as `put`, but for ERR_BUFFER_FULL; `signal.reason` when aborted, and then nothing is stored
   */
  putAsync(event: UnifiedEvent, options?: WaitOptions): Promise<void> {
    return this.#internals.writer.putAsync(event, options);
  }

  /**
   * Takes the oldest event as soon as there is one. Those of one instance are served in the order they asked.
   * @throws TapioError (rejects) ERR_BUFFER_CLOSED when closed and drained; `signal.reason` when aborted, and then nothing is taken
   */
  getAsync(options?: WaitOptions): Promise<UnifiedEvent> {
    const { attachment, reader } = this.#internals;
    return attachment.waits.forRecord((settle) => {
      const event = reader.take();
      if (event === undefined) {
        if (attachment.drained) throw attachment.closedError();
        return false;
      }
      settle(event);
      return true;
    }, options);
  }

  /**
   * Batches of events, as they come; sleeps without polling in between, under load until a wake is due (`wakeIntervalMicros`). Ends
   * when the buffer is closed and drained. Leaving the loop loses nothing.
   * @throws TapioError ERR_INVALID_ARGUMENT for options; while iterating, `signal.reason` when aborted
   */
  batches(options?: BatchOptions): AsyncIterable<UnifiedEvent[]> {
    const { maxCount = DEFAULT_BATCH, maxWaitMs = 0, signal } = checkOptions(options);
    checkInteger('maxCount', maxCount, 1, Number.MAX_SAFE_INTEGER);
    if (typeof maxWaitMs !== 'number' || !(maxWaitMs >= 0 && maxWaitMs <= MAX_TIMER_MS)) {
      throw invalidArgument('maxWaitMs', maxWaitMs, `a number of milliseconds from 0 to ${MAX_TIMER_MS}`);
    }
    checkSignal(signal);
    return eventBatches(this.#internals, maxCount, maxWaitMs, signal);
  }

  /** Events one by one, as they come. Ends when the buffer is closed and drained. Batches cost less. */
  async *[Symbol.asyncIterator](): AsyncGenerator<UnifiedEvent, void, undefined> {
    const internals = this.#internals;
    for (;;) {
      const event = internals.reader.take();
      if (event !== undefined) yield event;
      else if (!(await internals.recordOrEnd(undefined))) return;
    }
  }

  /**
   * Settles when there is something to take; if this instance has just taken everything, when its next wake is due
   * (`wakeIntervalMicros`). Keeps the process alive meanwhile.
   * @throws TapioError (rejects) ERR_BUFFER_CLOSED when closed and drained; `signal.reason` when aborted
   */
  ready(options?: WaitOptions): Promise<void> {
    const internals = this.#internals;
    return internals.attachment.waits.untilReady(() => internals.hasEvent, internals.emptied, options);
  }

  /**
   * Blocks this thread, its event loop too, until there is something to take: meant for workers.
   * @param timeoutMs milliseconds from 0; without it, for as long as it takes
   * @returns false after the time, or when closed and drained
   */
  waitSync(timeoutMs?: number): boolean {
    const internals = this.#internals;
    return blockUntilRecord(internals.attachment, () => internals.hasEvent, timeoutMs);
  }

  /** Closes the buffer for all threads. Idempotent. */
  close(): void {
    this.#internals.attachment.close();
  }

  /**
   * On the instance that made the buffer: `close()`. On an attached one: lets go of it. What that had taken and not delivered (see
   * `consume`) goes back into the buffer, behind what waits there, and counts as put once more; what finds no room, or comes after
   * `close()`, is counted in `discarded` and told as a drop.
   */
  [Symbol.dispose](): void {
    this.#internals.dispose();
  }

  /**
   * As `[Symbol.dispose]`; where that closes the buffer, settles once all that waits in it has been taken, by whichever thread, or
   * when nobody has taken anything for a second: then it still waits, and can be taken. Keeps the process alive meanwhile.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    const { attachment, reader } = this.#internals;
    return untilDrained(attachment, () => reader.kept);
  }
}
