import type { PerCPUBuffer } from '../../buffers/per-cpu-buffer';
import type { RingBuffer } from '../../buffers/ring-buffer';
import { isClosedError } from '../../errors';
import type { AnyEventBuffer } from '../../flow/endpoints';
import type { PoolStats } from '../../pools/object-pool';
import { checkOptions, invalidArgument } from '../../validate';
import { type BufferWithFigures, figuresOfBuffer } from './figures-of-buffer';
import { readErrors, type Tell, tellBuffer, tellPerCpu, tellPool } from './figures';

/** Every buffer of this package. */
export type AnyBuffer = AnyEventBuffer | RingBuffer | PerCPUBuffer;

/** Buffers and pools by names of the caller's choice. */
export interface WatchedParts {
  buffers?: Record<string, AnyBuffer>;
  pools?: Record<string, { getStats(): PoolStats }>;
}

interface Part {
  readonly name: string;
  /** Tells the figures. @returns whether the part is at its end: closed and drained */
  read(tell: Tell): boolean;
  errors: number;
}

function readBuffer(name: string, buffer: BufferWithFigures, tell: Tell): boolean {
  const figures = figuresOfBuffer(buffer);
  if ('metrics' in figures) {
    const { metrics } = figures;
    tellPerCpu(metrics, name, tell);
    return metrics.closed && metrics.overflowUsed === 0 && metrics.cpus.every(({ used }) => used === 0);
  }
  if ('stats' in figures) {
    const { stats } = figures;
    tellBuffer(stats, { buffer: name }, tell);
    return stats.closed && stats.isEmpty;
  }
  const levels = Object.entries(figures.levels);
  for (const [priority, level] of levels) tellBuffer(level, { buffer: name, priority }, tell);
  return levels.every(([, { closed, isEmpty }]) => closed && isEmpty);
}

function has(method: string, value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[method] === 'function'
  );
}

/**
 * The parts that one system of metrics asks for their figures, as of the moment when it asks.
 *
 * Threads: one; the buffers may be filled and drained anywhere. Guaranteed: a part that throws or tells nonsense keeps none of the
 * others from telling theirs, and is counted. Closed: a buffer that is closed and drained, or whose instance has let go, is
 * forgotten. Memory: holds its parts until then.
 */
export class Watched {
  readonly #parts = new Map<string, Part>();

  get isEmpty(): boolean {
    return this.#parts.size === 0;
  }

  /**
   * @returns a function that forgets what was added
   * @throws TapioError ERR_INVALID_ARGUMENT for what has no figures, or a name that is in use; then nothing was added
   */
  add(what: WatchedParts): () => void {
    const { buffers, pools } = checkOptions(what, 'what');
    const added = new Map<string, Part>();
    for (const [name, buffer] of Object.entries(checkOptions(buffers, 'what.buffers'))) {
      if (!has('getMetrics', buffer) && !has('getStats', buffer))
        throw invalidArgument(`what.buffers.${name}`, buffer, 'a buffer');
      const read = (tell: Tell): boolean => readBuffer(name, buffer, tell);
      added.set(`buffer ${name}`, { name, read, errors: 0 });
    }
    for (const [name, pool] of Object.entries(checkOptions(pools, 'what.pools'))) {
      if (!has('getStats', pool)) throw invalidArgument(`what.pools.${name}`, pool, 'a pool');
      const read = (tell: Tell): boolean => {
        tellPool(pool.getStats(), name, tell);
        return false;
      };
      added.set(`pool ${name}`, { name, read, errors: 0 });
    }
    for (const [key, { name }] of added)
      if (this.#parts.has(key)) throw invalidArgument('a name in what', name, 'one that is not in use here');
    for (const [key, part] of added) this.#parts.set(key, part);
    return () => {
      for (const [key, part] of added) if (this.#parts.get(key) === part) this.#parts.delete(key);
    };
  }

  read(tell: Tell): void {
    for (const [key, part] of this.#parts) {
      const told: Parameters<Tell>[] = [];
      let ended: boolean;
      try {
        ended = part.read((...figure) => void told.push(figure));
      } catch (error) {
        ended = isClosedError(error);
        if (!ended) part.errors++;
        told.length = 0;
      }
      if (ended) {
        this.#parts.delete(key);
        continue;
      }
      for (const figure of told) tell(...figure);
      if (part.errors > 0) tell(readErrors, { part: part.name }, part.errors);
    }
  }
}
