/** Cuts a stream of bytes into numbered lines, with a bound on memory whatever the input. */

export interface NdjsonLine {
  /** Counted from 1, blank lines too. */
  readonly number: number;
  /** undefined: the line was longer than the limit and has been skipped. */
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;

export class NdjsonLines {
  private number = 0;
  /** The beginning of a line whose end has not come yet. */
  private parts: Buffer[] = [];
  private partsLength = 0;
  private tooLong = false;

  /** maxBytes: the longest line that is kept. */
  constructor(readonly maxBytes = 1 << 20) {}

  /** The lines that end in this chunk, without blank ones. Keeps nothing of `chunk` but a copy of its tail. */
  push(chunk: Buffer): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.keep(chunk.subarray(start, end));
      this.finish(lines);
      start = end + 1;
    }
    if (start < chunk.length) this.keep(Buffer.from(chunk.subarray(start)));
    return lines;
  }

  /** The last line, if the input did not end with a newline. */
  end(): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    if (this.partsLength > 0 || this.tooLong) this.finish(lines);
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

  private finish(lines: NdjsonLine[]): void {
    this.number++;
    if (this.tooLong) {
      lines.push({ number: this.number, text: undefined });
    } else {
      let text = (this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts)).toString('utf8');
      if (this.number === 1 && text.startsWith('\ufeff')) text = text.slice(1);
      if (text.trim() !== '') lines.push({ number: this.number, text });
    }
    this.parts = [];
    this.partsLength = 0;
    this.tooLong = false;
  }
}
