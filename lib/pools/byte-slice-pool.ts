import { show, TapioError } from '../errors';
import { checkOptions } from '../validate';
import { type PoolStats } from './object-pool';
import { checkAmount, checkFlag } from './pool-arguments';
import { SizeClass } from './size-class';
import { Slice, type SliceHome, sliceOf } from './slice';
import { allocate } from './slice-block';

/** Sizes of the slots and how many a block has: blocks of 16, 64, 256 and 512 KiB. */
const CLASSES = [
  { size: 64, slotsPerBlock: 256 },
  { size: 512, slotsPerBlock: 128 },
  { size: 4096, slotsPerBlock: 64 },
  { size: 65536, slotsPerBlock: 8 },
] as const;
const LARGEST = 65536;
const DEFAULT_MAX_IDLE_BYTES = 16 * 1024 * 1024;

/**
 * Lends byte arrays cut from large blocks, in slots of 64, 512, 4096 and 65536 bytes.
 *
 * Threads: a pool and its slices belong to the thread that made the pool.
 * Guarantees: no slice has two owners: a second put, an old view of a slice, a subarray, a foreign array and a slice of
 * another pool are refused, always. Reuse allocates nothing: a slice keeps the views of the last four sizes
 * it was taken in. A call that throws has taken and given nothing.
 * Full: slices put beyond `maxIdleBytes` in total are let go; their memory serves new slices of the same class,
 * and a block without slices is freed. Empty: a new slice is cut, from a new block if need be.
 * Sizes 0 and above 65536 are allocated plainly: counted, to be put back as well, never idle.
 * Memory: whoever took a slice owns it until `put` and must not touch it after: the next owner gets the same array.
 * Slices share their `buffer` with their neighbours: hand on the slice, never `slice.buffer` alone. It cannot be transferred to
 * another thread; posting a slice copies. If it is detached all the same, `put` refuses the slice, which stays in use for good.
 */
