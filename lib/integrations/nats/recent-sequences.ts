/** More than a consumer has unacknowledged, by default 1,000: only those come again. */
const MOST = 65_536;

/**
 * The sequences of a stream that were stored last. Memory: at most 65,536 of them, the oldest give way.
 */
export class RecentSequences {
  /** A Set keeps the order in which its values were added. */
  readonly #sequences = new Set<number>();

  has(sequence: number): boolean {
    return this.#sequences.has(sequence);
  }

  add(sequence: number): void {
    this.#sequences.add(sequence);
    if (this.#sequences.size <= MOST) return;
    const [oldest] = this.#sequences;
    this.#sequences.delete(oldest);
  }
}
