import { type Attached, binding, bufferConfig, type BufferConfig } from '../binding';
import { TapioError } from '../errors';
import type { EventTexts } from '../event/event-texts';
import { tooLargeToAllocate } from '../validate';
import { type BufferHandle, resolveHandle } from './handle';
import { NativeBuffer } from './native-buffer';
import { BATCH_BYTES, NO_REGION, type Region } from './region';
import { Limit, OnFull, Status, Ticket, Word, i32, u32, u64 } from './staging';
import { tellClose, tellDrop, tellFull } from './diagnostics';
import { type Life, watchLife } from './leak-warning';
import { readStats, type BufferStats } from './stats';
import { decodeTraits, encodeTraits, type Kind, type Traits } from './traits';
import { Waits } from './waits';

/**
 * One thread's access to one shared buffer: the native functions, the staging they use, and what all buffer
 * classes have in common (life and closing, waiting, statistics).
 *
 * Threads: the one that made it. Guarantees: what native code answers. Memory: the staging is this instance's; the
 * buffer is shared and lives while any thread has an attachment on it.
 */
export class Attachment {
  readonly traits: Traits;
  readonly handle: BufferHandle;
  /** Whether this attachment made the buffer, so that disposing it closes the buffer. */
  readonly maker: boolean;
  readonly native: NativeBuffer;
  readonly rings: number;
  /** Most bytes of either region: of the largest record, or of a batch of small ones. */
  readonly mostStaged: number;

  /** Where records to put and records taken lie. Another one whenever it has grown. */
  declare toPut: Region;
  declare taken: Region;
  /** Whether a batch has ended for lack of space in `taken`. */
  private crowded = false;

  /**
   * Whether the last take left the rings empty. A wait behind such a take sleeps until the next wake is due, so that records gather: who
   * takes each as it comes runs close behind the producer, and each takes the other's cache lines.
   */
  emptied = false;
  #letGo = false;
  private life: Life | undefined;
  readonly waits: Waits;

  private constructor(attached: Attached, maker: boolean) {
    this.traits = decodeTraits(attached.traits);
    this.maker = maker;
    this.native = new NativeBuffer(attached);
    this.rings = this.native.rings;
    this.mostStaged = Math.max(this.traits.maxRecord, BATCH_BYTES);
    this.waits = new Waits(this);
    this.handle = Object.freeze({ kind: this.kind, id: this.native.id });
  }

  /** Makes a buffer. @throws TapioError ERR_INVALID_CAPACITY when the system refuses the memory */
  static create(traits: Traits, config: Omit<BufferConfig, 'traits' | 'wakeIntervalMicros'>): Attachment {
    const { kind, wakeIntervalMicros } = traits;
    const attached = binding.createBuffer(
      bufferConfig({ ...config, wakeIntervalMicros, traits: encodeTraits(traits) }),
    );
    if (attached === undefined) {
      const overflow =
        config.overflowSlots === 0 ? '' : ` for each CPU and ${config.overflowSlots} for overflow`;
      const slots = config.levels?.slots.join(' + ') ?? config.slots;
      throw tooLargeToAllocate(`a ${kind} of ${slots} slots${overflow}, of ${config.stride} bytes each`);
    }
    return new Attachment(attached, true);
  }

  /** Joins a buffer that there is. @throws TapioError as resolveHandle */
  static byHandle(kind: Kind, handle: unknown): Attachment {
    const { id, traits } = resolveHandle(kind, handle);
    return Attachment.join(id, traits, 0);
  }

  private static join(id: bigint, { kind, wakeIntervalMicros }: Traits, level: number): Attachment {
    const attached = binding.attachBuffer(id, wakeIntervalMicros, level);
    if (attached === undefined)
      throw new TapioError('ERR_BUFFER_CLOSED', `the ${kind} ${id} is gone: no thread holds it any more`);
    return new Attachment(attached, false);
  }

  /** Another attachment on the same buffer. @param level where it puts, in a buffer that has levels */
  again(level = 0): Attachment {
    return Attachment.join(this.handle.id, this.traits, level);
  }

  /** Whether a constructor got an attachment, from `attach` of its class, and not what a user may give. Asks a Proxy nothing. */
  static is(value: unknown): value is Attachment {
    return typeof value === 'object' && value !== null && #letGo in value;
  }

  get kind(): Kind {
    return this.traits.kind;
  }

