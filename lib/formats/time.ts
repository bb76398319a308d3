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

const NS_PER_MS = 1_000_000n;
const MAX_TIMESTAMP = 2n ** 63n - 1n;

/** Now, to the millisecond. */
export function now(): bigint {
  return BigInt(Date.now()) * NS_PER_MS;
}

function inRange(time: bigint): bigint | undefined {
  return time >= 0n && time <= MAX_TIMESTAMP ? time : undefined;
}

const DATE_AND_TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:[.,]\d+)?) ?(?:([Zz])|([+-]\d\d):?(\d\d)?)?$/;

/**
 * RFC 3339, and what is commonly written instead: a space for the `T`, an offset of `+0530` or `+05`, a comma. A time without a zone
 * is UTC, wherever this runs.
 */
export function timeOfText(value: unknown): bigint | undefined {
  if (typeof value !== 'string') return undefined;
  const exact = timeOfUtc(value) ?? parseTimestamp(value);
  if (exact !== undefined) return exact;
  const match = DATE_AND_TIME.exec(value);
  if (match === null) return undefined;
  const [, date, time, , hours, minutes] = match;
  return parseTimestamp(`${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes ?? '00'}`}`);
}

/** The date of the text before, as most lines are of the same day. */
let lastDate = '';
let lastDateMs = 0;

/** `2026-11-28T10:00:00.123456789Z` with 0 to 9 digits, without a regular expression: most lines have it. */
function timeOfUtc(text: string): bigint | undefined {
  const { length } = text;
  if (length < 20 || length > 30 || text.charCodeAt(length - 1) !== UPPER_Z) return undefined;
  if (text.charCodeAt(10) !== UPPER_T || text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON)
    return undefined;
  if (length > 20 && text.charCodeAt(19) !== DOT) return undefined;
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  let fraction = length > 21 ? digits(text, 20, length - 1) : length === 20 ? 0 : -1;
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 && fraction >= 0))
    return undefined;
  for (let places = length - 21; places < 9 && fraction > 0; places++) fraction *= 10;
  const date = text.slice(0, 10);
  if (date !== lastDate) {
    const midnight = parseTimestamp(`${date}T00:00:00Z`);
    if (midnight === undefined) return undefined;
    lastDateMs = Number(midnight / NS_PER_MS);
    lastDate = date;
  }
  const seconds = lastDateMs / 1000 + hour * 3600 + minute * 60 + second;
  return inRange(BigInt(seconds) * 1_000_000_000n + BigInt(fraction));
}

/** The number that text[from, to) is; -1 when another character than a digit is among them. */
function digits(text: string, from: number, to: number): number {
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

const NS_PER_UNIT: Readonly<Record<Unit, bigint>> = { 0: 1_000_000_000n, 3: 1_000_000n, 6: 1000n, 9: 1n };
const DECIMAL = /^(\d{1,19})(?:\.(\d+))?$/;

/** A count of units since the epoch, as a number or in text; a fraction is kept to the nanosecond. */
export function timeOfCount(value: unknown, unit: Unit): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
    return inRange(BigInt(value) * NS_PER_UNIT[unit]);
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
