/** What is kept for each group, of a bounded number of groups: a new one takes the place of the one not asked for longest. One thread's. */
export class RecentGroups<T, K = string> {
  /** A Map keeps the order of insertion, and each `of` inserts anew: the first is the one not asked for longest. */
  private readonly groups = new Map<K, T>();

  /** @param capacity groups, an integer from 1 */
  constructor(
    private readonly capacity: number,
    private readonly create: () => T,
  ) {}

  get size(): number {
    return this.groups.size;
  }

  /** What there is of it; that does not count as asking. */
  peek(key: K): T | undefined {
    return this.groups.get(key);
  }

  of(key: K): T {
    const { groups, capacity } = this;
    const found = groups.get(key);
    if (found !== undefined) groups.delete(key);
    else if (groups.size === capacity) groups.delete(groups.keys().next().value as K);
    const group = found ?? this.create();
    groups.set(key, group);
    return group;
  }
}
