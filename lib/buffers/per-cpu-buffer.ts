import { recordSlabs } from '../byte-slabs';
import { TapioError } from '../errors';
import {
  checkBytes,
  checkCount,
  checkInteger,
  checkOptions,
  checkRingSize,
  checkStartTicket,
  lengthOf,
} from '../validate';
import { blockUntilRecord } from './block-until-record';
import type { BufferAggregator } from './aggregator';
import { checkMethod } from './check-method';
import { fullError } from './full-error';
import type { BufferHandle } from './handle';
import { type PerCPUBufferMetrics, readMetrics } from './per-cpu-metrics';
import { LastArray } from './last-array';
import { Attachment } from './attachment';
import { putRecordsBack } from './put-back';
import { Layout, Limit, Word, alignUp, u32 } from './staging';
import { untilDrained } from './until-drained';
import type { WaitOptions } from './wait-queue';

export interface PerCPUBufferOptions {
  /** Bytes of each CPU's ring, at least one slot, default 65536. */
  bufferSizePerCPU?: number;
  /** Bytes of the shared overflow ring, at least one slot, default 1048576. */
  overflowSize?: number;
  /** Payload bytes of a slot, 1..65536, default 256; a longer record spans slots, up to 65536 bytes. */
  slotSize?: number;
  /** For `aggregate`. Of this instance; one attached elsewhere has its own. */
  aggregator?: BufferAggregator;
  /** First ticket of each ring; for tests that cross a power of two. @internal */
  startTicket?: number;
}

const MAX_RECORD = 65536;

/**
 * One ring of raw records for each CPU and an overflow ring: a record goes to the ring of the CPU that runs the write, then, if that
 * is full, to the overflow ring, then is refused.
 *
 * Threads, guarantees, order: as PerCPUEventBuffer.
 * Full: `write` throws, `tryWrite` answers false, once the overflow ring is full, too.
 * Closed: writes throw ERR_BUFFER_CLOSED; what waits can still be read.
 * Memory: native, shared; each ring has 64 slots more than its size; freed with the last instance.
 */
export class PerCPUBuffer implements Disposable, AsyncDisposable {
  readonly #attachment: Attachment;
  readonly #source = new LastArray();
  readonly #maxSize: number;
  readonly #aggregator: BufferAggregator | undefined;
  /** Records whose aggregation failed: they come first in the next read. */
  #givenBack: Uint8Array[] = [];

  /**
   * @throws TapioError ERR_INVALID_CAPACITY for the two sizes, also when the system refuses the memory; ERR_INVALID_ARGUMENT for other options
   */
  constructor(options?: PerCPUBufferOptions);
  /** @internal */
  constructor(attachment: Attachment, options: { aggregator?: BufferAggregator });
  constructor(from?: PerCPUBufferOptions | Attachment, options?: { aggregator?: BufferAggregator }) {
    const joins = Attachment.is(from);
    const given = checkOptions(joins ? options : from);
    this.#aggregator = checkAggregator(given.aggregator);
    this.#attachment = joins ? from : create(given);
    this.#maxSize = this.#attachment.traits.maxRecord;
    this.#attachment.watch(this);
  }

  /**
   * Joins a buffer by the handle of another thread's instance.
   * @throws TapioError ERR_BUFFER_CLOSED when nobody holds the buffer any more, ERR_INVALID_ARGUMENT for what is no handle of a PerCPUBuffer
   */
  static attach(handle: BufferHandle, options?: { aggregator?: BufferAggregator }): PerCPUBuffer {
    const aggregator = checkAggregator(checkOptions(options).aggregator);
    return new PerCPUBuffer(Attachment.byHandle('PerCPUBuffer', handle), { aggregator });
  }

  /** Pass it to another thread and `attach` there. */
  get handle(): BufferHandle {
    return this.#attachment.handle;
  }
  /** CPU numbers this machine can have, and so CPU rings. */
  get numCPUs(): number {
    return this.#attachment.rings;
  }

