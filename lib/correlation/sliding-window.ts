/** Anything that happened at a time: nanoseconds since the Unix epoch. */
export interface Timed {
  readonly timestamp: bigint;
}

/**
 * The items of a length of time that ends with the newest of them, by their own timestamps and not by a clock, so that they may come
 * late and out of order. One thread's. Full: the oldest item goes.
 */
export class SlidingWindow<T extends Timed> {
  /** Oldest first; of equal timestamps, in the order they came. */
  readonly items: readonly T[];
  private readonly held: T[] = [];
  private lateInARow = 0;

  /** @param lengthNs nanoseconds, above 0 @param capacity items, an integer from 1 @param left told of each item that goes */
  constructor(
    private readonly lengthNs: bigint,
    private readonly capacity: number,
    private readonly left?: (item: T) => void,
  ) {
    this.items = this.held;
  }

  /** False if the item is older than the window, or older than all in a full one: it is not kept. */
  add(item: T): boolean {
    const { held, lengthNs, capacity } = this;
    const newest = held.at(-1)?.timestamp;
    if (newest !== undefined && item.timestamp <= newest - lengthNs) {
      // One stray timestamp of the future must not end the window for good; nor must a clock that was set back.
      if (++this.lateInARow < capacity) return false;
      this.drop(held.length);
    }
    this.lateInARow = 0;
    let at = held.length;
    while (at > 0 && held[at - 1].timestamp > item.timestamp) at--;
    if (at === 0 && held.length === capacity) return false;
    held.splice(at, 0, item);
    this.expire();
    return true;
  }

  private expire(): void {
    const { held, lengthNs, capacity } = this;
    const oldest = held[held.length - 1].timestamp - lengthNs;
    let gone = Math.max(0, held.length - capacity);
    while (held[gone].timestamp <= oldest) gone++;
    if (gone > 0) this.drop(gone);
  }

  private drop(count: number): void {
    const gone = this.held.splice(0, count);
    if (this.left) gone.forEach(this.left);
  }
}
