import { type Attached, binding, bufferConfig, type BufferConfig } from '../binding';
import { TapioError } from '../errors';
import type { Texts } from '../event/narrow-text';
import { invalidArgument, tooLargeToAllocate } from '../validate';
import { type BufferHandle, type Kind, kindNumber } from './handle';
import { NativeBuffer } from './native-buffer';
import { StagedText } from './staged-text';
import {
  Layout,
  Limit,
  OnFull,
  Status,
  Word,
  DATA_OFFSET,
  PUT_SIZES_OFFSET,
  TAKE_SIZES_OFFSET,
  alignUp,
  i32,
  u32,
} from './staging';
import { tellClose, tellDrop, tellFull } from './diagnostics';
import { type Life, watchLife } from './leak-warning';
import { readStats, type BufferStats } from './stats';
import { type Attempt, type WaitOptions, WaitQueue } from './wait-queue';

/** What a Port is opened with, beside the buffer itself. */
interface StagingSizes {
  putBytes: number;
  takeBytes: number;
}

/**
 * One thread's access to one shared buffer: the native functions, the staging they use, and what all buffer
 * classes have in common (life and closing, waiting, statistics).
 *
 * Threads: the one that made it. Guarantees: what native code answers. Memory: the staging is this instance's; the
 * buffer is shared and lives while any thread has a port on it.
 */
export class Port {
  readonly kind: Kind;
  readonly handle: BufferHandle;
  /** Whether this port made the buffer, so that disposing it closes the buffer. */
  readonly maker: boolean;
  readonly native: NativeBuffer;
  readonly rings: number;

  /** The whole staging, and its regions. */
  readonly memory: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly putOffset = DATA_OFFSET;
  readonly putBytes: number;
  readonly takeOffset: number;
  readonly takeBytes: number;
  readonly putSizes: Uint32Array;
  readonly takeSizes: Uint32Array;

  /** How Latin-1 text gets into the put region and out of the take region. */
  readonly text: StagedText;

  private foundNothingMore = false;
  private letGo = false;
  private life: Life | undefined;
  private recordQueue: WaitQueue | undefined;
  private roomQueue: WaitQueue | undefined;

  private constructor(
    kind: Kind,
    maker: boolean,
    sizes: StagingSizes,
    open: (staging: ArrayBuffer, putBytes: number) => Attached,
  ) {
    this.kind = kind;
    this.maker = maker;
    this.putBytes = alignUp(sizes.putBytes, Layout.ALIGNMENT);
    this.takeBytes = alignUp(sizes.takeBytes, Layout.ALIGNMENT);
    this.takeOffset = this.putOffset + this.putBytes;
    this.memory = new ArrayBuffer(this.takeOffset + this.takeBytes);
    this.bytes = new Uint8Array(this.memory);
    this.putSizes = new Uint32Array(this.memory, PUT_SIZES_OFFSET, Limit.MAX_BATCH);
    this.takeSizes = new Uint32Array(this.memory, TAKE_SIZES_OFFSET, Limit.MAX_BATCH);
    this.native = new NativeBuffer(open(this.memory, this.putBytes));
    this.text = new StagedText(
      this.native,
      this.memory,
      { offset: this.putOffset, size: this.putBytes },
      { offset: this.takeOffset, size: this.takeBytes },
    );
    this.rings = this.native.rings;
    this.handle = Object.freeze({ kind, id: this.native.id });
  }

  static create(
    kind: Kind,
    traits: readonly number[],
    config: Omit<BufferConfig, 'putBytes' | 'traits'>,
    sizes: StagingSizes,
  ): Port {
    return new Port(kind, true, sizes, (staging, putBytes) => {
      const numbers = bufferConfig({ ...config, putBytes, traits: [kindNumber(kind), ...traits] });
      const native = binding.createBuffer(numbers, staging);
      if (native === undefined) {
        const overflow =
          config.overflowSlots === 0 ? '' : ` for each CPU and ${config.overflowSlots} for overflow`;
        const slots = config.levels?.slots.join(' + ') ?? config.slots;
        throw tooLargeToAllocate(`a ${kind} of ${slots} slots${overflow}, of ${config.stride} bytes each`);
      }
      return native;
    });
  }

  /** @param level where it puts, in a buffer that has levels */
  static attach(kind: Kind, id: bigint, sizes: StagingSizes, wakeIntervalMicros: number, level = 0): Port {
    return new Port(kind, false, sizes, (staging, putBytes) => {
      const native = binding.attachBuffer(id, staging, putBytes, wakeIntervalMicros, level);
      if (native === undefined)
        throw new TapioError('ERR_BUFFER_CLOSED', `the ${kind} ${id} is gone: no thread holds it any more`);
      return native;
    });
  }