  /**
   * Stores one record.
   * @throws TapioError ERR_BUFFER_FULL, ERR_BUFFER_CLOSED, ERR_EVENT_TOO_LARGE over 65536 bytes or the larger ring, ERR_INVALID_ARGUMENT for no Uint8Array
   */
  write(data: Uint8Array): void {
    if (!this.tryWrite(data)) throw fullError(this.#attachment);
  }

  /** As `write`; false when full. Allocates nothing. Fastest with the same array each time. */
  tryWrite(data: Uint8Array): boolean {
    const attachment = this.#attachment;
    if (this.#source.is(data)) {
      attachment.native.putAgain();
    } else {
      checkBytes('data', data);
      const size = lengthOf(data);
      if (size > this.#maxSize)
        throw new TapioError(
          'ERR_EVENT_TOO_LARGE',
          `the record of ${size} bytes is larger than ${this.#maxSize}, the most that a ring takes`,
        );
      this.#source.forget();
      attachment.native.putFrom(data, size);
      this.#source.remember(data, size);
    }
    return attachment.stored();
  }

  /**
   * Takes up to maxCount records (an integer from 0, default: what waits now) from every CPU, then from the overflow ring. Those of 65 to
   * 1,024 bytes share memory as those of `RingBuffer.get`.
   */
  read(maxCount?: number): Uint8Array[] {
    const limit = maxCount === undefined ? Infinity : checkCount('maxCount', maxCount);
    if (limit === 0) this.#attachment.checkHeld();
    const records = this.#givenBack.splice(0, limit);
    this.#take(records, limit, Limit.ALL_RINGS);
    return records;
  }

  /** Takes up to maxCount records from the ring of one CPU, without the overflow ring. @param cpu 0..numCPUs - 1 */
  readFromCPU(cpu: number, maxCount?: number): Uint8Array[] {
    checkInteger('cpu', cpu, 0, this.numCPUs - 1);
    if (maxCount === 0) this.#attachment.checkHeld();
    const records: Uint8Array[] = [];
    this.#take(records, maxCount === undefined ? Infinity : checkCount('maxCount', maxCount), cpu);
    return records;
  }

  /**
   * Takes all that waits and gives what the aggregator makes of it. If it throws, the records come first in the next read.
   * @throws TapioError ERR_NO_AGGREGATOR without one, and nothing is taken
   */
  aggregate(): Uint8Array {
    if (this.#aggregator === undefined)
      throw new TapioError('ERR_NO_AGGREGATOR', 'this PerCPUBuffer was made without the option aggregator');
    const records = this.read();
    try {
      return this.#aggregator.aggregate(records);
    } catch (error) {
      if (this.#attachment.hasLetGo) {
        putRecordsBack(this.#attachment, records);
      } else {
        this.#givenBack = records.concat(this.#givenBack);
        this.#attachment.waits.recordsAppeared();
      }
      throw error;
    }
  }

  /**
   * Settles when there is something to read. Keeps the process alive meanwhile.
   * @throws TapioError (rejects) ERR_BUFFER_CLOSED when closed and drained; `signal.reason` when aborted
   */
  ready(options?: WaitOptions): Promise<void> {
    return this.#attachment.waits.untilReady(() => this.#hasRecord(), this.#emptied, options);
  }

  /**
   * Blocks this thread, its event loop too, until there is something to read: meant for workers.
   * @param timeoutMs milliseconds from 0; without it, for as long as it takes
   * @returns false after the time, or when closed and drained
   */
  waitSync(timeoutMs?: number): boolean {
    return blockUntilRecord(this.#attachment, () => this.#hasRecord(), timeoutMs);
  }

  /** Removes what waits in all rings now, counted in `discarded`; counters never go back. Safe beside writers and readers. */
  reset(): void {
    this.#attachment.clear();
  }

  getMetrics(): PerCPUBufferMetrics {
    return readMetrics(this.#attachment);
  }

  /** Closes the buffer for all threads. Idempotent. */
  close(): void {
    this.#attachment.close();
  }

  /**
   * On the instance that made the buffer: `close()`. On an attached one: lets go of it. Records whose aggregation failed go back into
   * the buffer, behind what waits there, and count as written once more; what finds no room, or comes after `close()`, is counted in
   * `discarded` and told as a drop.
   */
  [Symbol.dispose](): void {
    if (!this.#attachment.maker) putRecordsBack(this.#attachment, this.#givenBack.splice(0));
    this.#attachment.dispose();
  }

  /**
   * As `[Symbol.dispose]`; where that closes the buffer, settles once all that waits in it has been taken, by whichever thread, or
   * when nobody has taken anything for a second: then it still waits, and can be taken. Keeps the process alive meanwhile.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return untilDrained(this.#attachment, () => this.#givenBack.length);
  }

  get #emptied(): boolean {
    return this.#attachment.emptied && this.#givenBack.length === 0;
  }

  #hasRecord(): boolean {
    return this.#givenBack.length > 0 || this.#attachment.hasRecord;
  }

  #take(records: Uint8Array[], limit: number, ring: number): void {
    const attachment = this.#attachment;
    // Without a limit, what waits now, so that busy writers cannot keep the reader here for ever.
    let rest = limit === Infinity ? attachment.size : limit - records.length;
    while (rest > 0) {
      const count = attachment.takeBatch(Math.min(rest, Limit.MAX_BATCH), ring);
      if (count === 0) return;
      const { bytes, sizes } = attachment.taken;
      for (let i = 0, at = 0; i < count; i++) {
        records.push(recordSlabs.copy(bytes, at, at + sizes[i]));
        at = alignUp(at + sizes[i], Layout.ALIGNMENT);
      }
      rest -= count;
      if (u32[Word.MORE] === 0) return;
    }
  }
}

function create(options: PerCPUBufferOptions): Attachment {
  const { bufferSizePerCPU = 65536, overflowSize = 1048576, slotSize = 256, startTicket } = options;
  const payload = checkInteger('slotSize', slotSize, 1, MAX_RECORD);
  const slots = checkRingSize('bufferSizePerCPU', bufferSizePerCPU, payload);
  const overflowSlots = checkRingSize('overflowSize', overflowSize, payload);
  const maxSize = Math.min(MAX_RECORD, Math.max(slots, overflowSlots) * payload);
  return Attachment.create(
    { kind: 'PerCPUBuffer', slotSize: payload, maxRecord: maxSize, policy: 'reject', wakeIntervalMicros: 0 },
    {
      layout: 'ring per CPU',
      slots,
      overflowSlots,
      stride: alignUp(payload + Layout.SLOT_HEADER, Layout.CACHE_LINE),
      payload,
      start: checkStartTicket(startTicket),
    },
  );
}

function checkAggregator(aggregator: unknown): BufferAggregator | undefined {
  if (aggregator === undefined) return undefined;
  checkMethod('aggregator', aggregator, 'aggregate', 'a BufferAggregator');
  return aggregator as BufferAggregator;
}
