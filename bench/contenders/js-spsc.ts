/**
 * The ring a Node user writes by hand for one producer and one consumer: records of any length, back to back in
 * shared memory, read and written in place. Positions are byte counts that wrap at 2^32.
 */

const TAIL = 0;
/** Words of 4 bytes: 128 bytes apart, so that the two ends share no cache line. */
const HEAD = 32;
export const SLEEPING = 64;
const CONTROL_BYTES = 384;
/** In Node 20 `Atomics.waitAsync` was seen to sleep on after a notify; its users look again after a time. */
const LOST_WAKE_MS = 10;
/** In place of a record's size: the rest up to the end of the memory is unused. */
const WRAP = -1;

export class JsSpscRing {
  /** The whole memory; offsets below are into it. */
  readonly bytes: Uint8Array;
  /** Bytes of the record that `next` found. */
  size = 0;
  protected readonly control: Int32Array;
  private readonly words: Int32Array;
  private readonly mask: number;
  private tail = 0;
  private head = 0;
  private headSeen = 0;
  private tailSeen = 0;
  private at = 0;

  /** @param capacity bytes, a power of two */
  static memory(capacity: number): SharedArrayBuffer {
    return new SharedArrayBuffer(CONTROL_BYTES + capacity);
  }

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.words = new Int32Array(memory, CONTROL_BYTES);
    this.mask = this.bytes.length - 1;
  }

  /** Offset of room for a record of at most `most` bytes, -1 when there is none. */
  reserve(most: number): number {
    const needed = aligned(most);
    const at = this.tail & this.mask;
    const toEnd = this.mask + 1 - at;
    const total = toEnd < needed ? toEnd + needed : needed;
    if (this.mask + 1 - ((this.tail - this.headSeen) | 0) < total) {
      this.headSeen = Atomics.load(this.control, HEAD);
      if (this.mask + 1 - ((this.tail - this.headSeen) | 0) < total) return -1;
    }
    this.at = at;
    if (toEnd < needed) {
      this.words[at >> 2] = WRAP;
      this.tail = (this.tail + toEnd) | 0;
      this.at = 0;
    }
    return this.at + 4;
  }

  /** Publishes the record written where `reserve` said. */
  commit(size: number): void {
    this.append(size);
    this.publish();
  }

  /** Of several records: each in turn, and then `publish` once. */
  append(size: number): void {
    this.words[this.at >> 2] = size;
    this.tail = (this.tail + aligned(size)) | 0;
  }

  publish(): void {
    Atomics.store(this.control, TAIL, this.tail);
  }

  /** After `commit`, for a consumer that sleeps. */
  wake(): void {
    if (Atomics.load(this.control, SLEEPING) === 0) return;
    Atomics.store(this.control, SLEEPING, 0);
    Atomics.notify(this.control, TAIL);
  }

  /** Offset of the next record, -1 when there is none. */
  next(): number {
    if (this.head === this.tailSeen) {
      this.tailSeen = Atomics.load(this.control, TAIL);
      if (this.head === this.tailSeen) return -1;
    }
    let at = this.head & this.mask;
    if (this.words[at >> 2] === WRAP) {
      this.head = (this.head + this.mask + 1 - at) | 0;
      at = 0;
    }
    this.size = this.words[at >> 2];
    this.head = (this.head + aligned(this.size)) | 0;
    return at + 4;
  }

  get isEmpty(): boolean {
    return this.head === Atomics.load(this.control, TAIL);
  }

  /** Frees all that `next` has found. */
  release(): void {
    Atomics.store(this.control, HEAD, this.head);
  }

  /** Settles when there is something after an empty answer of `next`. */
  async sleep(): Promise<void> {
    Atomics.store(this.control, SLEEPING, 1);
    const result = waitAsync(this.control, TAIL, this.tailSeen, LOST_WAKE_MS);
    if (result.async) await result.value;
  }
}

function aligned(size: number): number {
  return (size + 4 + 3) & ~3;
}

const { waitAsync } = Atomics as unknown as {
  waitAsync(
    words: Int32Array,
    index: number,
    value: number,
    timeoutMs: number,
  ): { async: false; value: string } | { async: true; value: Promise<string> };
};
