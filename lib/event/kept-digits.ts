/**
 * Numbers in a JSON text whose digits a number of JavaScript does not keep: nanoseconds since the epoch, inodes, addresses.
 * JSON.parse rounds them without a word.
 */

/** From 2^53 on an integer has at least 16 digits. */
const LONG_INTEGER = /^-?\d{16,}$/;
/**
 * Nanoseconds since the epoch from 2001 to 2065, told in seconds, milliseconds or microseconds with a fraction: 19 digits, of which more
 * count than JavaScript writes.
 */
const DECIMAL_TIME = /^[12](?:\d{9}\.\d{9}|\d{12}\.\d{6}|\d{15}\.\d{3})$/;
const ENDS_IN_ZEROS = /00$/;
const PERHAPS_LOST = /\d{16}|\d{10}\.\d{9}|\d{13}\.\d{6}/;
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
 * Whether a number, written again, has the same digits. Then it is as exact as the text: those that JavaScript wrote do, whatever it
 * rounded, and 2^60 in full does not. Of numbers with a fraction only a time to the nanosecond is asked.
 *
 * @param token a number of JSON
 */
export function survives(token: string): boolean {
  if (!LONG_INTEGER.test(token)) return !DECIMAL_TIME.test(token) || ENDS_IN_ZEROS.test(token);
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
