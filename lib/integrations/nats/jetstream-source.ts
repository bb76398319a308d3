import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import type { WaitOptions } from '../../buffers/wait-queue';
import { isClosedError, isTapioError, TapioError } from '../../errors';
import type { UnifiedEvent } from '../../event/unified-event';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { checkOptions, checkSignal, invalidArgument } from '../../validate';
import { checkConnection, checkName } from './jetstream-sink';
import { unpackEvents } from './packing';
import { jetStreamLibrary } from './peers';
import { ALL, StoredMessages } from './stored-messages';

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
/** Between signs of life to the server about a message that waits for room. */
const [MIN_PATIENCE_MS, MAX_PATIENCE_MS] = [100, 60_000];

/**
 * Puts the events that a stream of NATS JetStream has for a consumer into a buffer.
 *
 * Threads: one. Guaranteed: at least once: a message is acknowledged only when all of its events are stored. One that comes again is told
 * by its sequence in the stream, as the server's own mark of redelivery is missing on some of them; so one source stores no event twice,
 * also over several runs. Two sources may, after one that ended between storing and acknowledging. Full: waits for room (a buffer with
 * drop-oldest always has some), and asks the server for more time meanwhile. Closed: `run` ends at the next message, which goes back
 * to the server; a signal ends it at once. What had come ahead then comes again when the consumer's `ack_wait` is over. Memory: holds up to 64 messages.
 */
export class JetStreamSource {
  readonly #connection: NatsConnection;
  readonly #buffer: EventEndpoint;
  readonly #options: JetStreamSourceOptions;
  readonly #stored = new StoredMessages();
  readonly #stats: JetStreamSourceStats = { received: 0, redelivered: 0, malformed: 0 };
  #isRunning = false;
  /** Of the run under way. */
  #messages: ConsumerMessages | undefined;
  #endsWithConnection = false;

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
   * @throws the signal's reason when aborted; ERR_INVALID_ARGUMENT for a consumer without explicit acknowledgement; ERR_EVENT_TOO_LARGE
   *   for an event that the buffer never takes, whose message goes back to the server; what the server refuses for good, such as a consumer
   *   that does not exist; the error of a connection that is closed
   */
  async run(options?: WaitOptions): Promise<void> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    if (this.#isRunning) throw new TapioError('ERR_INVALID_ARGUMENT', 'this JetStreamSource runs already');
    signal?.throwIfAborted();
    this.#isRunning = true;
    const stop = (): void => this.#messages?.stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      this.#endWithConnection();
      await this.#receive(signal);
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
      this.#messages = undefined;
      this.#isRunning = false;
    }
  }

  getStats(): JetStreamSourceStats {
    return { ...this.#stats };
  }

  /** Not every 3.x of the library ends the messages of a connection that is closed. */
  #endWithConnection(): void {
    if (this.#endsWithConnection) return;
    this.#endsWithConnection = true;
    void this.#connection.closed().then(() => this.#messages?.stop());
  }

  /** Until the buffer is closed. */
  async #receive(signal: AbortSignal | undefined): Promise<void> {
    const { stream, consumer: name } = this.#options;
    const consumer = await jetStreamLibrary().jetstream(this.#connection).consumers.get(stream, name);
    const { config } = await consumer.info(true);
    if (config.ack_policy !== 'explicit')
      throw invalidArgument('consumer', name, 'one with explicit acknowledgement');
    // The server gives a message to others when it hears nothing for `ack_wait`.
    const patienceMs = Math.min(
      Math.max((config.ack_wait ?? 30e9) / NS_PER_MS / 3, MIN_PATIENCE_MS),
      MAX_PATIENCE_MS,
    );
    const messages = await consumer.consume({ max_messages: AHEAD, abort_on_missing_resource: true });
    this.#messages = messages;
    // Before this, nobody could stop them.
    if (signal?.aborted || this.#connection.isClosed()) messages.stop();
    for await (const message of messages) {
      signal?.throwIfAborted();
      if (!(await this.#store(message, patienceMs, signal))) return;
    }
    signal?.throwIfAborted();
    throw (await this.#connection.closed()) ?? new Error('the connection to NATS is closed');
  }

  /** @returns false when the buffer is closed */
  async #store(message: JsMsg, patienceMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    let stored = this.#stored.countOf(message);
    if (stored === ALL) {
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
      for (; stored < events.length; stored++) {
        const event = events[stored];
        if (!internalsOf(this.#buffer).offer(event)) await this.#buffer.putAsync(event, { signal });
        this.#stats.received++;
      }
    } catch (error) {
      this.#stored.set(message, stored);
      message.nak();
      if (isClosedError(error)) return false;
      throw error;
    } finally {
      clearInterval(waiting);
    }
    this.#stored.set(message, ALL);
    message.ack();
    return true;
  }
}
