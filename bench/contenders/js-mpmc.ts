/**
 * The ring a Node user writes by hand when any number of threads put and get: slots of fixed size in shared
 * memory, each with a sequence of its own, after the bounded queue that Dmitry Vyukov described.
 */

const TAIL = 0;
/** Words of 4 bytes: 128 bytes apart, so that the two ends share no cache line. */
const HEAD = 32;
const CONTROL_BYTES = 256;

export class JsMpmcRing {
  private readonly control: Int32Array;
  private readonly sequences: Int32Array;
  private readonly slots: Uint8Array[];
  private readonly mask: number;
  private readonly data: Uint8Array;

  static memory(capacity: number, size: number): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(CONTROL_BYTES + capacity * (4 + size));
    const sequences = new Int32Array(memory, CONTROL_BYTES, capacity);
    for (let i = 0; i < capacity; i++) sequences[i] = i;
    return memory;
  }

  constructor(
    memory: SharedArrayBuffer,
    private readonly capacity: number,
    private readonly size: number,
  ) {
    this.mask = capacity - 1;
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.sequences = new Int32Array(memory, CONTROL_BYTES, capacity);
    this.data = new Uint8Array(memory, CONTROL_BYTES + 4 * capacity, capacity * size);
    // Made once: a view for each call would be garbage.
    this.slots = Array.from({ length: capacity }, (_, i) => this.data.subarray(i * size, (i + 1) * size));
  }

  tryPut(record: Uint8Array): boolean {
    for (;;) {
      const ticket = Atomics.load(this.control, TAIL);
      const distance = (Atomics.load(this.sequences, ticket & this.mask) - ticket) | 0;
      if (distance < 0) return false;
      if (distance === 0 && this.claim(TAIL, ticket, 1)) {
        this.slots[ticket & this.mask].set(record);
        Atomics.store(this.sequences, ticket & this.mask, (ticket + 1) | 0);
        return true;
      }
    }
  }

  tryGetInto(target: Uint8Array): boolean {
    for (;;) {
      const ticket = Atomics.load(this.control, HEAD);
      const distance = (Atomics.load(this.sequences, ticket & this.mask) - (ticket + 1)) | 0;
      if (distance < 0) return false;
      if (distance === 0 && this.claim(HEAD, ticket, 1)) {
        target.set(this.slots[ticket & this.mask]);
        Atomics.store(this.sequences, ticket & this.mask, (ticket + this.capacity) | 0);
        return true;
      }
    }
  }

  /** Stores `count` records of `source` with one claim, none if there is no room for all. */
  tryPutBatch(source: readonly Uint8Array[], count: number): boolean {
    const ticket = Atomics.load(this.control, TAIL);
    for (let i = count - 1; i >= 0; i--) {
      if (Atomics.load(this.sequences, (ticket + i) & this.mask) !== ((ticket + i) | 0)) return false;
    }
    if (!this.claim(TAIL, ticket, count)) return false;
    for (let i = 0; i < count; i++) {
      const at = (ticket + i) & this.mask;
      this.slots[at].set(source[i]);
      Atomics.store(this.sequences, at, (ticket + i + 1) | 0);
    }
    return true;
  }

  /** Takes up to `most` records with one claim, back to back; returns how many. */
  tryGetBatch(target: Uint8Array, most: number): number {
    const ticket = Atomics.load(this.control, HEAD);
    let count = 0;
    while (
      count < most &&
      Atomics.load(this.sequences, (ticket + count) & this.mask) === ((ticket + count + 1) | 0)
    )
      count++;
    if (count === 0 || !this.claim(HEAD, ticket, count)) return 0;
    for (let i = 0; i < count; i++) {
      const at = (ticket + i) & this.mask;
      target.set(this.slots[at], i * this.size);
      Atomics.store(this.sequences, at, (ticket + i + this.capacity) | 0);
    }
    return count;
  }

  private claim(end: number, ticket: number, count: number): boolean {
    return Atomics.compareExchange(this.control, end, ticket, (ticket + count) | 0) === ticket;
  }
}
