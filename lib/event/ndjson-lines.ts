/** Cuts a stream of bytes into numbered lines, with a bound on memory whatever the input. */

export interface NdjsonLine {
  /** Counted from 1, blank lines too. */
  readonly number: number;
  /** The byte it begins with, counted from the start of the input. */
  readonly start: number;
  /** The byte behind it and its newline. */
  readonly end: number;
  /** undefined: the line was longer than the limit and has been skipped. */
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;

export class NdjsonLines {
  private number = 0;
  private lineStart: number;
  /** The beginning of a line whose end has not come yet. */
  private parts: Buffer[] = [];
  private partsLength = 0;
  private tooLong = false;

  /** maxBytes: the longest line that is kept. start: what the bytes are counted from. */
  constructor(
    readonly maxBytes = 1 << 20,
    start = 0,
  ) {
    this.lineStart = start;
  }

  /** Lines that have ended, blank ones too. */
  get ended(): number {
    return this.number;
  }

  /** Where the line begins whose end has not come yet. */
  get unfinishedFrom(): number {
    return this.lineStart;
  }

  /** The lines that end in this chunk, without blank ones. Keeps nothing of `chunk` but a copy of its tail. */
  push(chunk: Buffer): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.keep(chunk.subarray(start, end));
      this.finish(lines, 1);
      start = end + 1;
    }
    if (start < chunk.length) this.keep(Buffer.from(chunk.subarray(start)));
    return lines;
  }

  /** The last line, if the input did not end with a newline. */
  end(): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    if (this.partsLength > 0) this.finish(lines, 0);
    return lines;
  }

  private keep(part: Buffer): void {
    this.partsLength += part.length;
    if (this.partsLength > this.maxBytes) {
      this.tooLong = true;
      this.parts = [];
    } else if (!this.tooLong) {
      this.parts.push(part);
    }
  }

  private finish(lines: NdjsonLine[], newline: number): void {
    const start = this.lineStart;
    const end = (this.lineStart += this.partsLength + newline);
    const number = ++this.number;
    if (this.tooLong) {
      lines.push({ number, start, end, text: undefined });
    } else {
      let text = (this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts)).toString('utf8');
      if (number === 1 && text.startsWith('\ufeff')) text = text.slice(1);
      if (text.trim() !== '') lines.push({ number, start, end, text });
    }
    this.parts = [];
    this.partsLength = 0;
    this.tooLong = false;
  }
}
