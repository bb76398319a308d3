/** Finds TCP connections of one network namespace that opened or closed between two samples of its tables. */
import { Listeners, type Direction } from './listeners';
import type { ProcessInfo } from './process-watcher';
import type { FileReader } from './read-file';
import { tcpActivity } from './tcp-activity';
import { parseKey, parseTcpTable, reverseKey, TcpState, type Endpoint, type TcpLine } from './tcp-table';

export interface Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** 'ingress' if the remote side opened it; undefined where that cannot be told. */
  direction: Direction | undefined;
  /** undefined when the socket no longer belonged to a process when it was first seen. */
  readonly uid: number | undefined;
  /** '0' when the socket no longer belonged to a process when it was first seen. */
  readonly inode: string;
  /** For the watcher's owner: the process that held the socket when it was found, as it was when it was last seen. */
  owner?: ProcessInfo;
  /** The network namespace it is in, where that is not the one of this process. */
  readonly network: string | undefined;
}

export interface ConnectionChange {
  readonly kind: 'open' | 'close';
  readonly connection: Connection;
}

/** The tables are read at least every so many samples, however quiet it seems. */
const READ_EVERY = 10;

interface Tracked {
  inode: string;
  live: boolean;
  connection: Connection | undefined;
  sample: number;
}

/**
 * One thread's. A connection is open once its handshake is complete and until its socket is gone or in
 * TIME_WAIT. One that opened and closed between two samples is seen only if it was closed from this side:
 * its TIME_WAIT entry gives it away, and both changes are reported.
 */
export class ConnectionWatcher {
  private readonly tracked = new Map<string, Tracked>();
  private readonly listeners = new Listeners();
  /** Connections whose handshake the last reading of the tables met, with the direction that gave them away. */
  private handshakes = new Map<string, Direction>();
  /** New connections of a sample by their key, until their direction is known. */
  private undirected = new Map<string, Connection>();
  private samples = 0;
  private hasIPv6 = false;
  private activity: string | undefined;
  private skipped = 0;

  /**
   * `askOpeners` tells directions for keys of the tables where it can. `isNew`: the namespace came up while others were watched, and
   * so did all that is in it.
   */
  constructor(
    private readonly files: FileReader,
    private readonly askOpeners?: (keys: readonly string[]) => (Direction | undefined)[],
    private readonly isNew = false,
    private readonly network?: string,
  ) {}

  /** Changes since the call before; the first call only looks, unless all is new. `directory`: as /proc/PID/net. */
  sample(directory: string): ConnectionChange[] {
    const changes: ConnectionChange[] = [];
    if (this.isQuiet(directory)) return changes;
    const lines = this.readTables(directory);
    if (!lines) {
      this.activity = undefined;
      return changes;
    }
    this.samples++;
    const listening = lines.filter(({ state }) => state === TcpState.Listen);
    this.listeners.replace(listening.map(({ key }) => parseKey(key).local));
    const handshakes = new Map<string, Direction>();
    for (const line of lines) {
      if (line.state === TcpState.SynSent) handshakes.set(line.key, 'egress');
      else if (line.state === TcpState.SynReceived) handshakes.set(line.key, 'ingress');
      else this.visit(line, changes);
    }
    this.direct(lines);
    this.handshakes = handshakes;
    for (const [key, entry] of this.tracked) {
      if (entry.sample === this.samples) continue;
      this.tracked.delete(key);
      if (entry.live && entry.connection) changes.push({ kind: 'close', connection: entry.connection });
    }
    return changes;
  }

  /** The namespace is gone, and all connections with it. */
  end(): ConnectionChange[] {
    const live = [...this.tracked.values()].filter((entry) => entry.live);
    this.tracked.clear();
    return live.flatMap(({ connection }) => (connection ? [{ kind: 'close', connection }] : []));
  }

  /** undefined: they cannot be read, as the process through which they are seen is gone. */
  private readTables(directory: string): TcpLine[] | undefined {
    const four = this.files.read(`${directory}/tcp`);
    const six = this.files.read(`${directory}/tcp6`);
    if (four === undefined || (six === undefined && this.hasIPv6)) return undefined;
    this.hasIPv6 = six !== undefined;
    return [...parseTcpTable(four), ...parseTcpTable(six ?? '')];
  }

  private isQuiet(directory: string): boolean {
    const before = this.activity;
    // Read before the tables: what changes in between makes the next sample read them again.
    this.activity = tcpActivity(directory, this.files);
    const quiet = before !== undefined && before === this.activity && this.skipped + 1 < READ_EVERY;
    this.skipped = quiet ? this.skipped + 1 : 0;
    return quiet;
  }

  private visit(line: TcpLine, changes: ConnectionChange[]): void {
    if (line.state === TcpState.Close || line.state === TcpState.Listen) return;
    const live = line.state !== TcpState.TimeWait;
    const known = this.tracked.get(line.key);
    if (known) {
      known.sample = this.samples;
      // A socket the process has closed shows inode 0 until the other side is done: still the same one.
      const same = line.inode === known.inode || line.inode === '0' || known.inode === '0';
      if (known.live === live && (same || !live)) return;
      if (known.live && known.connection) changes.push({ kind: 'close', connection: known.connection });
      known.live = live;
      known.inode = line.inode;
      if (live) {
        known.connection = this.describe(line);
        changes.push({ kind: 'open', connection: known.connection });
      }
      return;
    }
    const connection = this.describe(line);
    this.tracked.set(line.key, { inode: line.inode, live, connection, sample: this.samples });
    if (this.samples === 1 && !this.isNew) return;
    changes.push({ kind: 'open', connection });
    if (!live) changes.push({ kind: 'close', connection });
  }

  private describe(line: TcpLine): Connection {
    const { local, remote } = parseKey(line.key);
    const { network } = this;
    const uid = line.inode === '0' ? undefined : line.uid;
    const direction = this.handshakes.get(line.key);
    const connection: Connection = { local, remote, direction, uid, inode: line.inode, network };
    if (!direction) this.undirected.set(line.key, connection);
    return connection;
  }

  /** Asks the kernel first: who listens tells nothing where both ends do, or where packets are redirected. */
  private direct(lines: readonly TcpLine[]): void {
    if (this.undirected.size === 0) return;
    const keys = new Set(lines.map(({ key }) => key));
    const answers = this.askOpeners?.([...this.undirected.keys()]) ?? [];
    let index = 0;
    for (const [key, connection] of this.undirected) {
      const { local, remote } = connection;
      connection.direction =
        answers[index++] ?? this.listeners.directionOf(local, remote, keys.has(reverseKey(key)));
    }
    this.undirected = new Map();
  }
}
