import { recordSlabs } from '../byte-slabs';
import { TapioError } from '../errors';
import {
  checkArray,
  checkBytes,
  checkCapacity,
  checkCount,
  checkInteger,
  checkLengths,
  checkOptions,
  checkStartTicket,
  copyOf,
  countOf,
  invalidArgument,
  lengthOf,
} from '../validate';
import { blockUntilRecord } from './block-until-record';
import { fullError } from './full-error';
import type { BufferHandle } from './handle';
import { LastArray } from './last-array';
import { Attachment } from './attachment';
import { Layout, Limit, OnFull, Status, Word, alignUp, i32, u32 } from './staging';
import type { BufferStats } from './stats';
import { untilDrained } from './until-drained';
import type { WaitOptions } from './wait-queue';

export interface RingBufferOptions {
  /** Payload bytes a slot holds, 1..1048576, default 256. A record is at most this long. */
  slotSize?: number;
  /** First ticket; for tests that cross a power of two. @internal */
  startTicket?: number;
}

const MAX_SLOT_SIZE = 1 << 20;

/**
 * Lock-free MPMC ring of fixed-size slots that holds raw bytes.
 *
 * Threads: any number put and get, each through its own instance (`attach`). An instance belongs to one thread.
 * Guarantees: each record comes out whole and once, those of one producer in their order. A single put is wait-free (of the
 *   first 64 instances at a time; lock-free beyond), a batch and a get are lock-free.
 * Full: `put` throws, `tryPut` answers false. Exactly `capacity` records fit when nobody else puts at that moment.
 * Closed: puts throw ERR_BUFFER_CLOSED; what waits can still be taken.
 * Memory: native, shared, capacity + 64 slots of slotSize + 16 bytes rounded up to 128; freed with the last instance.
 */
export class RingBuffer implements Disposable, AsyncDisposable {
  readonly #attachment: Attachment;
  readonly #slotSize: number;
  readonly #capacity: number;
  readonly #source = new LastArray();
  readonly #target = new LastArray();

  /**
   * @param capacity slots, a power of two from 1 to 2^30
   * @throws TapioError ERR_INVALID_CAPACITY, also when the system refuses the memory; ERR_INVALID_ARGUMENT for options
   */
  constructor(capacity: number, options?: RingBufferOptions);
  /** @internal */
  constructor(attachment: Attachment);
  constructor(from: number | Attachment, options?: RingBufferOptions) {
    const attachment = Attachment.is(from) ? from : create(from, checkOptions(options));
    this.#attachment = attachment;
    this.#capacity = attachment.stats(0).capacity;
    this.#slotSize = attachment.traits.slotSize;
    attachment.watch(this);
  }

  /**
   * Joins a buffer by the handle of another thread's instance.
   * @throws TapioError ERR_BUFFER_CLOSED when nobody holds the buffer any more, ERR_INVALID_ARGUMENT for what is no handle of a RingBuffer
   */
  static attach(handle: BufferHandle): RingBuffer {
    return new RingBuffer(Attachment.byHandle('RingBuffer', handle));
  }

  /** Pass it to another thread and `attach` there. */
  get handle(): BufferHandle {
    return this.#attachment.handle;
  }
  /** Slots. */
  get capacity(): number {
    return this.#capacity;
  }
  /** Most bytes of a record. */
  get slotSize(): number {
    return this.#slotSize;
  }
  /** Slots in use now, 0..capacity; a snapshot when other threads are at work. */
  get size(): number {
    return this.#attachment.size;
  }
  get isEmpty(): boolean {
    return this.#attachment.size === 0;
  }
  get isFull(): boolean {
    return this.#attachment.size === this.#capacity;
  }

