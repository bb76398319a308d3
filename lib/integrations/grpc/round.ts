import type { WireWriter } from '../../event/wire-writer';
import { MESSAGE_BYTES } from './batches';

/**
 * Events in the protobuf form, behind one another, that several messages share.
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

  /** What was written, and its memory, which the writer has again when all have let go of it. Clears the writer. */
  static of(writer: WireWriter): Round {
    const ends = writer.endsOfEvents();
    const written = writer.detach();
    writer.clear();
    const bytes = Buffer.from(written.buffer, written.byteOffset, written.length);
    return new Round(bytes, ends, () => writer.reuse(written));
  }

  /** Bytes of memory that are kept as long as somebody holds it. */
  get memory(): number {
    // Small buffers of Node share theirs.
    return this.whenFree === undefined ? this.bytes.length : this.bytes.buffer.byteLength;
  }

  /** Where the event of this number begins. */
  startOf(event: number): number {
    return event === 0 ? 0 : this.ends[event - 1];
  }

  /** The number of the event behind those that go into a message from event number `from` on: one at least. */
  endOfMessage(from: number): number {
    const { ends } = this;
    const most = this.startOf(from) + MESSAGE_BYTES;
    let to = from + 1;
    while (to < ends.length && ends[to] <= most) to++;
    return to;
  }

  hold(): void {
    this.#holders++;
  }

  letGo(): void {
    if (--this.#holders === 0) this.whenFree?.();
  }
}