  /** Records to put lie in this region from now on. */
  putFrom(region: Region): void {
    this.toPut = region;
    this.native.stageIn(region.memory);
  }

  /** Gets a larger region for records to put, whose bytes are not copied. False: it cannot grow. */
  growToPut(atLeast = 0): boolean {
    if (this.toPut.size >= this.mostStaged) return false;
    this.putFrom(this.toPut.larger(atLeast, this.mostStaged));
    return true;
  }

  /** Likewise for the sake of larger batches alone. */
  growForBatches(): void {
    if (this.toPut.size < BATCH_BYTES) this.growToPut();
  }

  private growTaken(atLeast: number): void {
    this.taken = this.taken.larger(atLeast, Math.max(atLeast, this.mostStaged));
    this.native.stageOut(this.taken.memory);
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

  /** Stores the record of `size` bytes that lies in `toPut`. False: no room. */
  put(size: number, onFull: number): boolean {
    u32[Word.SIZE] = size;
    u32[Word.ON_FULL] = onFull;
    this.native.put();
    return (
      i32[Word.STATUS] === Status.DONE ||
      this.storedOtherwise(onFull !== OnFull.TRY_AGAIN && onFull !== OnFull.RESERVE)
    );
  }

  /**
   * As `put`, of a record whose words are staged up to byte `start`: the same call writes its texts behind them. undefined: a text is not
   * Latin-1, or too long; nothing was stored.
   */
  putText(start: number, texts: EventTexts, onFull: number): boolean | undefined {
    u32[Word.SIZE] = start;
    u32[Word.ON_FULL] = onFull;
    this.native.putText(texts);
    return i32[Word.STATUS] === Status.NOT_LATIN1 ? undefined : this.stored();
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

  /** Takes a record to the start of `taken`; its size is in SIZE. */
  take(): number {
    this.native.take();
    const status = this.status();
    if (status === Status.TARGET_TOO_SMALL) {
      this.growTaken(u32[Word.SIZE]);
      return this.take();
    }
    this.emptied = status !== Status.DONE;
    return status;
  }

  /** As `take`, of an encoded event; returns its text, undefined when there is none: STATUS says whether there is an event. */
  takeText(): string | undefined {
    const text = this.native.takeText();
    const status = this.status();
    if (status === Status.TARGET_TOO_SMALL) {
      this.growTaken(u32[Word.SIZE]);
      return this.takeText();
    }
    this.emptied = status !== Status.DONE;
    return text;
  }

  /** Takes up to `maxCount` records (64 at most) to `taken`; returns how many. */
  takeBatch(maxCount: number, ring = Limit.ALL_RINGS): number {
    if (this.crowded || this.taken.size === 0) this.growTaken(0);
    u32[Word.COUNT] = maxCount;
    u32[Word.RING] = ring;
    this.native.takeBatch();
    const status = this.status();
    if (status === Status.TARGET_TOO_SMALL) {
      this.growTaken(u32[Word.SIZE]);
      return this.takeBatch(maxCount, ring);
    }
    const count = status === Status.DONE ? u32[Word.COUNT] : 0;
    const more = u32[Word.MORE] !== 0;
    this.crowded = more && count < maxCount && this.taken.size < BATCH_BYTES;
    this.emptied = ring === Limit.ALL_RINGS && (count === 0 || !more);
    return count;
  }

  /** Copies up to 64 records of a ring from ticket `cursor` to `end` to `taken`; returns how many, and leaves in CURSOR where to go on. */
  peek(ring: number, cursor: bigint, end: bigint): number {
    if (this.taken.size === 0) this.growTaken(0);
    u64[Ticket.CURSOR] = cursor;
    u64[Ticket.END] = end;
    u32[Word.RING] = ring;
    u32[Word.COUNT] = Limit.MAX_BATCH;
    this.native.peek();
    const status = this.status();
    if (status !== Status.TARGET_TOO_SMALL) return status === Status.DONE ? u32[Word.COUNT] : 0;
    this.growTaken(u32[Word.SIZE]);
    return this.peek(ring, cursor, end);
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
    return this.#letGo;
  }

  /** Lets go: every later call throws ERR_BUFFER_CLOSED, and so do those that wait. */
  release(): void {
    this.settle();
    this.#letGo = true;
    this.native.release();
    this.waits.lookAgain();
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

// On the prototype: a field that an instance sets once is a constant to the engine's compiler, and most never grow.
Object.assign(Attachment.prototype, { toPut: NO_REGION, taken: NO_REGION });
