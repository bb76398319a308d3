import type { BufferStats } from '../buffers/stats';
import { isClosedError } from '../errors';
import { checkFunction, checkInteger, checkOptions, invalidArgument } from '../validate';

export interface BufferMonitorOptions {
  /** Milliseconds between two looks, an integer from 1 to 2147483647, default 1000. */
  intervalMs?: number;
  /** Fill rate from which a buffer is high: above 0, up to 1, default 0.8. */
  threshold?: number;
  /** Fill rate down to which a high buffer stays high: 0 to below threshold, default three quarters of it. */
  normalThreshold?: number;
}

/** What the monitor tells: the buffer's name and the statistics it was judged by. */
export type BufferMonitorListener = (name: string, stats: BufferStats) => void;

interface Watched {
  name: string;
  buffer: { getStats(): BufferStats };
  high: boolean;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Tells when buffers fill up, and when they are well below that again: between the two thresholds nothing is told, so that a fill
 * rate that swings around one of them does not call again and again. It looks at intervals; a peak in between shows in
 * `highWatermark` only.
 *
 * Threads: an instance belongs to one thread; the buffers may be filled anywhere. Its timer does not keep the process alive.
 * Closed: a buffer whose instance has let go is watched no longer. Memory: holds the buffers it watches.
 */
export class BufferMonitor {
  readonly #watched: Watched[];
  readonly #intervalMs: number;
  readonly #threshold: number;
  readonly #normalThreshold: number;
  readonly #listeners: { readonly [event in 'high' | 'normal']: BufferMonitorListener[] } = {
    high: [],
    normal: [],
  };
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param buffers by names of the caller's choice: RingBuffers, EventBuffers, or anything whose `getStats()` has a fillRate from 0 to
   *   1, such as `{ getStats: () => priorityBuffer.getStats().critical }`. Each is asked once here.
   * @throws TapioError ERR_INVALID_ARGUMENT, also for what has no fill rate, such as a whole PriorityBuffer or a PerCPUEventBuffer; what
   *   `getStats` throws, but for ERR_BUFFER_CLOSED
   */
  constructor(buffers: Record<string, { getStats(): BufferStats }>, options?: BufferMonitorOptions) {
    if (typeof buffers !== 'object' || buffers === null)
      throw invalidArgument('buffers', buffers, 'an object');
    this.#watched = Object.entries(buffers).map(([name, buffer]) => {
      checkFunction(
        `buffers.${name}.getStats`,
        (buffer as { getStats?: unknown } | undefined | null)?.getStats,
      );
      checkFillRate(name, buffer);
      return { name, buffer, high: false };
    });
    const { intervalMs = 1000, threshold = 0.8, normalThreshold } = checkOptions(options);
    this.#intervalMs = checkInteger('intervalMs', intervalMs, 1, MAX_TIMER_MS);
    if (typeof threshold !== 'number' || !(threshold > 0 && threshold <= 1)) {
      throw invalidArgument('threshold', threshold, 'a number above 0, up to 1');
    }
    const normal = normalThreshold === undefined ? threshold * 0.75 : normalThreshold;
    if (typeof normal !== 'number' || !(normal >= 0 && normal < threshold)) {
      throw invalidArgument('normalThreshold', normal, `a number from 0 to below the threshold ${threshold}`);
    }
    this.#threshold = threshold;
    this.#normalThreshold = normal;
  }

  /**
   * Calls fn when a buffer becomes `high` (its fill rate reaches the threshold) or `normal` (it was high, and has come down to
   * normalThreshold). Any number of functions, called in order; what one throws is an uncaught exception, as with an EventEmitter.
   * @throws TapioError ERR_INVALID_ARGUMENT
   */
  on(event: 'high' | 'normal', fn: BufferMonitorListener): this {
    if (event !== 'high' && event !== 'normal') throw invalidArgument('event', event, "'high' or 'normal'");
    checkFunction('fn', fn);
    this.#listeners[event].push(fn);
    return this;
  }

  /** Looks from now on, the first time after one interval. Idempotent. */
  start(): this {
    this.#timer ??= setInterval(() => this.#look(), this.#intervalMs).unref();
    return this;
  }

  /** Looks no more, until started again; what is high stays so meanwhile. Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** As `stop`. */
  [Symbol.dispose](): void {
    this.stop();
  }

  #look(): void {
    for (const each of [...this.#watched]) {
      const stats = this.#statsOf(each);
      if (stats === undefined) continue;
      const high = each.high ? stats.fillRate > this.#normalThreshold : stats.fillRate >= this.#threshold;
      if (high === each.high) continue;
      each.high = high;
      for (const fn of [...this.#listeners[high ? 'high' : 'normal']]) fn(each.name, stats);
    }
  }

  /** undefined: the instance has let go, and is forgotten. */
  #statsOf(watched: Watched): BufferStats | undefined {
    try {
      return watched.buffer.getStats();
    } catch (error) {
      if (!isClosedError(error)) throw error;
      this.#watched.splice(this.#watched.indexOf(watched), 1);
      return undefined;
    }
  }
}

function checkFillRate(name: string, buffer: Watched['buffer']): void {
  let stats: unknown;
  try {
    stats = buffer.getStats();
  } catch (error) {
    if (isClosedError(error)) return;
    throw error;
  }
  const { fillRate } = (stats ?? {}) as { fillRate?: unknown };
  if (typeof fillRate !== 'number' || !(fillRate >= 0 && fillRate <= 1)) {
    throw invalidArgument(`buffers.${name}.getStats().fillRate`, fillRate, 'a number from 0 to 1');
  }
}
