/** One open file: its lines as they come, and whether it still is the file that was read so far. One thread's. */
import fs from 'node:fs';
import path from 'node:path';
import { NdjsonLines, type NdjsonLine } from '../../event/ndjson-lines';
import { MEMORY } from '../memory-plan';
import { PlaceMark } from './place-mark';

const NEWLINE = 0x0a;
/** Files whose first bytes are the same, as headers are, differ within so many. */
const TELLING_BYTES = 256;

/** What tells a place in a file in a later run. */
export interface KnownPlace {
  readonly offset: number;
  /** How many of the file's first bytes are in the digest. */
  readonly headLength: number;
  /** Of the PlaceMark. */
  readonly digest: string;
}

export class FollowedFile {
  /** Tells it from every other file that exists now. */
  readonly key: string;
  /** No place of it has been saved. */
  isNew = true;
  /** Set while there may be something to read. */
  mayHaveMore = true;
  /** Everything before this byte has become events that are in the buffer, or has been told as none. */
  accepted = 0;
  /** When it was last found longer than before, by performance.now(). */
  grewAt = 0;
  /** When it was first found at none of the paths, by performance.now(); it is let go some time after its last growth. */
  leftAt: number | undefined;
  private mark: PlaceMark;
  private lines: NdjsonLines;
  /** Reading began in the middle of a line. */
  private skipsTornLine = false;

  private constructor(
    readonly fd: number,
    readonly device: bigint,
    readonly inode: bigint,
    public path: string,
  ) {
    this.key = `${device}:${inode}`;
    this.mark = PlaceMark.start();
    this.lines = new NdjsonLines(MEMORY.lineBytes);
  }

  /** Throws what open throws, and an error for what is no regular file. Never waits for the other end of a pipe. */
  static open(file: string): FollowedFile {
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
    const stat = fs.fstatSync(fd, { bigint: true });
    if (stat.isFile()) return new FollowedFile(fd, stat.dev, stat.ino, file);
    fs.closeSync(fd);
    throw new Error(
      stat.isDirectory()
        ? 'is a directory: name its files, as in DIRECTORY/*'
        : 'is no regular file: what comes by a pipe can be read by --source stdin',
    );
  }

  /** Bytes read so far, a line whose end has not come included. */
  get offset(): number {
    return this.mark.offset;
  }

  get maxLineBytes(): number {
    return this.lines.maxBytes;
  }

  /** Where it lies now, links followed, whatever name it had when it was opened; undefined once it is removed. */
  get location(): string | undefined {
    try {
      const name = fs.readlinkSync(`/proc/self/fd/${this.fd}`);
      return name.endsWith(' (deleted)') ? undefined : name;
    } catch {
      return undefined;
    }
  }

  /** Goes on from a place of an earlier run. False if this is not the file that was read then. */
  resume(place: KnownPlace): boolean {
    const mark = this.markOf(place);
    if (mark) this.goTo(mark);
    return mark !== undefined;
  }

  /** Whether it says what stood before that place. */
  holds(place: KnownPlace): boolean {
    return this.markOf(place) !== undefined;
  }

  /** Whether its name, or how much there is to compare, lets its content decide that. */
  mayBeCopyOf(file: string, headLength: number): boolean {
    const named = path.basename(this.path).startsWith(path.basename(file));
    return headLength > 0 && (named || headLength >= TELLING_BYTES);
  }

  /** Goes on from the last whole line of another file, of which this one is a copy. False if it is none. */
  resumeAfter(other: FollowedFile): boolean {
    if (!this.mayBeCopyOf(other.path, other.mark.headLength) || !other.mark.isIn(this.fd)) return false;
    const mark = PlaceMark.at(this.fd, other.lines.unfinishedFrom);
    if (mark) this.goTo(mark);
    return mark !== undefined;
  }

  /** Only what comes from now on; of a line that is being written, nothing. */
  skipToEnd(): void {
    const mark = PlaceMark.at(this.fd, fs.fstatSync(this.fd).size);
    if (mark) this.goTo(mark);
  }

  /**
   * The lines that end in the next part of the file; 'cut' when the file was cut, or cut and written anew, since.
   * Reads into `buffer`, of which nothing is kept.
   */
  read(buffer: Buffer): NdjsonLine[] | 'cut' {
    const length = fs.readSync(this.fd, buffer, 0, buffer.length, this.mark.offset);
    // After the read: what was read came from the file as it is known only if that still is so.
    if (!this.mark.isIn(this.fd)) return 'cut';
    this.mayHaveMore = length === buffer.length;
    if (length > 0) this.grewAt = performance.now();
    const bytes = buffer.subarray(0, length);
    this.mark = this.mark.after(bytes);
    const lines = this.lines.push(bytes);
    if (this.skipsTornLine && this.lines.ended > 0) {
      this.skipsTornLine = false;
      if (lines[0]?.number === 1) lines.shift();
    }
    return lines;
  }

  /** What stands behind the last newline, as a line. */
  readTornLine(): NdjsonLine[] {
    return this.skipsTornLine ? [] : this.lines.end();
  }

  startOver(): void {
    this.isNew = true;
    this.goTo(PlaceMark.start());
  }

  /** A place before the own one; undefined if the file is no longer as it was read. */
  placeAt(offset: number): KnownPlace | undefined {
    const mark = PlaceMark.at(this.fd, offset);
    if (!mark || !this.mark.isIn(this.fd)) return undefined;
    return { offset, headLength: mark.headLength, digest: mark.digest };
  }

  close(): void {
    fs.closeSync(this.fd);
  }

  private markOf({ offset, headLength, digest }: KnownPlace): PlaceMark | undefined {
    const mark = PlaceMark.at(this.fd, offset, headLength);
    return mark?.digest === digest ? mark : undefined;
  }

  private goTo(mark: PlaceMark): void {
    this.mark = mark;
    this.lines = new NdjsonLines(MEMORY.lineBytes, mark.offset);
    this.accepted = mark.offset;
    this.mayHaveMore = true;
    this.skipsTornLine = mark.lastByte !== undefined && mark.lastByte !== NEWLINE;
  }
}
