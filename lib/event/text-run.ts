import { corrupt } from './invalid-event';

/**
 * Bytes that a text keeps alive beside itself, at most. The engine cuts a text of more than 12 characters by reference, so a text
 * of an event keeps alive what it was cut from.
 */
export const TEXT_PIECE = 1024;

/**
 * Texts of one form, Latin-1 or UTF-16, that lie one behind the other and are read in their order: cut from pieces that are read in one call, as most
 * events have no more than one piece. A text that is longer than half of a piece is read alone.
 */
export class TextRun {
  private next = 0;
  private end = 0;
  private piece = '';
  private pieceStart = 0;
  private pieceEnd = 0;

  /**
   * @param unit bytes of a character, 1 or 2
   * @param source reads characters from byte `start` to `end`
   */
  constructor(
    private readonly unit: number,
    private readonly source: { read(start: number, end: number): string },
  ) {}

  /**
   * Moves to the texts in bytes `start` to `end`.
   * @param text all of them, if that has been read already; it counts only where one piece holds it
   */
  moveTo(start: number, end: number, text?: string): void {
    this.next = this.pieceStart = this.pieceEnd = start;
    this.end = end;
    const size = end - start;
    if (size === 0 || size > TEXT_PIECE) return;
    this.piece = text !== undefined && text.length === size ? text : this.source.read(start, end);
    this.pieceEnd = end;
  }

  /** Passes what is no text, up to byte `at`. */
  passTo(at: number): void {
    this.next = at;
  }

  /** The next text, of `length` characters. */
  cut(length: number): string {
    const from = this.next;
    const to = from + length * this.unit;
    if (to > this.end) throw corrupt('a text reaches past its end');
    this.next = to;
    if (to > this.pieceEnd) {
      if ((to - from) * 2 > TEXT_PIECE) return this.source.read(from, to);
      this.pieceStart = from;
      this.pieceEnd = Math.min(from + TEXT_PIECE, this.end);
      this.piece = this.source.read(from, this.pieceEnd);
    }
    const { piece } = this;
    if (length === piece.length) return piece;
    const first = (from - this.pieceStart) / this.unit;
    return piece.substring(first, first + length);
  }

  /** Whether all texts were used. Lets go of the last piece. */
  finish(): boolean {
    this.piece = '';
    return this.next === this.end;
  }
}
