/** Lines as UTF-8 in pieces of memory, to be written one after the other. */
import { MEMORY } from '../memory-plan';
import { HIGH_WATER } from '../output/output';

const NEWLINE = 0x0a;
/** Bytes of a piece. A longer line has one of its own. */
const SIZE = MEMORY.pieceBytes;
/** Bytes. So few are copied out of their piece, which is filled on: a slow reader shall not hold many pieces with little in them. */
const FEW = SIZE / 4;
/** Pieces that are kept: as many as are on their way where an output wants no more. */
const KEPT = HIGH_WATER / SIZE;

export interface Piece {
  readonly bytes: Buffer;
  readonly lines: number;
  /** To be called once they have been written: from then on they may change. */
  readonly release: () => void;
}

/**
 * One thread's. Pieces are used again: a text that grew with each line, and a Buffer for each text, would live long enough to be taken for
 * what stays, and the heap with them.
 */
export class LinePieces {
  private piece: Buffer = Buffer.alloc(0);
  /** Bytes and lines of it that are taken. */
  private size = 0;
  private lines = 0;
  private readonly unused: Buffer[] = [];

  /** line: without its end. Returns what is to be written before it, if there is no room for both. */
  add(line: string): Piece | undefined {
    let full: Piece | undefined;
    // UTF-8 has at most three bytes for a code unit.
    if (this.piece.length - this.size <= 3 * line.length) full = this.makeRoom(Buffer.byteLength(line) + 1);
    this.size += this.piece.write(line, this.size);
    this.piece[this.size++] = NEWLINE;
    this.lines++;
    return full;
  }

  /** All that `add` has not returned; undefined if there is none. */
  rest(): Piece | undefined {
    const { piece, size, lines } = this;
    if (lines === 0) return undefined;
    this.size = this.lines = 0;
    if (size <= FEW) return { bytes: Buffer.from(piece.subarray(0, size)), lines, release: () => {} };
    this.piece = Buffer.alloc(0);
    return { bytes: piece.subarray(0, size), lines, release: () => this.keep(piece) };
  }

  private makeRoom(bytes: number): Piece | undefined {
    if (this.piece.length - this.size >= bytes) return undefined;
    const full = this.rest();
    if (this.piece.length < bytes) {
      this.keep(this.piece);
      const used = bytes <= SIZE ? this.unused.pop() : undefined;
      this.piece = used ?? Buffer.allocUnsafeSlow(Math.max(SIZE, bytes));
    }
    return full;
  }

  private keep(piece: Buffer): void {
    if (piece.length === SIZE && this.unused.length < KEPT) this.unused.push(piece);
  }
}
