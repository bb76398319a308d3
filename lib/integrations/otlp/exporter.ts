import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import type { UnifiedEvent } from '../../event/unified-event';
import type { LinkedAbort } from '../../flow/linked-abort';
import { InFlightWindow } from '../in-flight-window';
import { readResponse } from './export-response';
import type { Answer } from './http-post';
import type { LogBatch } from './request-writer';
import { backOffMs, isRetryable, retryAfterMs } from './retry-policy';

export interface ExporterStats {
  exported: number;
  rejected: number;
  retried: number;
  unreadable: number;
  problem: string | undefined;
}

const gzip = promisify(zlib.gzip);
/** Costs a third of the default, for a tenth more bytes. */
const GZIP_LEVEL = 1;
/** Of what a server says, in a problem. */
const MOST_SAID = 200;

/**
 * Sends batches until the server has answered for each, a bounded number at a time.
 *
 * Threads: one. Guaranteed: a batch is sent again while the server is away, or says that it has no room; what it refuses for good is
 * counted. Memory: events that the server has answered for go back to the buffer's pool.
 */
export class Exporter {
  readonly window: InFlightWindow<LogBatch>;
  readonly #stats: ExporterStats;
  readonly #buffer: EventEndpoint;
  readonly #options: { readonly gzip: boolean };
  readonly #send: (body: Uint8Array) => Promise<Answer>;
  readonly #split: (batch: LogBatch) => LogBatch[];
  readonly #stop: LinkedAbort;
  /** Nothing is sent before this, by performance.now(). */
  #notBefore = 0;

  /**
   * @param stats what is counted, in several runs perhaps
   * @param split halves of a batch that is too large for the server; none of one that has only one event
   * @param stop ended by who wants an end, or here, by what stops it
   */
  constructor(
    parts: {
      readonly stats: ExporterStats;
      readonly buffer: EventEndpoint;
      readonly send: (body: Uint8Array) => Promise<Answer>;
      readonly split: (batch: LogBatch) => LogBatch[];
      readonly stop: LinkedAbort;
    },
    options: { readonly maxInFlight: number; readonly gzip: boolean },
  ) {
    this.#stats = parts.stats;
    this.#options = options;
    this.#send = parts.send;
    this.#split = parts.split;
    this.#stop = parts.stop;
    this.#buffer = parts.buffer;
    this.window = new InFlightWindow(options.maxInFlight, parts.stop, (batch: LogBatch) =>
      this.#untilAnswered(batch, batch),
    );
  }

  /** Counts events that no request can hold, or that the server refused. */
  reject(events: readonly UnifiedEvent[], why: string): void {
    this.#count(events, events.length, why);
  }

  /** @param part the first events that the batch still has */
  async #untilAnswered(batch: LogBatch, part: LogBatch): Promise<void> {
    const { events } = part;
    const body = this.#options.gzip ? await gzip(part.body, { level: GZIP_LEVEL }) : part.body;
    const answer = await this.#untilTaken(body);
    if (answer.status === 413 && events.length > 1) {
      // One after the other: they have one place in the window.
      for (const half of this.#split(part)) await this.#untilAnswered(batch, half);
      return;
    }
    // With the counts, so that these are exact at any time.
    batch.events = batch.events.slice(events.length);
    if (answer.status < 200 || answer.status >= 300) {
      this.reject(events, told(answer));
      return;
    }
    const response = readResponse(answer.body, events.length);
    if (response === undefined) {
      this.#stats.unreadable++;
      this.#count(events, 0, `an answer that is none of OTLP: ${told(answer)}`);
      return;
    }
    const { rejected, message } = response;
    const isFine = rejected === 0 && message === '';
    this.#count(events, rejected, isFine ? undefined : `${rejected} rejected: ${cut(message)}`);
  }

  #count(events: readonly UnifiedEvent[], rejected: number, problem: string | undefined): void {
    this.#stats.rejected += rejected;
    this.#stats.exported += events.length - rejected;
    this.#stats.problem = problem ?? this.#stats.problem;
    internalsOf(this.#buffer).recycle(events);
  }

  /** Sends until there is an answer that another attempt would not change. */
  async #untilTaken(body: Uint8Array): Promise<Answer> {
    const { signal } = this.#stop;
    for (let attempt = 1; ; attempt++) {
      await this.#pause(0);
      let ms = backOffMs(attempt);
      try {
        const answer = await this.#send(body);
        if (!isRetryable(answer.status)) return answer;
        this.#stats.problem = told(answer);
        const asked = retryAfterMs(answer.retryAfter, Date.now());
        if (asked !== undefined) {
          ms = Math.max(ms, asked);
          // The server asks for this once, and means all requests.
          this.#notBefore = Math.max(this.#notBefore, performance.now() + asked);
        }
      } catch (error) {
        signal.throwIfAborted();
        this.#stats.problem = cut(messageOf(error));
      }
      this.#stats.retried++;
      await this.#pause(ms);
    }
  }

  /** Not shorter than the server has asked for. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    const until = performance.now() + ms;
    for (;;) {
      const left = Math.max(until, this.#notBefore) - performance.now();
      if (left <= 0) break;
      await delay(left, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
    }
    signal.throwIfAborted();
  }
}

function told({ status, body = '' }: Answer): string {
  const said = cut(body);
  return `status ${status}${said === '' ? '' : `: ${said}`}`;
}

function cut(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= MOST_SAID ? trimmed : `${trimmed.slice(0, MOST_SAID)}...`;
}

/** A connection to several addresses fails with an error of several, which says nothing itself. */
function messageOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}
