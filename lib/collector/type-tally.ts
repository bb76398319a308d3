/** Counts events by type, with a bound on the number of types whatever the input. */
const MOST_TYPES = 256;

export class TypeTally {
  private readonly counts = new Map<string, number>();
  private others = 0;

  add(type: string): void {
    const count = this.counts.get(type);
    if (count !== undefined) this.counts.set(type, count + 1);
    else if (this.counts.size < MOST_TYPES) this.counts.set(type, 1);
    else this.others++;
  }

  /** The most frequent types, and the sum of all others as '(other)' if there are any. */
  top(limit: number): [type: string, count: number][] {
    const sorted = [...this.counts].sort((a, b) => b[1] - a[1]);
    const others = sorted.slice(limit).reduce((sum, [, count]) => sum + count, this.others);
    return others > 0 ? [...sorted.slice(0, limit), ['(other)', others]] : sorted;
  }
}
