/** RFC 3339 times with nanoseconds, as Go's RFC3339Nano writes them. */

const NS_PER_S = 1_000_000_000n;
const MAX_TIMESTAMP = 2n ** 63n - 1n;

/** UTC; the zeros that end the fraction are left out, and the fraction when it is zero. */
export function formatTimestamp(timestamp: bigint): string {
  const seconds = Number(timestamp / NS_PER_S);
  const nanos = Number(timestamp % NS_PER_S);
  // 2^63 ns end in the year 2262, so the year always has four digits.
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (nanos === 0) return `${whole}Z`;
  return `${whole}.${String(nanos).padStart(9, '0').replace(/0+$/, '')}Z`;
}

/** RFC 3339, and what is written beside it where the instant is as certain; docs/event-json.md has the table. */
const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:[Zz]|([+-])(\d{2})(?::?(\d{2}))?)$/;

type SixNumbers = [number, number, number, number, number, number];

/** Nanoseconds since the Unix epoch, or undefined when the text is no time from 0 to 2^63-1 ns. Digits past the ninth are dropped. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as SixNumbers;
  const sign = match[8] === '-' ? -1 : 1;
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;

  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have moves the date on.
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return undefined;
  local.setUTCHours(hour, minute, second);

  const seconds = local.getTime() / 1000 - sign * (offsetHours * 60 + offsetMinutes) * 60;
  const nanos = (match[7] ?? '').slice(0, 9).padEnd(9, '0');
  const timestamp = BigInt(seconds) * NS_PER_S + BigInt(nanos);
  return timestamp >= 0n && timestamp <= MAX_TIMESTAMP ? timestamp : undefined;
}
