/** A JSON object printed over many lines, as kubectl -o json and jq do: from a line `{` to a line `}` at the same place. */

/** Characters; what is longer is given up. */
const MAX_LENGTH = 2 ** 26;
/** So that short lines do not wait without a bound. */
const LINE_OVERHEAD = 16;

export class IndentedObject {
  private lines: string[] = [];
  private length = 0;

  /** Whether one has begun and not ended. */
  get isOpen(): boolean {
    return this.lines.length > 0;
  }

  /** Whether this line begins one; then it is kept. */
  begins(text: string): boolean {
    const line = text.trimEnd();
    if (line !== '{' && line !== '[') return false;
    this.lines = [line];
    this.length = 1;
    return true;
  }

  /** The next line. `broken`: it is no part of the object, which then has no end. */
  push(text: string): 'open' | 'whole' | 'broken' | 'too long' {
    const first = text.charCodeAt(0);
    const ends = first === (this.lines[0] === '{' ? 0x7d : 0x5d) && /^[}\]],?\s*$/.test(text);
    if (!ends && first !== 0x20 && first !== 0x09) return text.trim() === '' ? 'open' : 'broken';
    this.length += text.length + LINE_OVERHEAD;
    if (this.length > MAX_LENGTH) return 'too long';
    this.lines.push(ends ? text[0] : text);
    return ends ? 'whole' : 'open';
  }

  /** The text so far; nothing is open then. */
  take(): string {
    const text = this.lines.join('\n');
    this.lines = [];
    this.length = 0;
    return text;
  }
}
