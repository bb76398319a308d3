/**
 * Times as the formats write them, in nanoseconds since the Unix epoch. Undefined for what is no time from 1970 to 2262: an event
 * cannot carry it, and Go's zero time, year 1, means none.
 */
import { parseTimestamp } from '../event/rfc3339';

const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;

const NS_PER_SECOND = 1_000_000_000n;
const MAX_TIMESTAMP = 2n ** 63n - 1n;
/** A whole second, all of whose nanoseconds an event can carry, is before this one. */
const SECONDS_LIMIT = 9_223_372_036;

/** Now, to the millisecond; the epoch where the clock of the machine is before it. */
export function now(): bigint {
  return timeOfCount(Date.now(), Unit.MILLIS) ?? 0n;
}

function inRange(time: bigint): bigint | undefined {
  return time >= 0n && time <= MAX_TIMESTAMP ? time : undefined;
}

const DATE_AND_TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:[.,]\d+)?) ?(?:([Zz])|([+-]\d\d):?(\d\d)?)?$/;

/** A date and a time to the second. */
const SHORTEST = 19;

/**
 * RFC 3339, and what is commonly written instead: a space for the `T`, an offset of `+0530` or `+05`, a comma. A time without a zone
 * is UTC, wherever this runs.
 */
export function timeOfText(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || value.length < SHORTEST) return undefined;
  const exact = timeOfUtc(value, 0, value.length) ?? parseTimestamp(value);
  if (exact !== undefined) return exact;
  const match = DATE_AND_TIME.exec(value);
  if (match === null) return undefined;
  const [, date, time, , hours, minutes] = match;
  return parseTimestamp(`${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes ?? '00'}`}`);
}

/** The date of the text before, as most lines are of the same day. */
let lastDate = '';
let lastDateSeconds = 0;

/**
 * `2026-11-28T10:00:00.123456789Z` with 0 to 9 digits at text[from, to), without a regular expression: most lines have it. What it does not read may be
 * a time all the same.
 */
export function timeOfUtc(text: string, from: number, to: number): bigint | undefined {
  const length = to - from;
  if (length < 20 || length > 30 || text.charCodeAt(to - 1) !== UPPER_Z) return undefined;
  if (
    text.charCodeAt(from + 10) !== UPPER_T ||
    text.charCodeAt(from + 13) !== COLON ||
    text.charCodeAt(from + 16) !== COLON
  )
    return undefined;
  if (length > 20 && text.charCodeAt(from + 19) !== DOT) return undefined;
  const hour = digits(text, from + 11, from + 13);
  const minute = digits(text, from + 14, from + 16);
  const second = digits(text, from + 17, from + 19);
  let fraction = length > 21 ? digits(text, from + 20, to - 1) : length === 20 ? 0 : -1;
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 && fraction >= 0))
    return undefined;
  for (let places = length - 21; places < 9 && fraction > 0; places++) fraction *= 10;
  if (!text.startsWith(lastDate, from) || lastDate === '') {
    const date = text.slice(from, from + 10);
    const midnight = parseTimestamp(`${date}T00:00:00Z`);
    if (midnight === undefined) return undefined;
    lastDateSeconds = Number(midnight / NS_PER_SECOND);
    lastDate = date;
  }
  const seconds = lastDateSeconds + hour * 3600 + minute * 60 + second;
  return seconds < SECONDS_LIMIT ? timeOfParts(seconds, fraction) : undefined;
}

const PART = new BigInt64Array(1);
const PART_WORDS = new Uint32Array(PART.buffer);
const TWO_TO_16 = 2 ** 16;
const TWO_TO_32 = 2 ** 32;

/** seconds * 10^9 + nanos, below 2^63, at the cost of one BigInt and no arithmetic on such. seconds: from 0 to 2^34; nanos: from 0 to 10^9. */
function timeOfParts(seconds: number, nanos: number): bigint {
  if (!LITTLE_ENDIAN) return BigInt(seconds) * NS_PER_SECOND + BigInt(nanos);
  const upper = Math.floor(seconds / TWO_TO_16);
  // The sum is high * 2^16 + low, both exact.
  const high = upper * 1e9;
  const low = (seconds - upper * TWO_TO_16) * 1e9 + nanos;
  const carried = Math.floor(high / TWO_TO_16);
  const rest = (high - carried * TWO_TO_16) * TWO_TO_16 + low;
  const over = Math.floor(rest / TWO_TO_32);
  PART_WORDS[0] = rest - over * TWO_TO_32;
  PART_WORDS[1] = carried + over;
  return PART[0];
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The number that text[from, to) is; -1 when another character than a digit is among them, or there is none. */
export function digits(text: string, from: number, to: number): number {
  if (from >= to) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Decimal places behind the second. */
export const enum Unit {
  SECONDS = 0,
  MILLIS = 3,
  MICROS = 6,
  NANOS = 9,
}

/** Units in a second, and nanoseconds in a unit. */
const PER_SECOND: Readonly<Record<Unit, { units: number; nanos: number }>> = {
  0: { units: 1, nanos: 1e9 },
  3: { units: 1e3, nanos: 1e6 },
  6: { units: 1e6, nanos: 1e3 },
  9: { units: 1e9, nanos: 1 },
};
const DECIMAL = /^(\d{1,19})(?:\.(\d+))?$/;

/** A count of units since the epoch, as a number or in text; a fraction is kept to the nanosecond. */
export function timeOfCount(value: unknown, unit: Unit): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    const { units, nanos } = PER_SECOND[unit];
    const seconds = Math.floor(value / units);
    return seconds < SECONDS_LIMIT ? timeOfParts(seconds, (value - seconds * units) * nanos) : undefined;
  }
  const match = DECIMAL.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  );
  if (match === null) return undefined;
  const places = 9 - unit;
  const fraction = (match[2] ?? '').slice(0, places).padEnd(places, '0');
  return inRange(BigInt(match[1] + fraction));
}

/** A count of which only its size tells the unit: up to 10^11 seconds, to 10^14 ms, to 10^17 µs, else ns. Each holds from 1973 to 5138. */
export function timeOfNumber(value: unknown): bigint | undefined {
  const size = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  if (typeof size !== 'number') return undefined;
  if (size < 1e11) return timeOfCount(value, Unit.SECONDS);
  if (size < 1e14) return timeOfCount(value, Unit.MILLIS);
  return timeOfCount(value, size < 1e17 ? Unit.MICROS : Unit.NANOS);
}

/** Whatever a logger may have written: RFC 3339, or a count. */
export function timeOfAny(value: unknown): bigint | undefined {
  return timeOfText(value) ?? timeOfNumber(value);
}
