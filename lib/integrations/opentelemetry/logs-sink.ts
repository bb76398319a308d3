import type { Logger } from '@opentelemetry/api-logs';
import type { WaitOptions } from '../../buffers/wait-queue';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { checkOptions, invalidArgument } from '../../validate';
import { toLogRecord } from './log-record';

export interface LogsSinkStats {
  /** Records handed to the logger. What its processors and exporter do with them, they alone know. */
  exported: number;
}

/**
 * Hands the events of a buffer to a logger of OpenTelemetry.
 *
 * Threads: one. Guaranteed: an event is handed over once, in the order of the buffer. A logger has no way to say that it is full: the
 * SDK's batch processor drops what exceeds its queue (2,048 records by default) without a word, so its `maxQueueSize` must hold a
 * burst; for the full stream there is the OTLP sink. Closed: `run` ends when the buffer is closed and drained. Memory: holds both; events that were
 * handed over go back to the pool of the buffer's instance.
 */
export class LogsSink {
  readonly #logger: Logger;
  readonly #buffer: EventEndpoint;
  #exported = 0;

  /** @throws TapioError ERR_INVALID_ARGUMENT */
  constructor(logger: Logger, buffer: AnyEventBuffer) {
    if (typeof (logger as Partial<Logger> | null | undefined)?.emit !== 'function')
      throw invalidArgument('logger', logger, 'a Logger of @opentelemetry/api-logs');
    checkEndpoint('buffer', buffer);
    this.#logger = logger;
    this.#buffer = buffer;
  }

  /**
   * Ends when the buffer is closed and drained.
   * @throws the signal's reason when it is aborted; ERR_UNSUPPORTED without @opentelemetry/api, for an event with a trace. What was not
   *   handed over goes back to the buffer's instance. What the logger throws: that one event is lost
   */
  async run(options?: WaitOptions): Promise<void> {
    const { signal } = checkOptions(options);
    for await (const events of this.#buffer.batches({ signal, maxCount: 256 })) {
      let done = 0;
      try {
        while (done < events.length) {
          const record = toLogRecord(events[done]);
          // Before the logger has it: what it refuses once it would refuse for ever.
          done++;
          this.#logger.emit(record);
          this.#exported++;
        }
      } finally {
        if (done < events.length) internalsOf(this.#buffer).giveBack(events.slice(done));
        // A record has copies of all that it tells.
        internalsOf(this.#buffer).recycle(done === events.length ? events : events.slice(0, done));
      }
    }
  }

  getStats(): LogsSinkStats {
    return { exported: this.#exported };
  }
}
