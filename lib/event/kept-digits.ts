/**
 * Numbers in a JSON text whose digits a number of JavaScript does not keep: nanoseconds since the epoch, inodes, addresses.
 * JSON.parse rounds them without a word.
 */

/** From 2^53 on an integer has at least 16 digits. */
const LONG_INTEGER = /^-?\d{16,}$/;
/**
 * A time since the epoch from 2001 to 2065, told in seconds, milliseconds or microseconds with so long a fraction that the whole may have more
 * digits than the 17 that JavaScript writes.
 */
const DECIMAL_TIME = /^[12](?:\d{9}\.\d{8,}|\d{12}\.\d{5,}|\d{15}\.\d{2,})$/;
const ZEROS_OF_FRACTION = /\.?0+$/;
const PERHAPS_LOST = /\d{16}|\d{10}\.\d{8}|\d{13}\.\d{5}/;
/** Of such times in seconds, and in microseconds. */
const FIRST_TIME = 1e9;
const LAST_TIME = 3e15;
/** With its sign. */
const LONGEST_SIGNIFICANT = 18;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** The text with each number whose digits are lost in one in quotes: see `survives`. The text must be JSON. */
export function quoteLostDigits(json: string): string {
  if (!PERHAPS_LOST.test(json)) return json;
  let quoted = '';
  let done = 0;
  for (let i = 0; i < json.length;) {
    const char = json.charCodeAt(i);
    if (char === QUOTE) {
      i = endOfString(json, i);
    } else if (char === MINUS || (char >= ZERO && char <= NINE)) {
      NUMBER.lastIndex = i;
      const token = NUMBER.exec(json)![0];
      if (!survives(token)) {
        quoted += `${json.slice(done, i)}"${token}"`;
        done = i + token.length;
      }
      i += token.length;
    } else {
      i++;
    }
  }
  return quoted + json.slice(done);
}

/**
 * Whether an integer or a time with a long fraction, written again as a number, has the same digits but for zeros at the end of the fraction. Then it is as
 * exact as the text: those that JavaScript wrote do, whatever it rounded, and 2^60 in full does not. Any other number is taken for exact.
 *
 * @param token a number of JSON
 */
export function survives(token: string): boolean {
  if (!LONG_INTEGER.test(token))
    return !DECIMAL_TIME.test(token) || String(Number(token)) === token.replace(ZEROS_OF_FRACTION, '');
  // JavaScript writes 17 digits at most and zeros behind them.
  if (token.length > LONGEST_SIGNIFICANT && token.charCodeAt(token.length - 1) !== ZERO) return false;
  return String(Number(token)) === token;
}

/** Whether no text that does not survive is this number. */
export function keepsItsDigits(value: number): boolean {
  return value < FIRST_TIME
    ? value >= Number.MIN_SAFE_INTEGER
    : value > LAST_TIME && Number.isSafeInteger(value);
}

/** Behind the quote that ends the string which starts at `start`. */
function endOfString(json: string, start: number): number {
  let end = start;
  let escapes: number;
  do {
    end = json.indexOf('"', end + 1);
    escapes = 0;
    while (json[end - 1 - escapes] === '\\') escapes++;
  } while (escapes % 2 === 1);
  return end + 1;
}
