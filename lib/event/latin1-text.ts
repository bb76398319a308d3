export function joined(items: readonly string[], from: number, to: number): string {
  let text = items[from];
  for (let i = from + 1; i < to; i++) text += items[i];
  return text;
}

/** How Latin-1 text gets into and out of a region of memory. Keeps none. Offsets and ends are bytes of the region and must be in it. */
export interface Latin1Text {
  /**
   * Writes the texts from number `from` up to `to` one behind the other, from byte `at` on. False: one is not Latin-1; the bytes where
   * they would lie are then undefined.
   * @param items the texts, and as many places behind them as EventTexts has
   */
  write(items: readonly string[], from: number, to: number, at: number): boolean;
  read(start: number, end: number): string;
}

/**
 * Node's own string methods of Buffer, without the argument checks of `write` and `toString`: each is one
 * call into C++.
 */
export interface TextBytes extends Uint8Array {
  utf8Write(text: string, offset: number, length: number): number;
  ucs2Write(text: string, offset: number, length: number): number;
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
}

export function textBytes(memory: ArrayBuffer, byteOffset: number, byteLength: number): TextBytes {
  return Buffer.from(memory, byteOffset, byteLength) as Uint8Array as TextBytes;
}

/** Up to this many characters, a text is copied in JavaScript; a longer one by one call into C++. */
const SHORT = 72;

/** By Node's Buffer: for memory that native code does not know. */
export class BufferText implements Latin1Text {
  constructor(private readonly bytes: TextBytes) {}

  write(items: readonly string[], from: number, to: number, at: number): boolean {
    const { bytes } = this;
    const text = joined(items, from, to);
    const { length } = text;
    // ASCII alone takes one byte of UTF-8 for each character, and with four bytes of spare room no other text can come out at
    // exactly that length.
    if (length > SHORT && at + length + 4 <= bytes.length && bytes.utf8Write(text, at, length + 4) === length)
      return true;
    return writeLatin1(bytes, text, at);
  }

  read(start: number, end: number): string {
    return this.bytes.latin1Slice(start, end);
  }
}

/** Writes a text at byte `at` if it is Latin-1. Eight characters at a time: the test for Latin-1 costs as much as a store. */
export function writeLatin1(bytes: Uint8Array, text: string, at: number): boolean {
  const length = text.length;
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    const e = text.charCodeAt(i + 4);
    const f = text.charCodeAt(i + 5);
    const g = text.charCodeAt(i + 6);
    const h = text.charCodeAt(i + 7);
    if ((a | b | c | d | e | f | g | h) > 0xff) return false;
    const to = at + i;
    bytes[to] = a;
    bytes[to + 1] = b;
    bytes[to + 2] = c;
    bytes[to + 3] = d;
    bytes[to + 4] = e;
    bytes[to + 5] = f;
    bytes[to + 6] = g;
    bytes[to + 7] = h;
  }
  for (; i < length; i++) {
    const char = text.charCodeAt(i);
    if (char > 0xff) return false;
    bytes[at + i] = char;
  }
  return true;
}
