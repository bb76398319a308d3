/** Writing to a descriptor so that this thread never stands still in a system call, and so that every byte the kernel took is known. */
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tty from 'node:tty';
import { promisify } from 'node:util';

export interface Written {
  /** Bytes that the kernel took, from the first on. */
  readonly taken: number;
  /** Why it took no more; undefined: it took all. */
  readonly error?: NodeJS.ErrnoException;
}

/** One thread's, one write at a time. */
export interface Writer {
  readonly isTerminal: boolean;
  /** Never rejects. */
  write(bytes: Buffer): Promise<Written>;
  /** A write that waits for its reader ends with this error. Nothing may be written after that. */
  abandon(error: Error): void;
  close(): Promise<void>;
}

/** Of a pipe, at least this much is taken whole or not at all (PIPE_BUF). */
const ATOMIC_BYTES = 4096;
/** Between two tries where nothing tells that there is room. */
const RETRY_MS = 5;

const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
const writeFile = promisify(fs.write);
const closeFile = promisify(fs.close);

/** Takes over an open descriptor. Files go through the thread pool; all else must not block and waits for its reader. */
export function writerOf(fd: number): Writer {
  const stat = fs.fstatSync(fd);
  return stat.isFile() || stat.isBlockDevice() ? new FileWriter(fd) : new ReaderWriter(fd, stat);
}

/** Standard output or error. Its non-blocking mode is this process's alone wherever the system can open it again. */
export function standardWriter(fd: 1 | 2): Writer {
  const stat = fs.fstatSync(fd);
  if (stat.isFile() || stat.isBlockDevice()) return new FileWriter(fd);
  try {
    return new ReaderWriter(fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY), stat);
  } catch {
    // A socket, a terminal of another user, a pipe without readers, no /proc.
    return new ReaderWriter(fd, stat);
  }
}

class FileWriter implements Writer {
  readonly isTerminal = false;
  private abandoned: Error | undefined;

  constructor(private readonly fd: number) {}

  async write(bytes: Buffer): Promise<Written> {
    let taken = 0;
    try {
      // What a full disk or a limit leaves room for is a short write; the next one tells the reason.
      while (taken < bytes.length) {
        if (this.abandoned) return { taken, error: this.abandoned };
        taken += (await writeFile(this.fd, bytes, taken, bytes.length - taken, null)).bytesWritten;
      }
      return { taken };
    } catch (error) {
      return { taken, error: error as NodeJS.ErrnoException };
    }
  }

  abandon(error: Error): void {
    this.abandoned = error;
  }

  close(): Promise<void> {
    return closeFile(this.fd);
  }
}

/** A pipe, a socket, a terminal or another device: something that is as fast as who reads it. */
class ReaderWriter implements Writer {
  readonly isTerminal: boolean;
  /** Waits for room in the event loop; its construction makes the descriptor non-blocking. */
  private readonly socket: net.Socket | undefined;
  private readonly abandoning = new AbortController();

  constructor(
    private readonly fd: number,
    stat: fs.Stats,
  ) {
    this.isTerminal = tty.isatty(fd);
    if (!stat.isFIFO() && !stat.isSocket()) return;
    this.socket = new net.Socket({ fd, readable: false, writable: true });
    // Writes have the error, too.
    this.socket.on('error', () => {});
  }

  async write(bytes: Buffer): Promise<Written> {
    const { signal } = this.abandoning;
    let taken = 0;
    try {
      while (taken < bytes.length) {
        signal.throwIfAborted();
        taken += this.writeNow(bytes, taken);
        if (taken < bytes.length)
          taken += await this.waitForRoom(bytes.subarray(taken, taken + ATOMIC_BYTES));
      }
      return { taken };
    } catch (error) {
      return { taken, error: (signal.aborted ? signal.reason : error) as NodeJS.ErrnoException };
    }
  }

  abandon(error: Error): void {
    this.abandoning.abort(error);
    this.socket?.destroy();
  }

  async close(): Promise<void> {
    if (!this.socket) return closeFile(this.fd);
    const { socket } = this;
    if (socket.closed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  /** How much is taken at once. */
  private writeNow(bytes: Buffer, from: number): number {
    try {
      return fs.writeSync(this.fd, bytes, from);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  }

  /** Resolves when there may be room, with how much of the piece was taken already: all or nothing. */
  private async waitForRoom(piece: Buffer): Promise<number> {
    const { socket } = this;
    if (!socket) {
      await delay(RETRY_MS, undefined, { signal: this.abandoning.signal });
      return 0;
    }
    await new Promise<void>((resolve, reject) => {
      socket.write(piece, (error) => (error ? reject(error) : resolve()));
    });
    // A socket that is destroyed calls back as if it had written.
    this.abandoning.signal.throwIfAborted();
    return piece.length;
  }
}