  /**
   * Stores one record.
   * @throws TapioError ERR_BUFFER_FULL, ERR_BUFFER_CLOSED, ERR_EVENT_TOO_LARGE over slotSize, ERR_INVALID_ARGUMENT for no Uint8Array
   */
  put(bytes: Uint8Array): void {
    if (!this.tryPut(bytes)) throw fullError(this.#attachment);
  }

  /** As `put`; false when full. Allocates nothing. Fastest with the same array each time. */
  tryPut(bytes: Uint8Array): boolean {
    const attachment = this.#attachment;
    if (this.#source.is(bytes)) {
      attachment.native.putAgain();
    } else {
      checkBytes('bytes', bytes);
      const size = lengthOf(bytes);
      if (size > this.#slotSize) throw this.#tooLarge(size);
      this.#source.forget();
      attachment.native.putFrom(bytes, size);
      this.#source.remember(bytes, size);
    }
    return attachment.stored();
  }

  /**
   * Takes the oldest record. One of 65 to 1,024 bytes shares an ArrayBuffer of 8192 with others, which it keeps alive and which cannot
   * be transferred: mind `byteOffset`, and `slice()` what is kept for long. Likewise in `tryGet` and `getBatch`.
   * @throws TapioError ERR_BUFFER_EMPTY, or ERR_BUFFER_CLOSED when closed and drained
   */
  get(): Uint8Array {
    const record = this.tryGet();
    if (record !== undefined) return record;
    if (this.#attachment.drained) throw this.#attachment.closedError();
    throw new TapioError('ERR_BUFFER_EMPTY', `this RingBuffer is empty: capacity ${this.#capacity} slots`);
  }

  /** As `get`, into a new array; undefined when empty or drained. */
  tryGet(): Uint8Array | undefined {
    const attachment = this.#attachment;
    if (attachment.take() !== Status.DONE) return undefined;
    return recordSlabs.copy(attachment.taken.bytes, 0, u32[Word.SIZE]);
  }

  /**
   * Takes the oldest record into `target`. Allocates nothing. Fastest with the same array each time.
   * @returns bytes copied, -1 when empty or drained
   * @throws TapioError ERR_INVALID_ARGUMENT when target is too small; the record stays
   */
  tryGetInto(target: Uint8Array): number {
    const attachment = this.#attachment;
    if (this.#target.is(target)) {
      attachment.native.takeAgain();
    } else {
      checkBytes('target', target);
      const size = lengthOf(target);
      this.#target.forget();
      attachment.native.takeInto(target, size);
      this.#target.remember(target, size);
    }
    const status = attachment.status();
    if (status === Status.DONE) return u32[Word.SIZE];
    if (status === Status.TARGET_TOO_SMALL) throw this.#targetTooSmall(target);
    return -1;
  }

  /**
   * Stores records that lie back to back in `source`, with one claim for each 256. Allocates nothing.
   * @param lengths bytes of each record, slotSize at most
   * @returns how many were stored, in order
   * @throws TapioError ERR_INVALID_ARGUMENT when the lengths add up to more than source has, ERR_EVENT_TOO_LARGE, ERR_BUFFER_CLOSED
   */
  putBatchFrom(source: Uint8Array, lengths: Uint32Array): number {
    checkBytes('source', source);
    checkLengths('lengths', lengths);
    const count = countOf(lengths);
    let total = 0;
    for (let i = 0; i < count; i++) {
      if (lengths[i] > this.#slotSize) throw this.#tooLarge(lengths[i], `lengths[${i}]`);
      total += lengths[i];
    }
    if (total > lengthOf(source))
      throw invalidArgument('lengths', total, `at most the ${lengthOf(source)} bytes of source in total`);
    const attachment = this.#attachment;
    if (count === 0 && attachment.closed) throw attachment.closedError();
    attachment.native.putPacked(source, lengths);
    const status = attachment.status();
    const stored = u32[Word.COUNT];
    if (status === Status.CLOSED_OR_DRAINED) throw attachment.closedError(stored);
    if (status === Status.FULL_OR_EMPTY) attachment.tellLost(count - stored);
    return stored;
  }

  /**
   * Takes as many records as fit whole into `target`, back to back. Allocates nothing.
   * @param lengths filled in [0, n) with the bytes of each; its length is the most records to take
   * @returns n, 0 when empty or drained
   * @throws TapioError ERR_INVALID_ARGUMENT when target is too small for the first; nothing is taken
   */
  getBatchInto(target: Uint8Array, lengths: Uint32Array): number {
    checkBytes('target', target);
    checkLengths('lengths', lengths);
    const attachment = this.#attachment;
    attachment.native.takePacked(target, lengths);
    if (attachment.status() === Status.TARGET_TOO_SMALL) throw this.#targetTooSmall(target);
    return i32[Word.STATUS] === Status.DONE ? u32[Word.COUNT] : 0;
  }

  /**
   * Stores records in order, as many as there is room for; returns how many.
   * @throws TapioError as `put`, but for ERR_BUFFER_FULL; a bad record throws with `stored`: those before it are in
   */
  putBatch(items: readonly Uint8Array[]): number {
    checkArray('items', items);
    const attachment = this.#attachment;
    const total = items.length;
    if (total === 0 && attachment.closed) throw attachment.closedError();
    if (attachment.toPut.size === 0) attachment.growToPut();
    let stored = 0;
    for (let start = 0; start < total;) {
      // A copy, so that no getter of the caller's array runs while the staging is being filled.
      const chunk = copyOf('items', items, start, Math.min(total, start + Limit.MAX_BATCH), stored);
      let count = 0;
      let offset = 0;
      let bad: TapioError | undefined;
      for (; count < chunk.length; count++) {
        const item = chunk[count];
        bad = this.#refusal(item, `items[${start + count}]`);
        if (bad !== undefined) break;
        const size = lengthOf(item);
        if (offset + size > attachment.toPut.size) {
          if (count > 0) break;
          attachment.growToPut(size);
        }
        attachment.toPut.bytes.set(item, offset);
        attachment.toPut.sizes[count] = size;
        offset = alignUp(offset + size, Layout.ALIGNMENT);
      }
      if (count > 0) {
        u32[Word.COUNT] = count;
        u32[Word.ON_FULL] = OnFull.REFUSE;
        attachment.native.putBatch();
        const status = attachment.status();
        stored += u32[Word.COUNT];
        if (status === Status.CLOSED_OR_DRAINED) throw attachment.closedError(stored);
        start += count;
        if (status === Status.FULL_OR_EMPTY) {
          // The ring has counted what it saw of the batch; the rest found no room either.
          attachment.native.countRejected(total - start);
          attachment.tellLost(total - stored);
          return stored;
        }
      }
      if (bad !== undefined) throw new TapioError(bad.code, bad.message, stored);
      if (count < chunk.length) attachment.growForBatches();
    }
    return stored;
  }

  /** Takes up to maxCount records (an integer from 0, or Infinity: what waits now) into new arrays; [] when empty or drained. */
  getBatch(maxCount: number): Uint8Array[] {
    checkCount('maxCount', maxCount);
    const attachment = this.#attachment;
    // Without a limit, what waits now, so that busy producers cannot keep the consumer here for ever.
    const limit = maxCount === Infinity ? attachment.size : maxCount;
    const result: Uint8Array[] = [];
    for (;;) {
      const count = attachment.takeBatch(Math.min(limit - result.length, Limit.MAX_BATCH));
      const { bytes, sizes } = attachment.taken;
      for (let i = 0, at = 0; i < count; i++) {
        result.push(recordSlabs.copy(bytes, at, at + sizes[i]));
        at = alignUp(at + sizes[i], Layout.ALIGNMENT);
      }
      if (u32[Word.MORE] === 0 || count === 0 || result.length === limit) return result;
    }
  }

  /**
   * Settles when there is something to take. Keeps the process alive meanwhile.
   * @throws TapioError (rejects) ERR_BUFFER_CLOSED when closed and drained; `signal.reason` when aborted
   */
  ready(options?: WaitOptions): Promise<void> {
    return this.#attachment.waits.untilReady(
      () => this.#attachment.hasRecord,
      this.#attachment.emptied,
      options,
    );
  }

  /**
   * Blocks this thread, its event loop too, until there is something to take: meant for workers.
   * @param timeoutMs milliseconds from 0; without it, for as long as it takes
   * @returns false after the time, or when closed and drained
   */
  waitSync(timeoutMs?: number): boolean {
    return blockUntilRecord(this.#attachment, () => this.#attachment.hasRecord, timeoutMs);
  }

  /** Removes what waits now, counted in `discarded`. Safe beside producers and consumers; a record still being written stays. */
  clear(): void {
    this.#attachment.clear();
  }

  /** A snapshot; counters are exact. `rejected` counts records. */
  getStats(): BufferStats {
    return this.#attachment.stats(0);
  }

  /** Closes the buffer for all threads. Idempotent. */
  close(): void {
    this.#attachment.close();
  }

  /** On the instance that made the buffer: `close()`. On an attached one: lets go of it. */
  [Symbol.dispose](): void {
    this.#attachment.dispose();
  }

  /**
   * As `[Symbol.dispose]`; where that closes the buffer, settles once all that waits in it has been taken, by whichever thread, or
   * when nobody has taken anything for a second: then it still waits, and can be taken. Keeps the process alive meanwhile.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return untilDrained(this.#attachment, () => 0);
  }

  #tooLarge(size: number, name = 'the record'): TapioError {
    return new TapioError(
      'ERR_EVENT_TOO_LARGE',
      `${name} of ${size} bytes is larger than slotSize ${this.#slotSize}`,
    );
  }

  #targetTooSmall(target: Uint8Array): TapioError {
    return invalidArgument(
      'target.length',
      lengthOf(target),
      `at least the ${u32[Word.SIZE]} bytes of the next record`,
    );
  }

  #refusal(item: unknown, name: string): TapioError | undefined {
    try {
      checkBytes(name, item);
    } catch (error) {
      return error as TapioError;
    }
    const size = lengthOf(item);
    return size > this.#slotSize ? this.#tooLarge(size, name) : undefined;
  }
}

function create(capacity: number, options: RingBufferOptions): Attachment {
  const { slotSize = 256, startTicket } = options;
  checkCapacity(capacity);
  checkInteger('slotSize', slotSize, 1, MAX_SLOT_SIZE);
  return Attachment.create(
    { kind: 'RingBuffer', slotSize, maxRecord: slotSize, policy: 'reject', wakeIntervalMicros: 0 },
    {
      layout: 'one ring',
      slots: capacity,
      overflowSlots: 0,
      stride: alignUp(slotSize + Layout.SLOT_HEADER, Layout.CACHE_LINE),
      payload: slotSize,
      start: checkStartTicket(startTicket),
    },
  );
}
