import { checkFunction, checkOptions, invalidArgument } from '../validate';
import { DebugLedger } from './debug-ledger';
import { checkAmount, checkFlag } from './pool-arguments';

/** What a pool has done and holds. All are counts of objects (slices), and none is ever negative. */
export interface PoolStats {
  /** Objects ever created, by `prewarm` too. */
  allocated: number;
  /** Objects put back, those let go because the pool was full included. */
  recycled: number;
  /** Objects taken and not put back. */
  inUse: number;
  /** Objects waiting in the pool. */
  idle: number;
}

export interface ObjectPoolOptions<T> {
  /** Makes an object, blank. What it throws comes out of `get` or `prewarm`, and nothing is counted. */
  create: () => T;
  /** Blanks an object that is put back. If it throws, `put` throws the same and the object stays with the caller. */
  reset?: (object: T) => void;
  /** Objects kept at most; those put beyond it are let go. An integer from 0, default 1024. */
  maxIdle?: number;
  /** Finds double puts, foreign objects and leaks. Costs microseconds for each `get`. Default false. */
  debug?: boolean;
}

const DEFAULT_MAX_IDLE = 1024;

/**
 * Keeps objects for reuse; the one put last is taken first.
 *
 * Threads: a pool and its objects belong to the thread that made the pool.
 * Guarantees: an object is blanked by `reset` when it is put, so an idle object holds nothing of its last
 * owner. `create` and `reset` may use the pool themselves. A `get` or `put` that throws has changed nothing.
 * Full: `put` lets the object go. Empty: `get` creates.
 * Memory: the pool owns the idle objects only. Whoever took an object owns it until `put` and must not use it after.
 *
 * Without `debug` the pool knows no object: one put twice gets two owners, a foreign one is taken in,
 * and either makes `inUse` too low, though never negative. With `debug` both are refused, and an object
 * collected while in use gives a process warning (code `TAPIO_POOL_LEAK`) with the stack where it was taken.
 */
export class ObjectPool<T extends object> {
  readonly #create: () => T;
  readonly #reset: ((object: T) => void) | undefined;
  readonly #maxIdle: number;
  readonly #ledger: DebugLedger | undefined;
  /** A stack of #idleCount objects. Longer than that once the pool was fuller: storing in place never allocates. */
  readonly #idle: (T | undefined)[] = [];
  #idleCount = 0;
  #allocated = 0;
  #recycled = 0;
  #inUse = 0;

  /** @throws TapioError `ERR_INVALID_ARGUMENT` for an option of the wrong type or range. */
  constructor(options: ObjectPoolOptions<T>) {
    const { create, reset, maxIdle = DEFAULT_MAX_IDLE, debug } = checkOptions(options);
    checkFunction('create', create);
    if (reset !== undefined) checkFunction('reset', reset);
    this.#create = create;
    this.#reset = reset;
    this.#maxIdle = checkAmount('maxIdle', maxIdle);
    this.#ledger = checkFlag('debug', debug) ? new DebugLedger() : undefined;
  }

  /**
   * Takes an idle object, or creates one.
   * @throws what `create` throws; TapioError `ERR_INVALID_ARGUMENT` if it returns no object, or (`debug`) one the pool has.
   */
  get(): T {
    const ledger = this.#ledger;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- named, not called
    const stack = ledger?.stackAbove(this.get);
    let object: T;
    if (this.#idleCount > 0) {
      const top = --this.#idleCount;
      object = this.#idle[top] as T;
      this.#idle[top] = undefined;
    } else {
      object = this.#make();
    }
    if (stack !== undefined) ledger?.take(object, stack);
    this.#inUse++;
    return object;
  }

  /**
   * Gives an object back; the caller must not use it any more.
   * @throws what `reset` throws; TapioError `ERR_INVALID_ARGUMENT` for what is no object, or (`debug`) not of this pool;
   *   `ERR_POOL_DOUBLE_PUT` (`debug`) for an object that was put back already.
   */
  put(object: T): void {
    if (!isObject(object)) throw invalidArgument('object', object, 'an object of this pool');
    const ledger = this.#ledger;
    const reset = this.#reset;
    ledger?.checkOut(object);
    if (reset !== undefined) reset(object);
    ledger?.giveBack(object);
    this.#recycled++;
    if (this.#inUse > 0) this.#inUse--;
    this.#keep(object);
  }

  /**
   * Creates objects until `count` are idle, `maxIdle` at most. If `create` throws, those made before stay idle.
   * @param count an integer from 0.
   * @throws what `create` throws; TapioError `ERR_INVALID_ARGUMENT` for a count that is no integer from 0 to 2^53-1.
   */
  prewarm(count: number): void {
    checkAmount('count', count);
    // Counted beforehand: a create that takes from the pool must not make this endless.
    let missing = Math.min(count, this.#maxIdle) - this.#idleCount;
    for (; missing > 0; missing--) this.#keep(this.#make());
  }

  getStats(): PoolStats {
    return {
      allocated: this.#allocated,
      recycled: this.#recycled,
      inUse: this.#inUse,
      idle: this.#idleCount,
    };
  }

  /**
   * Where each object now in use was taken: one stack for each, oldest first. Objects collected while in use are
   * in it no longer, though still in `inUse`. Always empty without `debug`.
   */
  outstanding(): string[] {
    return this.#ledger?.outstanding() ?? [];
  }

  #make(): T {
    const create = this.#create;
    const object = create();
    if (!isObject(object)) throw invalidArgument('what create returns', object, 'an object');
    this.#ledger?.adopt(object);
    this.#allocated++;
    return object;
  }

  #keep(object: T): void {
    if (this.#idleCount < this.#maxIdle) this.#idle[this.#idleCount++] = object;
  }
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
