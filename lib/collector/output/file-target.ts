/** The file of a sink: opened so that others may truncate, rename or append to it, and never one that is read. */
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../command-line/command';
import { findInput, type FileIdentity } from './file-identity';
import { writerOf, type Writer } from './writer';

const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK, O_NOCTTY } = fs.constants;
/** Between two looks whether a named pipe has a reader. */
const READER_MS = 50;
const NEWLINE = 0x0a;

export class FileTarget {
  private fd = -1;
  private isFile = false;

  constructor(
    readonly path: string,
    private readonly inputs: readonly FileIdentity[],
  ) {}

  /** A file that is there is emptied, unless it is appended to. A named pipe is waited for until somebody reads it. */
  async open(append: boolean): Promise<Writer> {
    for (;;) {
      try {
        return this.openNow(append);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EISDIR')
          throw new UsageError(
            `--sink ${JSON.stringify(`file:${this.path}`)}: is a directory: name a file in it`,
          );
        if (code !== 'ENXIO' || !fs.statSync(this.path).isFIFO()) throw error;
        await delay(READER_MS);
      }
    }
  }

  /** Goes on in what has the path by now; throws for a named pipe without a reader, which would hold up all that is to be written. */
  reopen(): Writer {
    return this.openNow(true);
  }

  /** Whether another file can take this one's name; not that of a pipe or a device. */
  get canReopen(): boolean {
    return this.isFile;
  }

  /** Takes the beginning of a line back out of the end of the file. False: it could not. */
  cutBack(torn: Buffer): boolean {
    try {
      const fd = fs.openSync(`/proc/self/fd/${this.fd}`, 'r+');
      try {
        return cutTail(fd, torn);
      } finally {
        fs.closeSync(fd);
      }
    } catch {
      return false;
    }
  }

  private openNow(append: boolean): Writer {
    const fd = fs.openSync(this.path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY, 0o666);
    try {
      const input = findInput(fd, this.inputs);
      if (input)
        throw new UsageError(
          `--sink ${JSON.stringify(`file:${this.path}`)} is the file that ${input.name} reads`,
        );
      this.isFile = fs.fstatSync(fd).isFile();
      if (this.isFile) {
        if (append) endLastLine(fd);
        else fs.ftruncateSync(fd, 0);
      }
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    this.fd = fd;
    return writerOf(fd);
  }
}

/** Another's last line may lack its end; the first event must not become a part of it. */
function endLastLine(fd: number): void {
  const last = Buffer.alloc(1);
  try {
    const reader = fs.openSync(`/proc/self/fd/${fd}`, 'r');
    try {
      const { size } = fs.fstatSync(reader);
      if (size === 0 || fs.readSync(reader, last, 0, 1, size - 1) === 0) return;
    } finally {
      fs.closeSync(reader);
    }
  } catch {
    // It may be written, and not read.
    return;
  }
  if (last[0] !== NEWLINE) fs.writeSync(fd, '\n');
}

/** Only what is surely ours: somebody else may have appended in between. */
function cutTail(fd: number, torn: Buffer): boolean {
  const { size } = fs.fstatSync(fd);
  const tail = Buffer.alloc(torn.length);
  if (size < tail.length || fs.readSync(fd, tail, 0, tail.length, size - tail.length) < tail.length)
    return false;
  if (!tail.equals(torn)) return false;
  fs.ftruncateSync(fd, size - tail.length);
  return true;
}
