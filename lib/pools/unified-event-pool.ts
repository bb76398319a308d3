import { TapioError } from '../errors';
import { type UnifiedEvent } from '../event/unified-event';
import { checkOptions } from '../validate';
import { ObjectPool, type PoolStats } from './object-pool';

/** The properties of a blank event. In the order of a decoded one, so that both are of one hidden class. */
const BLANK_NAMES = ['id', 'type', 'source', 'timestamp'] as const;

/**
 * Keeps UnifiedEvents for reuse. What `get` returns is blank: `id`, `type` and `source` are '', `timestamp` is 0n, and
 * there is no other property, whatever the last owner put there.
 *
 * Threads: a pool and its events belong to the thread that made the pool.
 * Guarantees: an event is blanked when it is put, so an idle one refers to nothing of its last owner. Nested objects,
 * maps and arrays are let go then, never handed out again: their last owner may still hold them, and a new one
 * costs less than blanking an old one property by property.
 * Cost: `put` looks at every property, some 100 ns, and deletes the optional ones, some 70 ns each. A new event takes
 * 20: a pool is for a bounded number of events whose owners are checked (`debug`), not for speed.
 * Full: `put` lets the event go. Empty: `get` creates.
 * Memory: whoever took an event owns it until `put` and must not use it after.
 *
 * Double puts, foreign events and leaks are found with `debug`, as in ObjectPool; without it, too, only plain extensible
 * objects are taken in.
 */
export class UnifiedEventPool {
  readonly #pool: ObjectPool<UnifiedEvent>;

  /**
   * @param options.maxIdle events kept at most, an integer from 0, default 1024.
   * @param options.debug finds double puts, foreign events and leaks, at microseconds for each `get`. Default false.
   * @throws TapioError `ERR_INVALID_ARGUMENT` for an option of the wrong type or range.
   */
  constructor(options?: { maxIdle?: number; debug?: boolean }) {
    const { maxIdle, debug } = checkOptions(options);
    this.#pool = new ObjectPool({ create: blankEvent, reset: makeBlank, maxIdle, debug });
  }

  /** Takes a blank event. */
  get(): UnifiedEvent {
    return this.#pool.get();
  }

  /**
   * Gives an event back; the caller must not use it any more.
   * @throws TapioError `ERR_INVALID_ARGUMENT` for what is no event of a pool: no plain object, not extensible, with a property that
   *   cannot be deleted (others then are), or (`debug`) not of this pool; `ERR_POOL_DOUBLE_PUT` (`debug`) for an event that was put back already.
   */
  put(event: UnifiedEvent): void {
    this.#pool.put(event);
  }

  /** Creates events until `count` are idle, `maxIdle` at most. @throws TapioError `ERR_INVALID_ARGUMENT` if count is no integer from 0. */
  prewarm(count: number): void {
    this.#pool.prewarm(count);
  }

  getStats(): PoolStats {
    return this.#pool.getStats();
  }

  /** Where each event now in use was taken, as `ObjectPool.outstanding`. Always empty without `debug`. */
  outstanding(): string[] {
    return this.#pool.outstanding();
  }
}

function blankEvent(): UnifiedEvent {
  return { id: '', type: '', source: '', timestamp: 0n };
}

function makeBlank(event: UnifiedEvent): void {
  if (Object.getPrototypeOf(event) !== Object.prototype) throw notOfPool('is not a plain object');
  if (!Object.isExtensible(event)) throw notOfPool('is not extensible');
  // Two calls, since Reflect.ownKeys costs three times as much as both.
  const names = Object.getOwnPropertyNames(event);
  const symbols = Object.getOwnPropertySymbols(event);
  const kept = symbols.length === 0 && startsBlank(names) ? BLANK_NAMES.length : 0;
  for (const symbol of symbols) remove(event, symbol);
  // Backwards: deleting the last property keeps an object fast, deleting any other makes it a dictionary.
  for (let i = names.length - 1; i >= kept; i--) remove(event, names[i]);
  event.id = '';
  event.type = '';
  event.source = '';
  event.timestamp = 0n;
}

function startsBlank(names: readonly string[]): boolean {
  return (
    names[0] === BLANK_NAMES[0] &&
    names[1] === BLANK_NAMES[1] &&
    names[2] === BLANK_NAMES[2] &&
    names[3] === BLANK_NAMES[3]
  );
}

function remove(event: UnifiedEvent, key: string | symbol): void {
  if (!Reflect.deleteProperty(event, key))
    throw notOfPool(`has a property ${String(key)} that cannot be deleted`);
}

function notOfPool(why: string): TapioError {
  return new TapioError('ERR_INVALID_ARGUMENT', `put takes an event of this pool; what it got ${why}`);
}
