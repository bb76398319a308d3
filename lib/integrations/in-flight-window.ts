import type { UnifiedEvent } from '../event/unified-event';
import type { LinkedAbort } from '../flow/linked-abort';

/** Events that are sent together. */
export interface Batch {
  /** How many they are. */
  readonly count: number;
  /** Those that have not been answered for; asked for when they go back. */
  readonly events: readonly UnifiedEvent[];
}

/**
 * Batches on their way to a peer, a bounded number at a time.
 *
 * Threads: one. Guaranteed: each batch that was added is sent, or is handed back by `takeUnsent` in its place. Memory: owns the batches
 * in flight, at most `size` of them.
 */
export class InFlightWindow<B extends Batch> {
  readonly #size: number;
  readonly #stop: LinkedAbort;
  readonly #send: (batch: B) => Promise<void>;
  /** Each with its attempt, which never rejects. */
  readonly #flying = new Map<B, Promise<void>>();
  /** By their place among all batches. */
  readonly #unsent = new Map<number, B>();
  readonly #waiting = new Set<B>();
  #added = 0;

  /**
   * @param stop ended by who wants an end, or here, by what `send` rejects with
   * @param send settles when the peer has answered for all of a batch; if it rejects, the batch was not sent
   */
  constructor(size: number, stop: LinkedAbort, send: (batch: B) => Promise<void>) {
    this.#size = size;
    this.#stop = stop;
    this.#send = send;
  }

  /** Events in flight. */
  get inFlight(): number {
    return countOf(this.#flying.keys());
  }

  /** Events in flight, those that wait for room, and those that `takeUnsent` would give. */
  get held(): number {
    return this.inFlight + countOf(this.#waiting) + countOf(this.#unsent.values());
  }

  /** Settles once it is on its way, that is when there is room in the window. @throws what has stopped it; then the batch is unsent */
  async add(batch: B): Promise<void> {
    const place = this.#added++;
    const { signal } = this.#stop;
    this.#waiting.add(batch);
    while (this.#flying.size >= this.#size && !signal.aborted) await Promise.race(this.#flying.values());
    this.#waiting.delete(batch);
    if (signal.aborted) {
      this.#unsent.set(place, batch);
      throw signal.reason;
    }
    this.#flying.set(batch, this.#fly(batch, place));
  }

  /** Settles when the peer has answered for all that `feed` adds. @throws what has stopped it; then nothing is in flight */
  async run(feed: () => Promise<void>): Promise<void> {
    try {
      await feed();
      await this.#flush();
    } catch (error) {
      this.#stop.end(error);
      await this.#flush().catch(() => undefined);
      throw this.#stop.signal.reason;
    } finally {
      this.#stop.end();
    }
  }

  /** The events that were not sent, in their order; nothing may be in flight. */
  takeUnsent(): UnifiedEvent[] {
    const inOrder = [...this.#unsent].sort(([a], [b]) => a - b);
    this.#unsent.clear();
    return inOrder.flatMap(([, { events }]) => events);
  }

  async #flush(): Promise<void> {
    await Promise.all(this.#flying.values());
    this.#stop.signal.throwIfAborted();
  }

  async #fly(batch: B, place: number): Promise<void> {
    try {
      await this.#send(batch);
    } catch (error) {
      this.#stop.end(error);
      this.#unsent.set(place, batch);
    } finally {
      this.#flying.delete(batch);
    }
  }
}

function countOf(batches: Iterable<Batch>): number {
  let sum = 0;
  for (const { count } of batches) sum += count;
  return sum;
}
