/**
 * Events in the protobuf form, behind one another, that several clients share.
 *
 * Threads: one. Memory: the bytes are void once as many have let go of it as have held it, as they may be used again.
 */
export class Round {
  #holders = 0;

  /** @param ends where each event ends */
  constructor(
    readonly bytes: Buffer,
    readonly ends: Uint32Array,
    private readonly whenFree?: () => void,
  ) {}

  /** Bytes of memory that are kept as long as somebody holds it. */
  get memory(): number {
    // Small buffers of Node share theirs.
    return this.whenFree === undefined ? this.bytes.length : this.bytes.buffer.byteLength;
  }

  /** Where the event of this number begins. */
  startOf(event: number): number {
    return event === 0 ? 0 : this.ends[event - 1];
  }

  hold(): void {
    this.#holders++;
  }

  letGo(): void {
    if (--this.#holders === 0) this.whenFree?.();
  }
}
