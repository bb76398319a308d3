import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import type { WaitOptions } from '../../buffers/wait-queue';
import { isClosedError, isTapioError, TapioError } from '../../errors';
import type { UnifiedEvent } from '../../event/unified-event';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { checkOptions, checkSignal } from '../../validate';
import { checkConnection, checkName } from './jetstream-sink';
import { unpackEvents } from './packing';
import { jetStreamLibrary } from './peers';
import { RecentSequences } from './recent-sequences';

export interface JetStreamSourceOptions {
  stream: string;
  /** A durable consumer of that stream with explicit acknowledgement; must exist. */
  consumer: string;
}

export interface JetStreamSourceStats {
  /** Events stored in the buffer. */
  received: number;
  /** Messages that came again though their events were stored; they were not stored again. */
  redelivered: number;
  /** Messages that hold no events of this package; they are told the server as undeliverable. */
  malformed: number;
}

/** Messages asked for ahead: what a server sends while the buffer has no room. */
const AHEAD = 64;
const NS_PER_MS = 1_000_000;

/**
 * Puts the events that a stream of NATS JetStream has for a consumer into a buffer.
 *
 * Threads: one. Guaranteed: at least once: a message is acknowledged only when all of its events are stored. One that comes again is told
 * by its sequence in the stream, as the server's own mark of redelivery is missing on some of them; so events come twice only if
 * the process ended between storing and acknowledging. Full: waits for room (a buffer with drop-oldest always has some), and asks the server for more
 * time meanwhile. Closed: `run` ends at the next message, which goes back to the server; a signal ends it at once. Memory: holds up to 64 messages.
 */
export class JetStreamSource {
  readonly #connection: NatsConnection;
  readonly #buffer: EventEndpoint;
  readonly #options: JetStreamSourceOptions;
  readonly #stored = new RecentSequences();
  readonly #stats: JetStreamSourceStats = { received: 0, redelivered: 0, malformed: 0 };
  #isRunning = false;

  /** @throws TapioError ERR_INVALID_ARGUMENT; ERR_UNSUPPORTED without @nats-io/jetstream */
  constructor(connection: NatsConnection, buffer: AnyEventBuffer, options: JetStreamSourceOptions) {
    checkConnection(connection);
    checkEndpoint('buffer', buffer);
    const { stream, consumer } = checkOptions(options);
    checkName('stream', stream);
    checkName('consumer', consumer);
    jetStreamLibrary();
    this.#connection = connection;
    this.#buffer = buffer;
    this.#options = { stream, consumer };
  }

  /**
   * Ends when a message comes and the buffer is closed. One run at a time.
   * @throws the signal's reason when aborted; what the server refuses for good, such as a consumer that does not exist; the error of a
   *   connection that is closed
   */
  async run(options?: WaitOptions): Promise<void> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    if (this.#isRunning) throw new TapioError('ERR_INVALID_ARGUMENT', 'this JetStreamSource runs already');
    signal?.throwIfAborted();
    this.#isRunning = true;
    const { jetstream } = jetStreamLibrary();
    let messages: ConsumerMessages | undefined;
    const stop = (): void => messages?.stop();
    signal?.addEventListener('abort', stop, { once: true });
    // The messages of a connection that is closed just never come.
    void this.#connection.closed().then(stop);
    try {
      const consumer = await jetstream(this.#connection).consumers.get(
        this.#options.stream,
        this.#options.consumer,
      );
      const { config } = await consumer.info(true);
      signal?.throwIfAborted();
      messages = await consumer.consume({ max_messages: AHEAD, abort_on_missing_resource: true });
      // The server gives a message to others when it hears nothing for this time.
      const patienceMs = Math.max(100, (config.ack_wait ?? 30e9) / NS_PER_MS / 3);
      for await (const message of messages) {
        signal?.throwIfAborted();
        if (!(await this.#store(message, patienceMs, signal))) return;
      }
      signal?.throwIfAborted();
      throw (await this.#connection.closed()) ?? new Error('the connection to NATS is closed');
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
      this.#isRunning = false;
    }
  }

  getStats(): JetStreamSourceStats {
    return { ...this.#stats };
  }

  /** @returns false when the buffer is closed */
  async #store(message: JsMsg, patienceMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#stored.has(message.seq)) {
      this.#stats.redelivered++;
      message.ack();
      return true;
    }
    let events: UnifiedEvent[];
    try {
      events = unpackEvents(message.data);
    } catch (error) {
      if (!isTapioError(error, 'ERR_CORRUPT_DATA')) throw error;
      this.#stats.malformed++;
      message.term(error.message);
      return true;
    }
    const waiting = setInterval(() => message.working(), patienceMs);
    try {
      for (const event of events) {
        if (!this.#buffer.offer(event)) await this.#buffer.putAsync(event, { signal });
        this.#stats.received++;
      }
    } catch (error) {
      message.nak();
      if (isClosedError(error)) return false;
      throw error;
    } finally {
      clearInterval(waiting);
    }
    this.#stored.add(message.seq);
    message.ack();
    return true;
  }
}
