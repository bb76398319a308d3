/** Reading small files of /proc at the least cost: one buffer for all of them, and no error for what is gone. */
import fs from 'node:fs';

/** One thread's. Not for files that change while they are read in parts. */
export class FileReader {
  private buffer = Buffer.allocUnsafe(65_536);

  /** The whole file as UTF-8; undefined if it is gone or may not be read (processes vanish at any moment). */
  read(path: string): string | undefined {
    return this.readUntil(path, (count) => count === 0);
  }

  /** Likewise a file that the kernel writes in one piece, as those of one process are: a short read is its end. */
  readPiece(path: string): string | undefined {
    return this.readUntil(path, (count, room) => count < room);
  }

  private readUntil(path: string, isEnd: (count: number, room: number) => boolean): string | undefined {
    let fd: number;
    try {
      fd = fs.openSync(path, 'r');
    } catch (error) {
      return undefinedIfGone(error);
    }
    try {
      let length = 0;
      for (;;) {
        const room = this.buffer.length - length;
        const count = fs.readSync(fd, this.buffer, length, room, null);
        length += count;
        if (isEnd(count, room)) return this.buffer.toString('utf8', 0, length);
        if (length === this.buffer.length) this.grow();
      }
    } catch (error) {
      return undefinedIfGone(error);
    } finally {
      fs.closeSync(fd);
    }
  }

  private grow(): void {
    const larger = Buffer.allocUnsafe(this.buffer.length * 2);
    this.buffer.copy(larger);
    this.buffer = larger;
  }
}

/** EINVAL: the network tables of a process that is ending. */
const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR', 'EINVAL']);

/** Rethrows what is not the ordinary way of a process to vanish or to be private. */
export function undefinedIfGone(error: unknown): undefined {
  if (!GONE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  return undefined;
}
