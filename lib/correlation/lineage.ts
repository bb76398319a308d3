/** Which process is a copy of which: a fork goes on with what its parent was, until it executes a program of its own. */
import { RecentGroups } from './recent-groups';

interface Life {
  /** The latest fork that made this pid. */
  birth: { readonly parent: number; readonly at: bigint } | undefined;
  execAt: bigint | undefined;
  /** Of the latest forks that were not seen to execute a program. */
  readonly copies: number[];
}

/** A process as far as another one goes on with it: what it did up to `until`. */
export interface Origin {
  readonly pid: number;
  readonly until: bigint;
}

/** Forks of forks, and copies of one process, that are looked at. */
const MOST_GENERATIONS = 8;
const MOST_COPIES = 16;

/** One thread's. Goes by timestamps, so events may come late. Memory: `capacity` processes; the one not heard of for longest is forgotten. */
export class Lineage {
  private readonly lives: RecentGroups<Life, number>;

  constructor(capacity: number) {
    this.lives = new RecentGroups(capacity, () => ({ birth: undefined, execAt: undefined, copies: [] }));
  }

  fork(parent: number, child: number, at: bigint): void {
    const life = this.lives.of(child);
    if (life.birth !== undefined && life.birth.at > at) return;
    life.birth = { parent, at };
    if (life.execAt !== undefined && life.execAt >= at) return;
    const { copies } = this.lives.of(parent);
    if (!copies.includes(child)) copies.push(child);
    if (copies.length > MOST_COPIES) copies.shift();
  }

  exec(pid: number, at: bigint): void {
    const life = this.lives.of(pid);
    if (life.execAt === undefined || at > life.execAt) life.execAt = at;
    const { birth } = life;
    if (birth === undefined || birth.at > at) return;
    const copies = this.lives.peek(birth.parent)?.copies;
    const index = copies?.indexOf(pid) ?? -1;
    if (index >= 0) copies?.splice(index, 1);
  }

  /** Whether it was made by a fork that was seen. */
  isCopy(pid: number): boolean {
    return this.lives.peek(pid)?.birth !== undefined;
  }

  /** What the process is at a time: itself, and what it is a copy of, the nearest first. */
  origins(pid: number, at: bigint): Origin[] {
    const found: Origin[] = [{ pid, until: at }];
    while (found.length < MOST_GENERATIONS) {
      const { pid: of, until } = found[found.length - 1];
      const { birth, execAt } = this.lives.peek(of) ?? {};
      if (birth === undefined || birth.at > until) break;
      if (execAt !== undefined && execAt >= birth.at && execAt <= until) break;
      found.push({ pid: birth.parent, until: birth.at });
    }
    return found;
  }

  /** Processes that go on with what this one is, or once was; the nearest first. */
  copiesOf(pid: number): number[] {
    const copies = [pid];
    for (let next = 0; next < copies.length && copies.length <= MOST_COPIES; next++) {
      for (const copy of this.lives.peek(copies[next])?.copies ?? []) {
        if (!copies.includes(copy)) copies.push(copy);
      }
    }
    return copies.slice(1);
  }
}
