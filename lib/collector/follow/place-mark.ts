/**
 * A place in a file, known again by the file's first bytes and the last ones before the place. A file that was cut and has grown again, a new one under the inode of an old one, or a copy are told
 * apart by it from the file that only grew.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';

/** Bytes that are compared at either end. */
const SAMPLE = 256;

export class PlaceMark {
  private constructor(
    readonly offset: number,
    private head: Buffer,
    private tail: Buffer,
  ) {}

  static start(): PlaceMark {
    return new PlaceMark(0, Buffer.alloc(0), Buffer.alloc(0));
  }

  /** headLength: of a mark that was made earlier. Undefined if the file is shorter. */
  static at(fd: number, offset: number, headLength?: number): PlaceMark | undefined {
    const head = headLength === undefined ? readUpTo(fd, SAMPLE) : readExactly(fd, 0, headLength);
    const tailLength = Math.min(SAMPLE, offset);
    const tail = readExactly(fd, offset - tailLength, tailLength);
    return head && tail && new PlaceMark(offset, head, tail);
  }

  get headLength(): number {
    return this.head.length;
  }

  /** The mark behind `bytes`, which follow this one. Keeps nothing of them but copies. */
  after(bytes: Buffer): PlaceMark {
    const head = this.head.length < SAMPLE ? this.grownHead(bytes) : this.head;
    const tail = bytes.length >= SAMPLE ? Buffer.from(bytes.subarray(-SAMPLE)) : lastOf(this.tail, bytes);
    return new PlaceMark(this.offset + bytes.length, head, tail);
  }

  /** Whether what stands before the place in that file is the same. */
  isIn(fd: number): boolean {
    const { offset, head, tail } = this;
    return (
      (readExactly(fd, offset - tail.length, tail.length)?.equals(tail) ?? false) &&
      (readExactly(fd, 0, head.length)?.equals(head) ?? false)
    );
  }

  /** The head may reach beyond the place. */
  private grownHead(bytes: Buffer): Buffer {
    const missing = bytes.subarray(
      Math.max(0, this.head.length - this.offset),
      Math.max(0, SAMPLE - this.offset),
    );
    return Buffer.concat([this.head, missing]);
  }

  get lastByte(): number | undefined {
    return this.tail.at(-1);
  }

  /** Tells this place without telling what the file says. */
  get digest(): string {
    return createHash('sha256').update(this.head).update(this.tail).digest('hex').slice(0, 32);
  }
}

function lastOf(kept: Buffer, bytes: Buffer): Buffer {
  return Buffer.from(Buffer.concat([kept, bytes]).subarray(-SAMPLE));
}

function readUpTo(fd: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, 0));
}

function readExactly(fd: number, position: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return fs.readSync(fd, bytes, 0, length, position) === length ? bytes : undefined;
}
