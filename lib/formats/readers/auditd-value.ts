/** Values of audit records. What has a byte that is no plain visible one, or a quote, is written as hexadecimal without quotes. */
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_A = 0x41;
const UPPER_F = 0x46;
const PARENTHESIS = 0x28;
const QUESTION = 0x3f;
const QUOTE = 0x22;

/** Text in quotes is meant literally, `"beef"` too. Undefined for what says that there is none. */
export function textValue(raw: string): string | undefined {
  if (raw.charCodeAt(0) === QUOTE) return raw.slice(1, raw.endsWith('"') && raw.length > 1 ? -1 : undefined);
  if (isNone(raw, 0, raw.length)) return undefined;
  return textOfHex(raw) ?? raw;
}

const BYTES = Buffer.alloc(4096);

/** The bytes of a part of a text, whose parts may end within a character. */
export function bytesOfPart(raw: string): Buffer {
  const isQuoted = raw.charCodeAt(0) === QUOTE;
  const bytes = isQuoted ? undefined : bytesOfHex(raw, Buffer.alloc(raw.length >> 1));
  return bytes ?? Buffer.from(isQuoted ? (textValue(raw) ?? '') : raw);
}

/** Undefined for what is no hexadecimal in capitals. */
function textOfHex(raw: string): string | undefined {
  const length = raw.length >> 1;
  const bytes = bytesOfHex(raw, length <= BYTES.length ? BYTES : Buffer.alloc(length));
  return bytes?.toString('utf8', 0, length);
}

/** Into `bytes`, which has room for them. Undefined for what is no hexadecimal in capitals. */
function bytesOfHex(raw: string, bytes: Buffer): Buffer | undefined {
  const length = raw.length >> 1;
  if (raw.length !== 2 * length) return undefined;
  for (let i = 0; i < length; i++) {
    const high = hexDigit(raw.charCodeAt(2 * i));
    const low = hexDigit(raw.charCodeAt(2 * i + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

/** The value of a digit; -1 for what is none in capitals. */
export function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  return code >= UPPER_A && code <= UPPER_F ? code - UPPER_A + 10 : -1;
}

const NONE = ['(null)', '(none)', '?'];

/** Whether the value text[start, end) says that there is none, or is empty. */
export function isNone(text: string, start: number, end: number): boolean {
  if (start === end) return true;
  const first = text.charCodeAt(start);
  if (first !== PARENTHESIS && first !== QUESTION) return false;
  return NONE.some((none) => none.length === end - start && text.startsWith(none, start));
}
