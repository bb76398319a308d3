/** Counts events by a name from outside, with a bound on the names and on their length whatever the input. */

import { ownText } from '../../own-text';

/** A longer name counts as its first characters. */
const LONGEST_NAME = 128;

/** One thread's. */
export class NameTally {
  private readonly counts = new Map<string, number>();
  private others = 0;

  /** mostNames: events of names beyond those are counted together. */
  constructor(private readonly mostNames = 256) {}

  add(name: string): void {
    const key = name.length <= LONGEST_NAME ? name : name.slice(0, LONGEST_NAME);
    const count = this.counts.get(key);
    if (count !== undefined) this.counts.set(key, count + 1);
    else if (this.counts.size >= this.mostNames) this.others++;
    // A slice keeps the whole text in memory: a long name is copied.
    else this.counts.set(key === name ? key : ownText(key), 1);
  }

  /** The most frequent names, and the sum of all others as '(other)' if there are any. */
  top(limit: number): [name: string, count: number][] {
    const sorted = [...this.counts].sort((a, b) => b[1] - a[1]);
    const others = sorted.slice(limit).reduce((sum, [, count]) => sum + count, this.others);
    return others > 0 ? [...sorted.slice(0, limit), ['(other)', others]] : sorted;
  }

  /** How often each was counted; a copy. */
  snapshot(): Map<string, number> {
    return new Map(this.counts);
  }
}
