/**
 * Integers in a JSON text whose digits a number does not keep: nanoseconds since the epoch, inodes, addresses.
 * JSON.parse rounds them without a word.
 */

/** From 2^53 on an integer has at least 16 digits. */
const LONG_INTEGER = /^-?\d{16,}$/;
/** With its sign. */
const LONGEST_SIGNIFICANT = 18;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** The text with each integer whose digits a number would change in quotes. The text must be JSON. */
export function quoteLongIntegers(json: string): string {
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
 * Whether a number, written again, has the same digits. Then it is as exact as the text: those that JavaScript wrote do, whatever it
 * rounded, and 2^60 in full does not.
 *
 * @param token a number of JSON
 */
export function survives(token: string): boolean {
  if (!LONG_INTEGER.test(token)) return true;
  // JavaScript writes 17 digits at most and zeros behind them.
  if (token.length > LONGEST_SIGNIFICANT && token.charCodeAt(token.length - 1) !== ZERO) return false;
  return String(Number(token)) === token;
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
