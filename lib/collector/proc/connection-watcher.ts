/** Finds TCP connections that opened or closed between two samples of /proc/net/tcp and tcp6. */
import type { FileReader } from './read-file';
import { tcpActivity } from './tcp-activity';
import { localPort, parseKey, parseTcpTable, TcpState, type Endpoint, type TcpLine } from './tcp-table';

export interface Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** 'ingress' if the local port was being listened on. */
  readonly direction: 'ingress' | 'egress';
  /** undefined when the socket no longer belonged to a process when it was first seen. */
  readonly uid: number | undefined;
  /** '0' when the socket no longer belonged to a process when it was first seen. */
  readonly inode: string;
  /** For the watcher's owner: the process that holds the socket, once it has been looked up. */
  pid?: number;
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
  private readonly listening = new Set<number>();
  private samples = 0;
  private activity: string | undefined;
  private skipped = 0;

  constructor(
    private readonly root: string,
    private readonly files: FileReader,
  ) {}

  /** Changes since the call before; the first call only looks. */
  sample(): ConnectionChange[] {
    const changes: ConnectionChange[] = [];
    if (this.isQuiet()) return changes;
    this.samples++;
    const lines = ['tcp', 'tcp6'].flatMap((name) =>
      parseTcpTable(this.files.read(`${this.root}/net/${name}`) ?? ''),
    );
    // Before all else: the direction of a new connection depends on who listens. Ports are forgotten one
    // sample late, so that what a closing server accepted last is still ingress.
    const listening = lines
      .filter((line) => line.state === TcpState.Listen)
      .map((line) => localPort(line.key));
    for (const port of listening) this.listening.add(port);
    for (const line of lines) this.visit(line, changes);
    for (const [key, entry] of this.tracked) {
      if (entry.sample === this.samples) continue;
      this.tracked.delete(key);
      if (entry.live && entry.connection) changes.push({ kind: 'close', connection: entry.connection });
    }
    this.listening.clear();
    for (const port of listening) this.listening.add(port);
    return changes;
  }

  private isQuiet(): boolean {
    const before = this.activity;
    // Read before the tables: what changes in between makes the next sample read them again.
    this.activity = tcpActivity(this.root, this.files);
    const quiet = before !== undefined && before === this.activity && this.skipped + 1 < READ_EVERY;
    this.skipped = quiet ? this.skipped + 1 : 0;
    return quiet;
  }

  private visit(line: TcpLine, changes: ConnectionChange[]): void {
    switch (line.state) {
      case TcpState.SynSent:
      case TcpState.SynReceived:
      case TcpState.Close:
      case TcpState.Listen:
        return;
    }
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
    if (this.samples === 1) return;
    changes.push({ kind: 'open', connection });
    if (!live) changes.push({ kind: 'close', connection });
  }

  private describe(line: TcpLine): Connection {
    const { local, remote } = parseKey(line.key);
    const direction = this.listening.has(local.port) ? 'ingress' : 'egress';
    return { local, remote, direction, uid: line.inode === '0' ? undefined : line.uid, inode: line.inode };
  }
}
