import http from 'node:http';
import https from 'node:https';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import type { WaitOptions } from '../../buffers/wait-queue';
import { TapioError } from '../../errors';
import type { UnifiedEvent } from '../../event/unified-event';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { LinkedAbort } from '../../flow/linked-abort';
import { checkOptions, checkSignal } from '../../validate';
import { Exporter, type ExporterStats } from './exporter';
import { type Answer, post } from './http-post';
import { type LogBatch, RequestWriter } from './request-writer';
import { type CheckedOptions, checkSinkOptions, type OtlpSinkOptions } from './sink-options';

/** Events that were taken = exported + rejected + inFlight, at any time; but those that went back to the buffer when a run ended early. */
export interface OtlpSinkStats {
  /** Events that the server has taken. */
  exported: number;
  /** Events that the server refused for good, and those larger than `maxBytes`. */
  rejected: number;
  /** Events that are on their way, or wait for it. */
  inFlight: number;
  /** Times that a request was sent again. */
  retried: number;
  /** Answers of success that could not be read; their events count as exported. */
  unreadable: number;
  /** The last thing that went wrong, in a few words, perhaps of the server; undefined while nothing has. */
  problem: string | undefined;
}

/**
 * Sends the events of a buffer to a receiver of OpenTelemetry logs: OTLP/HTTP with JSON, by the OTLP specification 1.9 and
 * opentelemetry-proto 1.8. What becomes what is in docs/guides/otlp.md.
 *
 * Threads: one. Guaranteed: at least once: a request is sent again, with back-off, for the statuses 429, 502, 503 and 504, with regard
 * to Retry-After, and when a connection cannot be made, breaks or is silent. Other statuses, redirects among them, are final: their events
 * count as rejected, as do those of a partial success; but a request that is too large for the server (413) is halved. Requests overtake
 * each other. Full: while the server is away, at most `maxInFlight` requests are held, and one that waits; the buffer's own policy decides
 * about the rest. Closed: `run` ends when the buffer is closed and drained and all is answered. Memory: answered events go back to the
 * pool of the buffer's instance; what was taken and has no answer when `run` ends early goes back to that instance.
 */
export class OtlpSink {
  readonly #buffer: EventEndpoint;
  readonly #options: CheckedOptions;
  readonly #requests: RequestWriter;
  readonly #stats: ExporterStats = {
    exported: 0,
    rejected: 0,
    retried: 0,
    unreadable: 0,
    problem: undefined,
  };
  /** Of the run under way. */
  #exporter: Exporter | undefined;
  /** Taken from the buffer, and in no request yet. */
  #rest: readonly UnifiedEvent[] = [];

  /** @throws TapioError ERR_INVALID_ARGUMENT */
  constructor(buffer: AnyEventBuffer, options: OtlpSinkOptions) {
    checkEndpoint('buffer', buffer);
    this.#buffer = buffer;
    this.#options = checkSinkOptions(options);
    this.#requests = new RequestWriter(this.#options.maxBytes, this.#options.resource);
  }

  /**
   * Ends when the buffer is closed and drained and the server has answered for all. One run at a time.
   * @throws the signal's reason when aborted, at once: requests under way are cut off, and their events go back to the buffer's instance,
   *   though the server may have taken them
   */
  async run(options?: WaitOptions): Promise<void> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    if (this.#exporter !== undefined)
      throw new TapioError('ERR_INVALID_ARGUMENT', 'this OtlpSink runs already');
    const stop = new LinkedAbort(signal);
    const { maxBatch: maxCount, maxWaitMs } = this.#options;
    const connections = this.#connect();
    const exporter = new Exporter(
      {
        stats: this.#stats,
        buffer: this.#buffer,
        send: (body) => this.#post(connections, body, stop.signal),
        split: ({ events }) => this.#halves(events),
        stop,
      },
      this.#options,
    );
    this.#exporter = exporter;
    try {
      await exporter.window.run(async () => {
        const batches = this.#buffer.batches({ maxCount, maxWaitMs, signal: stop.signal });
        for await (const events of batches) await this.#export(exporter, events);
      });
    } finally {
      internalsOf(this.#buffer).giveBack([...exporter.window.takeUnsent(), ...this.#rest]);
      this.#rest = [];
      connections.destroy();
      this.#exporter = undefined;
    }
  }

  getStats(): OtlpSinkStats {
    const { exported, rejected, retried, unreadable, problem } = this.#stats;
    const inFlight = this.#rest.length + (this.#exporter?.window.held ?? 0);
    return { exported, rejected, inFlight, retried, unreadable, problem };
  }

  async #export(exporter: Exporter, events: readonly UnifiedEvent[]): Promise<void> {
    this.#rest = events;
    while (this.#rest.length > 0) {
      const batch = this.#requests.batchOf(this.#rest);
      const count = batch.events.length;
      const one = this.#rest.slice(0, 1);
      this.#rest = this.#rest.slice(Math.max(count, 1));
      if (count > 0) await exporter.window.add(batch);
      else exporter.reject(one, `an event of more than ${this.#options.maxBytes} bytes`);
    }
  }

  #halves(events: readonly UnifiedEvent[]): LogBatch[] {
    const half = Math.ceil(events.length / 2);
    return [events.slice(0, half), events.slice(half)].map((each) => this.#requests.batchOf(each));
  }

  #connect(): http.Agent {
    const { maxInFlight: maxSockets, isSecure, tls } = this.#options;
    return isSecure
      ? new https.Agent({ ...tls, keepAlive: true, maxSockets })
      : new http.Agent({ keepAlive: true, maxSockets });
  }

  #post(agent: http.Agent, body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { isSecure, request, timeoutMs } = this.#options;
    return post(isSecure ? https.request : http.request, { ...request, agent }, body, { timeoutMs, signal });
  }
}
