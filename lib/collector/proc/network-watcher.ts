/** The TCP connections of all network namespaces that have a visible process. */
import { ConnectionWatcher, type ConnectionChange } from './connection-watcher';
import { namespaceName, namespaceOf } from './network-namespace';
import type { WatchedProcess } from './process-watcher';
import type { FileReader } from './read-file';
import { askOpeners } from './tcp-openers';

/** Most namespaces watched besides our own; each takes three small files to see that nothing has changed. */
const MOST_NAMESPACES = 128;
/** Most processes of a namespace tried in a sample, until one still lets its tables be seen. */
const MOST_TRIED = 4;

/**
 * One thread's. The tables of a network namespace are seen through any process that is in it: what has none is not seen, and its
 * connections have ended.
 */
export class NetworkWatcher {
  private readonly own: ConnectionWatcher;
  private readonly ownId: number | undefined;
  /** Whether namespaces can be told apart, so that none is watched twice. */
  private readonly seesOthers: boolean;
  private readonly others = new Map<number, ConnectionWatcher>();
  private readonly warned = new Set<string>();
  private samples = 0;

  /** `warn` is told once of each kind of connections that are not seen. */
  constructor(
    private readonly root: string,
    private readonly files: FileReader,
    private readonly warn: (text: string) => void,
  ) {
    this.own = new ConnectionWatcher(files, askOpeners);
    const id = namespaceOf(`${root}/self`);
    this.ownId = typeof id === 'number' ? id : undefined;
    // Two ways to one namespace: some systems that imitate /proc number its files anew for each.
    this.seesOthers = id !== 'hidden' && namespaceOf(`${root}/thread-self`) === id;
    if (!this.seesOthers) {
      this.warnOnce(
        'this system does not tell network namespaces apart: only connections of its own are seen',
      );
    }
  }

  /** Changes since the call before; the first call only looks. `processes`: all that live. */
  sample(processes: Iterable<WatchedProcess>): ConnectionChange[] {
    this.samples++;
    const changes = this.own.sample(`${this.root}/self/net`);
    const members = this.seesOthers ? this.membersOfOthers(processes) : new Map<number, string[]>();
    for (const [id, watcher] of this.others) {
      if (members.has(id)) continue;
      this.others.delete(id);
      changes.push(...watcher.end());
    }
    for (const [id, directories] of members) {
      // A process may have ended or moved since it was looked at.
      const directory = directories.slice(0, MOST_TRIED).find((one) => namespaceOf(one) === id);
      if (directory === undefined) continue;
      const watcher = this.others.get(id) ?? this.watch(id, directory);
      if (watcher) changes.push(...watcher.sample(`${directory}/net`));
    }
    return changes;
  }

  /** Where processes of each other namespace are found, the oldest first. */
  private membersOfOthers(processes: Iterable<WatchedProcess>): Map<number, string[]> {
    const members = new Map<number, string[]>();
    for (const { network, directory } of processes) {
      if (network === 'hidden') {
        this.warnOnce('some processes hide their network namespace: connections in it may not be seen');
      } else if (network !== undefined && network !== this.ownId) {
        const directories = members.get(network);
        if (directories) directories.push(directory);
        else members.set(network, [directory]);
      }
    }
    return members;
  }

  private watch(id: number, directory: string): ConnectionWatcher | undefined {
    if (this.others.size >= MOST_NAMESPACES) {
      this.warnOnce(
        `more than ${MOST_NAMESPACES} other network namespaces: connections in the rest are not seen`,
      );
      return undefined;
    }
    const name = namespaceName(directory) ?? 'other';
    const watcher = new ConnectionWatcher(this.files, undefined, this.samples > 1, name);
    this.others.set(id, watcher);
    return watcher;
  }

  private warnOnce(text: string): void {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    this.warn(text);
  }
}
