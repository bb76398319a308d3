import { TapioError } from '../errors';
import { blank } from '../event/generated/blank';
import { isPooledEvent, pooledEvent } from '../event/pooled-event';
import { type UnifiedEvent } from '../event/unified-event';
import { checkOptions, invalidArgument } from '../validate';
import { ObjectPool, type PoolStats } from './object-pool';

/**
 * Keeps UnifiedEvents for reuse. What `get` returns is blank: `id`, `type` and `source` are '', `timestamp` is 0n, and every
 * optional field is undefined, whatever the last owner put there.
 *
 * An event of a pool has all fields and is sealed, so that it keeps one hidden class and nothing but a field can be left in it. To
 * take a field away, set it to undefined: `delete` does not do it, and a property that is no field cannot be set; in strict mode, as in
 * modules and classes, both throw a TypeError.
 *
 * Threads: a pool and its events belong to the thread that made the pool.
 * Guarantees: an event is blanked when it is put, so an idle one refers to nothing of its last owner. Nested objects,
 * maps and arrays are let go then, never handed out again: their last owner may still hold them, and a new one
 * costs less than blanking an old one property by property.
 * Full: `put` lets the event go. Empty: `get` creates.
 * Memory: whoever took an event owns it until `put` and must not use it after.
 *
 * An event that no pool made is let go, and a blank one of the pool takes its place. Double puts, events that are not of this pool and
 * leaks are found with `debug`, as in ObjectPool.
 */
export class UnifiedEventPool {
  readonly #pool: ObjectPool<UnifiedEvent>;

  /**
   * @param options.maxIdle events kept at most, an integer from 0, default 1024.
   * @param options.debug finds double puts, events of other pools and leaks, at microseconds for each `get`. Default false.
   * @throws TapioError `ERR_INVALID_ARGUMENT` for an option of the wrong type or range.
   */
  constructor(options?: { maxIdle?: number; debug?: boolean }) {
    const { maxIdle, debug } = checkOptions(options);
    this.#pool = new ObjectPool({ create: pooledEvent, reset: makeBlank, maxIdle, debug });
  }

  /** Takes a blank event. */
  get(): UnifiedEvent {
    return this.#pool.get();
  }

  /**
   * Gives an event back; the caller must not use it any more.
   * @throws TapioError `ERR_INVALID_ARGUMENT` for what is no plain object, for an event with a field that cannot be written any more
   *   (others may be blank then), or (`debug`) not of this pool; `ERR_POOL_DOUBLE_PUT` (`debug`) for an event that was put back already.
   */
  put(event: UnifiedEvent): void {
    if (typeof event !== 'object' || event === null) throw invalidArgument('event', event, 'an event');
    this.#pool.put(isPooledEvent(event) ? event : inPlaceOf(event));
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

function makeBlank(event: UnifiedEvent): void {
  try {
    blank(event);
  } catch {
    throw notAnEvent('has a field that cannot be written');
  }
}

/** An event that is not sealed may hold what blanking misses. */
function inPlaceOf(event: UnifiedEvent): UnifiedEvent {
  if (!isOrdinary(event)) throw notAnEvent('is not a plain object');
  return pooledEvent();
}

function isOrdinary(event: UnifiedEvent): boolean {
  try {
    return Object.getPrototypeOf(event) === Object.prototype;
  } catch {
    // A Proxy that does not tell.
    return false;
  }
}

function notAnEvent(why: string): TapioError {
  return new TapioError('ERR_INVALID_ARGUMENT', `put takes an event; what it got ${why}`);
}
