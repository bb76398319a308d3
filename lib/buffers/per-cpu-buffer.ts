import { recordSlabs } from '../byte-slabs';
import { TapioError } from '../errors';
import { checkBytes, checkCount, checkInteger, checkOptions, checkRingSize, lengthOf } from '../validate';
import type { BufferAggregator } from './aggregator';
import { checkMethod } from './check-method';
import { perCPUFullError } from './full-error';
import { type BufferHandle, resolveHandle } from './handle';
import { type PerCPUBufferMetrics, readMetrics } from './per-cpu-metrics';
import { LastArray } from './last-array';
import { Port } from './port';
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
/** Numbers that travel with the buffer: see `traits` in binding.ts. The first is the kind. */
const SLOT_SIZE = 1;
const MAX_SIZE = 2;

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
  readonly #port: Port;
  readonly #source = new LastArray();
  readonly #slotSize: number;
  readonly #maxSize: number;
  readonly #aggregator: BufferAggregator | undefined;
  /** Records whose aggregation failed: they come first in the next read. */
  #returned: Uint8Array[] = [];

  /**
   * @throws TapioError ERR_INVALID_CAPACITY for the two sizes, also when the system refuses the memory; ERR_INVALID_ARGUMENT for other options
   */
  constructor(options?: PerCPUBufferOptions) {
    const given = checkOptions(options);
    this.#aggregator = checkAggregator(given.aggregator);
    // From `attach`: a class has one constructor, and private members exist only where it ran.
    this.#port = given instanceof Attaching ? given.port : create(given);
    this.#slotSize = this.#port.native.traits[SLOT_SIZE];
    this.#maxSize = this.#port.native.traits[MAX_SIZE];
    this.#port.watch(this);
  }

  /**
   * Joins a buffer by the handle of another thread's instance.
   * @throws TapioError ERR_BUFFER_CLOSED when nobody holds the buffer any more, ERR_INVALID_ARGUMENT for what is no handle of a PerCPUBuffer
   */
  static attach(handle: BufferHandle, options?: { aggregator?: BufferAggregator }): PerCPUBuffer {
    const aggregator = checkAggregator(checkOptions(options).aggregator);
    const { id, traits } = resolveHandle('PerCPUBuffer', handle);
    return new PerCPUBuffer(
      new Attaching(Port.attach('PerCPUBuffer', id, stagingSizes(traits[MAX_SIZE]), 0), aggregator),
    );
  }

  /** Pass it to another thread and `attach` there. */
  get handle(): BufferHandle {
    return this.#port.handle;
  }
  /** CPU numbers this machine can have, and so CPU rings. */
  get numCPUs(): number {
    return this.#port.rings;
  }

  /**
   * Stores one record.
   * @throws TapioError ERR_BUFFER_FULL, ERR_BUFFER_CLOSED, ERR_EVENT_TOO_LARGE over 65536 bytes or the larger ring, ERR_INVALID_ARGUMENT for no Uint8Array
   */
  write(data: Uint8Array): void {
    if (!this.tryWrite(data)) throw perCPUFullError(this.#port, this.#slotSize);
  }

  /** As `write`; false when full. Allocates nothing. Fastest with the same array each time. */
  tryWrite(data: Uint8Array): boolean {
    const port = this.#port;
    if (this.#source.is(data)) {
      port.native.putAgain();
    } else {
      checkBytes('data', data);
      const size = lengthOf(data);
      if (size > this.#maxSize)
        throw new TapioError(
          'ERR_EVENT_TOO_LARGE',
          `the record of ${size} bytes is larger than ${this.#maxSize}, the most that a ring takes`,
        );
      this.#source.forget();
      port.native.putFrom(data, size);
      this.#source.remember(data, size);
    }
    return port.stored();
  }

  /**
   * Takes up to maxCount records (an integer from 0, default: what waits now) from every CPU, then from the overflow ring. Those of 65 to
   * 1,024 bytes share memory as those of `RingBuffer.get`.
   */
  read(maxCount?: number): Uint8Array[] {
    const limit = maxCount === undefined ? Infinity : checkCount('maxCount', maxCount);
    if (limit === 0) this.#port.checkHeld();
    const records = this.#returned.splice(0, limit);
    this.#take(records, limit, Limit.ALL_RINGS);
    return records;
  }

  /** Takes up to maxCount records from the ring of one CPU, without the overflow ring. @param cpu 0..numCPUs - 1 */
  readFromCPU(cpu: number, maxCount?: number): Uint8Array[] {
    checkInteger('cpu', cpu, 0, this.numCPUs - 1);
    if (maxCount === 0) this.#port.checkHeld();
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
      if (this.#port.hasLetGo) {
        putRecordsBack(this.#port, records);
      } else {
        this.#returned = records.concat(this.#returned);
        this.#port.recordsAppeared();
      }
      throw error;
    }
  }

  /**
   * Settles when there is something to read. Keeps the process alive meanwhile.
   * @throws TapioError (rejects) ERR_BUFFER_CLOSED when closed and drained; `signal.reason` when aborted
   */
  ready(options?: WaitOptions): Promise<void> {
    return this.#port.waitUntilReady(() => this.#hasRecord(), this.#emptied, options);
  }

  /**
   * Blocks this thread, its event loop too, until there is something to read: meant for workers.
   * @param timeoutMs milliseconds from 0; without it, for as long as it takes
   * @returns false after the time, or when closed and drained
   */
  waitSync(timeoutMs?: number): boolean {
    return this.#port.blockUntilRecord(() => this.#hasRecord(), timeoutMs);
  }

  /** Removes what waits in all rings now, counted in `discarded`; counters never go back. Safe beside writers and readers. */
  reset(): void {
    this.#port.clear();
  }

  getMetrics(): PerCPUBufferMetrics {
    return readMetrics(this.#port, this.#slotSize);
  }

  /** Closes the buffer for all threads. Idempotent. */
  close(): void {
    this.#port.close();
  }

  /**
   * On the instance that made the buffer: `close()`. On an attached one: lets go of it. Records whose aggregation failed go back into
   * the buffer, behind what waits there, and count as written once more; what finds no room, or comes after `close()`, is counted in
   * `discarded` and told as a drop.
   */
  [Symbol.dispose](): void {
    if (!this.#port.maker) putRecordsBack(this.#port, this.#returned.splice(0));
    this.#port.dispose();
  }

  /**
   * As `[Symbol.dispose]`; where that closes the buffer, settles once all that waits in it has been taken, by whichever thread, or
   * when nobody has taken anything for a second: then it still waits, and can be taken. Keeps the process alive meanwhile.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return untilDrained(this.#port, () => this.#returned.length);
  }

  get #emptied(): boolean {
    return this.#port.emptied && this.#returned.length === 0;
  }

  #hasRecord(): boolean {
    return this.#returned.length > 0 || this.#port.hasRecord;
  }

  #take(records: Uint8Array[], limit: number, ring: number): void {
    const port = this.#port;
    // Without a limit, what waits now, so that busy writers cannot keep the reader here for ever.
    let rest = limit === Infinity ? port.size : limit - records.length;
    while (rest > 0) {
      const count = port.takeBatch(Math.min(rest, Limit.MAX_BATCH), ring);
      if (count === 0) return;
      let at = port.takeOffset;
      for (let i = 0; i < count; i++) {
        records.push(recordSlabs.copy(port.bytes, at, at + port.takeSizes[i]));
        at = alignUp(at + port.takeSizes[i], Layout.ALIGNMENT);
      }
      rest -= count;
      if (u32[Word.MORE] === 0) return;
    }
  }
}

class Attaching implements PerCPUBufferOptions {
  constructor(
    readonly port: Port,
    readonly aggregator: BufferAggregator | undefined,
  ) {}
}

function create(options: PerCPUBufferOptions): Port {
  const { bufferSizePerCPU = 65536, overflowSize = 1048576, slotSize = 256, startTicket = 0 } = options;
  const payload = checkInteger('slotSize', slotSize, 1, MAX_RECORD);
  const slots = checkRingSize('bufferSizePerCPU', bufferSizePerCPU, payload);
  const overflowSlots = checkRingSize('overflowSize', overflowSize, payload);
  const maxSize = Math.min(MAX_RECORD, Math.max(slots, overflowSlots) * payload);
  return Port.create(
    'PerCPUBuffer',
    [payload, maxSize],
    {
      layout: 'ring per CPU',
      slots,
      overflowSlots,
      stride: alignUp(payload + Layout.SLOT_HEADER, Layout.CACHE_LINE),
      payload,
      start: checkInteger('startTicket', startTicket, 0, Number.MAX_SAFE_INTEGER),
      wakeIntervalMicros: 0,
    },
    stagingSizes(maxSize),
  );
}

function stagingSizes(maxSize: number): { putBytes: number; takeBytes: number } {
  return { putBytes: 0, takeBytes: Math.max(maxSize, 32768) };
}

/** Bytes of the largest record a buffer takes. */
export function perCPUBufferLimit(traits: readonly number[]): number {
  return traits[MAX_SIZE];
}

function checkAggregator(aggregator: unknown): BufferAggregator | undefined {
  if (aggregator === undefined) return undefined;
  checkMethod('aggregator', aggregator, 'aggregate', 'a BufferAggregator');
  return aggregator as BufferAggregator;
}
