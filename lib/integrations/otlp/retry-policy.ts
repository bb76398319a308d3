/** When to send again: by the OTLP specification 1.9, sections "Failures" and "OTLP/HTTP Throttling". */

/** Answers of a server that may take the same request later. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const FIRST_MS = 250;
const MOST_MS = 10_000;
/** A server that asks for more is asked again after this. */
const MOST_ASKED_MS = 300_000;

export function isRetryable(status: number): boolean {
  return RETRYABLE.has(status);
}

/** Doubles with each attempt, from 250 ms to 10 s; between half of that and all, so that many senders do not come back together. @param attempt from 1 */
export function backOffMs(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(FIRST_MS * 2 ** (attempt - 1), MOST_MS);
  return most / 2 + (random() * most) / 2;
}

/** What `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3); undefined for what is neither. 5 minutes at most. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  // A date begins with the name of a day; Date.parse takes much more.
  const ms = /^\d+$/.test(text)
    ? Number(text) * 1000
    : /^[A-Za-z]{3}/.test(text)
      ? Date.parse(text) - now
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MOST_ASKED_MS);
}
