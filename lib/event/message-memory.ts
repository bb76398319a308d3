/** Of a piece of memory. */
const PIECE_BYTES = 256 * 1024;
/** Pieces that wait to be used again: 4 MiB. */
const MOST_SPARES = 16;

/**
 * Memory to write messages in, which is used again: fresh pages cost as much as the events in them.
 *
 * Threads: one. Memory: at most 16 spare pieces of 256 KiB; a piece belongs to who has it until `reuse` is told of it.
 */
export class MessageMemory {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  piece(): Uint8Array<ArrayBuffer> {
    return this.#spare.pop() ?? new Uint8Array(PIECE_BYTES);
  }

  /** Nobody reads it any more. What is no piece, as a copy or a larger one, is not kept. */
  reuse({ buffer }: Uint8Array<ArrayBuffer>): void {
    const isPiece = buffer.byteLength === PIECE_BYTES;
    if (isPiece && this.#spare.length < MOST_SPARES) this.#spare.push(new Uint8Array(buffer));
  }

  /**
   * The bytes of a message, and the memory to go on with. They are a copy where they are few, as each message on its way would hold memory
   * for many, and where the memory has grown beyond a piece, which cannot be used again.
   */
  cut(
    piece: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
  ): { message: Uint8Array<ArrayBuffer>; next: Uint8Array<ArrayBuffer> } {
    const hasGrown = piece.length > PIECE_BYTES;
    if (!hasGrown && end >= PIECE_BYTES / 4)
      return { message: piece.subarray(start, end), next: this.piece() };
    // What has grown stays as long as messages need it.
    return { message: piece.slice(start, end), next: hasGrown && end <= PIECE_BYTES ? this.piece() : piece };
  }
}

/** Twice as much memory, up to `most` bytes, with the first `used` bytes in it. */
export function grown(bytes: Uint8Array, used: number, most = Infinity): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(2 * bytes.length, most));
  larger.set(bytes.subarray(0, used));
  return larger;
}
