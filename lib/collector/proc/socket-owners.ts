/** Finds which process holds a socket, by the links in /proc/PID/fd, at a bounded cost. */
import fs from 'node:fs';
import type { WatchedProcess } from './process-watcher';
import { undefinedIfGone } from './read-file';

/**
 * Most links read in one lookup, a few microseconds each; what is not found by then stays unknown. Not a time:
 * on a busy host the thread may not run for a while, and that says nothing about the cost.
 */
const MOST_LINKS = 4096;

/** One thread's. Only processes of the same user, or all of them for root, can be looked into. */
export class SocketOwners {
  /** Processes that held a wanted socket before, the latest last: the likeliest to open the next one. */
  private readonly likely = new Set<number>();

  private linksLeft = 0;

  /** The pid for each inode that was found. `processes`: all of them, the newest last. */
  find(inodes: ReadonlySet<string>, processes: Iterable<WatchedProcess>): Map<string, number> {
    const found = new Map<string, number>();
    if (inodes.size === 0) return found;
    this.linksLeft = MOST_LINKS;
    const directories = new Map([...processes].map(({ pid, directory }) => [pid, directory]));
    const order = new Set([...[...this.likely].reverse(), ...[...directories.keys()].reverse()]);
    for (const pid of order) {
      if (found.size === inodes.size || this.linksLeft <= 0) break;
      const directory = directories.get(pid);
      if (directory === undefined) this.likely.delete(pid);
      else this.searchProcess(pid, `${directory}/fd`, inodes, found);
    }
    return found;
  }

  private searchProcess(
    pid: number,
    directory: string,
    inodes: ReadonlySet<string>,
    found: Map<string, number>,
  ): void {
    let names: string[];
    try {
      names = fs.readdirSync(directory);
    } catch (error) {
      this.likely.delete(pid);
      return undefinedIfGone(error);
    }
    // New sockets have the highest descriptors.
    for (const name of names.reverse()) {
      if (this.linksLeft-- <= 0) return;
      const inode = socketInode(`${directory}/${name}`);
      if (inode === undefined || !inodes.has(inode) || found.has(inode)) continue;
      found.set(inode, pid);
      this.likely.delete(pid);
      this.likely.add(pid);
      if (this.likely.size > 64) this.likely.delete(this.likely.values().next().value as number);
      if (found.size === inodes.size) return;
    }
  }
}

function socketInode(link: string): string | undefined {
  try {
    const target = fs.readlinkSync(link);
    return target.startsWith('socket:[') ? target.slice(8, -1) : undefined;
  } catch (error) {
    return undefinedIfGone(error);
  }
}