  /** To be called by the constructor of a buffer class: in debug mode an instance that is never closed or disposed is told of. */
  watch(instance: object): void {
    this.life = watchLife(instance, this.handle, this.maker);
  }

  /** Status of the last native call; throws if this instance has let go. */
  status(): number {
    const status = i32[Word.STATUS];
    if (status === Status.RELEASED) throw this.released();
    return status;
  }

  /** Stores the record of `size` bytes that lies in the put region. False: no room. */
  put(size: number, onFull: number): boolean {
    u32[Word.SIZE] = size;
    u32[Word.ON_FULL] = onFull;
    this.native.put();
    return (
      i32[Word.STATUS] === Status.DONE ||
      this.storedOtherwise(onFull !== OnFull.TRY_AGAIN && onFull !== OnFull.RESERVE)
    );
  }

  /** As `put`, of a record that ends with Latin-1 texts and is staged but for those; undefined: one is none, and nothing was stored. */
  putText(start: number, texts: Texts, onFull: number): boolean | undefined {
    u32[Word.SIZE] = start;
    u32[Word.ON_FULL] = onFull;
    this.native.putText(texts);
    return i32[Word.STATUS] === Status.NOT_NARROW ? undefined : this.stored();
  }

  /** Whether the put of the last call succeeded: false when there was no room. */
  stored(): boolean {
    return i32[Word.STATUS] === Status.DONE || this.storedOtherwise(true);
  }

  /** @param lost whether a record that found no room is lost, as nobody tries again */
  private storedOtherwise(lost: boolean): boolean {
    const status = this.status();
    this.tellLost(lost && status === Status.FULL_OR_EMPTY ? 1 : 0);
    if (status === Status.CLOSED_OR_DRAINED) throw this.closedError();
    return status === Status.DONE_BY_DROP;
  }

  /** Of a put of one record or many, when it is over: so many were refused, and others may have given way. */
  tellLost(refused: number): void {
    const count = refused + u32[Word.DROPPED];
    u32[Word.DROPPED] = 0;
    if (count === 0) return;
    tellFull(this);
    tellDrop(this, count);
  }

  /** Takes a record to the start of the take region; its size is in SIZE. */
  take(): number {
    this.native.take();
    return this.status();
  }

  /** As `take`, of an encoded event; returns its text, undefined when there is none: STATUS says whether there is an event. */
  takeText(): string | undefined {
    const text = this.native.takeText();
    this.foundNothingMore = this.status() !== Status.DONE;
    return text;
  }

  /** Takes up to `maxCount` records (64 at most) to the take region; returns how many. Their sizes are in takeSizes. */
  takeBatch(maxCount: number, ring = Limit.ALL_RINGS): number {
    u32[Word.COUNT] = maxCount;
    u32[Word.RING] = ring;
    this.native.takeBatch();
    const count = this.status() === Status.DONE ? u32[Word.COUNT] : 0;
    this.foundNothingMore = ring === Limit.ALL_RINGS && (count === 0 || u32[Word.MORE] === 0);
    return count;
  }

  /** Slots in use. */
  get size(): number {
    this.native.size();
    this.status();
    return u32[Word.SIZE];
  }

  /** The rings of `stats`: the overflow ring of the per-CPU classes is the last. */
  get totalRings(): number {
    return this.kind.startsWith('PerCPU') ? this.rings + 1 : this.rings;
  }

  get closed(): boolean {
    return this.native.closed();
  }

  /** Closed, and nothing will come any more. */
  get drained(): boolean {
    const drained = this.native.drained();
    if (drained) this.settle();
    return drained;
  }

  /** Whether a take would find a record now. */
  get hasRecord(): boolean {
    const result = this.native.hasRecord();
    this.status();
    return result;
  }

  /** Throws if this instance has let go. For calls that need nothing from native code. */
  checkHeld(): void {
    this.native.size();
    this.status();
  }

  stats(ring: number): BufferStats {
    const stats = readStats(this.native, ring);
    this.status();
    return stats;
  }

  clear(): void {
    this.native.clear();
    this.status();
  }

  close(): void {
    const before = this.closed;
    this.settle();
    this.native.close();
    this.status();
    if (!before) tellClose(this);
  }

  /** `[Symbol.dispose]` of every buffer class. */
  dispose(): void {
    this.settle();
    if (!this.maker) this.release();
    else if (!this.closed) this.close();
  }

  /** Whether this instance has let go. */
  get hasLetGo(): boolean {
    return this.letGo;
  }