export class ByteSlicePool {
  readonly #zero: boolean;
  readonly #maxIdleBytes: number;
  readonly #classes: readonly SizeClass[] = CLASSES.map(
    ({ size, slotsPerBlock }) => new SizeClass(size, slotsPerBlock),
  );
  #idleBytes = 0;
  #recycled = 0;
  #plainAllocated = 0;
  #plainInUse = 0;

  /**
   * @param options.zero clears every slice when it is taken; default false: it shows what its last owner left.
   * @param options.maxIdleBytes bytes of idle slots kept at most, all classes together; an integer from 0, default 16 MiB.
   *   A slice counts with the size of its class. A block stays whole while one of its slices is idle or in use; idle slices are
   *   kept in few blocks where there is a choice. The objects around a slice, some 500 bytes, do not count.
   * @throws TapioError `ERR_INVALID_ARGUMENT` for an option of the wrong type or range.
   */
  constructor(options?: { zero?: boolean; maxIdleBytes?: number }) {
    const { zero, maxIdleBytes = DEFAULT_MAX_IDLE_BYTES } = checkOptions(options);
    this.#zero = checkFlag('zero', zero);
    this.#maxIdleBytes = checkAmount('maxIdleBytes', maxIdleBytes);
  }

  /**
   * Takes a slice of exactly `size` bytes.
   * @param size bytes, an integer from 0.
   * @throws TapioError `ERR_INVALID_ARGUMENT` for a size that is no integer from 0 to 2^53-1, or that cannot be allocated.
   */
  get(size: number): Uint8Array {
    checkAmount('size', size);
    if (size > LARGEST || size === 0) return this.#getPlain(size);
    const home = this.#classOf(size);
    let slice: Slice;
    if (home.idle === 0) {
      slice = home.create(this, size);
    } else {
      slice = home.reuse();
      this.#idleBytes -= home.size;
      if (slice.view.length !== size) slice = this.#resized(slice, home, size);
    }
    slice.inUse = true;
    home.inUse++;
    if (this.#zero) slice.view.fill(0);
    return slice.view;
  }

  /**
   * Gives a slice back; the caller must not touch it any more.
   * @throws TapioError `ERR_POOL_DOUBLE_PUT` for a slice that was put back already; `ERR_INVALID_ARGUMENT` for anything that this pool
   *   did not return from `get`, and for a slice whose memory was detached.
   */
  put(bytes: Uint8Array): void {
    const slice = sliceOf(bytes);
    if (
      slice === undefined ||
      slice.owner !== this ||
      !slice.inUse ||
      slice.view !== bytes ||
      bytes.length !== slice.size
    ) {
      throw this.#refusal(slice, bytes);
    }
    slice.inUse = false;
    this.#recycled++;
    const home = slice.home;
    if (home === undefined) {
      this.#plainInUse--;
      return;
    }
    home.inUse--;
    if (this.#idleBytes + home.size > this.#maxIdleBytes) {
      home.letGo(slice);
    } else {
      home.keep(slice);
      this.#idleBytes += home.size;
    }
  }

  /**
   * Cuts slices until `count` of the class that serves `size` are idle, as far as `maxIdleBytes` allows. Sizes 0 and above
   * 65536 are never idle: nothing happens.
   * @throws TapioError `ERR_INVALID_ARGUMENT` for a size or count that is no integer from 0 to 2^53-1.
   */
  prewarm(size: number, count: number): void {
    checkAmount('size', size);
    checkAmount('count', count);
    if (size > LARGEST || size === 0) return;
    const home = this.#classOf(size);
    while (home.idle < count && this.#idleBytes + home.size <= this.#maxIdleBytes) {
      home.keep(home.create(this, size));
      this.#idleBytes += home.size;
    }
  }

  /** The totals include slices allocated plainly; `classes` do not. */
  getStats(): PoolStats & { classes: { size: number; allocated: number; inUse: number; idle: number }[] } {
    const classes = this.#classes.map(({ size, allocated, inUse, idle }) => ({
      size,
      allocated,
      inUse,
      idle,
    }));
    const sum = (of: 'allocated' | 'inUse' | 'idle') => classes.reduce((total, home) => total + home[of], 0);
    return {
      allocated: sum('allocated') + this.#plainAllocated,
      recycled: this.#recycled,
      inUse: sum('inUse') + this.#plainInUse,
      idle: sum('idle'),
      classes,
    };
  }

  #getPlain(size: number): Uint8Array {
    const slice = new Slice(this, undefined, undefined, allocate(size), 0, size);
    slice.inUse = true;
    this.#plainAllocated++;
    this.#plainInUse++;
    return slice.view;
  }

  #classOf(size: number): SizeClass {
    return this.#classes[size <= 512 ? (size <= 64 ? 0 : 1) : size <= 4096 ? 2 : 3];
  }

  /** Of an idle slice that has not `size` bytes: the slice with as many, or another one if its memory is gone. */
  #resized(slice: Slice, home: SizeClass, size: number): Slice {
    if (!slice.isDetached) {
      slice.reshape(size);
      return slice;
    }
    this.#dropDetached(home);
    if (home.idle === 0) return home.create(this, size);
    const other = home.reuse();
    this.#idleBytes -= home.size;
    if (other.view.length !== size) other.reshape(size);
    return other;
  }

  #refusal(slice: Slice | undefined, bytes: unknown): TapioError {
    if (slice === undefined || slice.owner !== this) {
      const what = ArrayBuffer.isView(bytes) ? `a foreign array of ${bytes.byteLength} bytes` : show(bytes);
      return new TapioError('ERR_INVALID_ARGUMENT', `put takes a slice of this pool, got ${what}`);
    }
    if (!slice.inUse || slice.view !== bytes) {
      const { length } = bytes as Uint8Array;
      return new TapioError(
        'ERR_POOL_DOUBLE_PUT',
        `put of a slice of ${length} bytes that was put back already`,
      );
    }
    this.#dropDetached(slice.home);
    return new TapioError(
      'ERR_INVALID_ARGUMENT',
      `put of a slice of ${slice.size} bytes whose memory was transferred or detached`,
    );
  }

  #dropDetached(home: SliceHome | undefined): void {
    if (home !== undefined) this.#idleBytes -= home.dropDetached() * home.size;
  }
}