  /** Lets go: every later call throws ERR_BUFFER_CLOSED, and so do those that wait. */
  release(): void {
    this.settle();
    this.letGo = true;
    this.native.release();
    this.recordQueue?.pump();
    this.roomQueue?.pump();
  }

  /**
   * Whether the last take left nothing behind in the rings. Who then waits for records leaves the first look to native code, which sleeps
   * until the next wake is due, if wakes are moderated, and takes what has come meanwhile for no reason to go without it: else a consumer
   * that keeps up would run behind the producer, for a few records at a time, and the two would take each other's cache lines away.
   */
  get emptied(): boolean {
    return this.foundNothingMore;
  }

  /** Settles when `attempt` says so, which is called whenever there may be a record. */
  waitForRecord<T>(attempt: Attempt<T>, options: WaitOptions | undefined, gathers = false): Promise<T> {
    this.recordQueue ??= new WaitQueue(this.native, false);
    return this.recordQueue.wait(attempt, options, gathers);
  }

  /**
   * Settles when `holds`, or when nothing will come any more: false. For who is told of records and then takes them by another call.
   * @param emptied whether nothing was left behind, here (see `emptied`) and in the instance
   */
  waitUntil(holds: () => boolean, emptied: boolean, options: WaitOptions | undefined): Promise<boolean> {
    return this.waitForRecord(
      (settle) => {
        const isTold = this.isTold(holds);
        if (!isTold && !this.drained) return false;
        settle(isTold);
        return true;
      },
      options,
      emptied,
    );
  }

  /** `ready` of every buffer class: settles when `holds`. `emptied`: see `waitUntil`. */
  waitUntilReady(holds: () => boolean, emptied: boolean, options: WaitOptions | undefined): Promise<void> {
    const isReady = (): boolean => {
      if (!this.isTold(holds)) return false;
      // Who is ready need not take: once it has had its chance, the others that wait hear of what is left.
      if (this.native.hasSleepers()) setImmediate(() => this.native.passWakeOn());
      return true;
    };
    try {
      // A look first: under load something is there mostly, and to wait costs twice as much.
      if (options === undefined && !emptied && isReady()) return Promise.resolve();
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
    const attempt: Attempt<void> = (settle) => {
      if (!isReady()) {
        if (this.drained) throw this.closedError();
        return false;
      }
      settle();
      return true;
    };
    return this.waitForRecord(attempt, options, emptied);
  }

  /** Likewise whenever there may be room. */
  waitForRoom<T>(attempt: Attempt<T>, options: WaitOptions | undefined): Promise<T> {
    this.roomQueue ??= new WaitQueue(this.native, true);
    return this.roomQueue.wait(attempt, options);
  }

  /** Whether `holds`, for who takes by another call, or not at all: then the next wait looks at once. */
  private isTold(holds: () => boolean): boolean {
    if (!holds()) return false;
    this.foundNothingMore = false;
    return true;
  }

  /** Whether calls of this instance wait for room, so that a new one has to queue behind them. */
  get someWaitForRoom(): boolean {
    return this.roomQueue !== undefined && !this.roomQueue.isEmpty;
  }

  /** Lets those who wait for room look now, for who must not overtake them. */
  serveWhoWaitForRoom(): void {
    this.roomQueue?.pump();
  }

  /** To be called when this instance got something to take without native code knowing. */
  recordsAppeared(): void {
    this.foundNothingMore = false;
    this.recordQueue?.pump();
  }

  /** `waitSync` of every buffer class: blocks until `attempt` holds. False after the time, or when nothing will come. */
  blockUntilRecord(holds: () => boolean, timeoutMs: number | undefined): boolean {
    if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))) {
      throw invalidArgument('timeoutMs', timeoutMs, 'a number of milliseconds from 0');
    }
    const end = performance.now() + (timeoutMs ?? Infinity);
    for (;;) {
      if (holds()) {
        // Who is told need not take: the next who sleeps looks for itself.
        if (this.native.hasSleepers()) this.native.passWakeOn();
        return true;
      }
      if (this.drained) {
        this.status();
        return false;
      }
      const rest = end - performance.now();
      if (rest <= 0) return false;
      this.native.block(rest, false, 0);
    }
  }

  /** @param stored of a batch that was under way: what is in already stays in. */
  closedError(stored?: number): TapioError {
    this.settle();
    return new TapioError('ERR_BUFFER_CLOSED', `this ${this.kind} is closed: id ${this.handle.id}`, stored);
  }

  private settle(): void {
    if (this.life !== undefined) this.life.settled = true;
  }

  private released(): TapioError {
    return new TapioError(
      'ERR_BUFFER_CLOSED',
      `this ${this.kind} instance has let go of its buffer: id ${this.handle.id}`,
    );
  }
}
