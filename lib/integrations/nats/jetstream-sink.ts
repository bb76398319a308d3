import type { StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import type { WaitOptions } from '../../buffers/wait-queue';
import { TapioError } from '../../errors';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { LinkedAbort } from '../../flow/linked-abort';
import { checkInteger, checkOptions, checkSignal, invalidArgument } from '../../validate';
import type { Message } from './message';
import { MessagePacker } from './message-packer';
import { jetStreamLibrary } from './peers';
import { Publisher, type PublisherStats } from './publisher';
import { isSubject } from './subject';

export interface JetStreamSinkOptions {
  /** The stream that stores the events; must exist. */
  stream: string;
  /** A subject of that stream. */
  subject: string;
  /** Events of a message, 1 to 65536, default 256; fewer where a message would be too large for the server. */
  maxBatch?: number;
  /** Messages in flight, 1 to 1024, default 8. Each holds up to four times its bytes, and 256 KiB at least once it is that full. */
  maxInFlight?: number;
}

export interface JetStreamSinkStats {
  /** Events that the server has stored. */
  acknowledged: number;
  /** Events that are on their way. */
  inFlight: number;
  /** Times that a message was sent again, as no answer came or the stream had no room. */
  retried: number;
  /** Messages under whose id the server had stored one already, as it does when an answer was lost. */
  duplicates: number;
  /** Events larger than the server or the stream takes in one message; they are left out. */
  oversized: number;
}

/** Bytes of a message beside its payload: the headers with its id (at most 256 and the number) and the stream (at most 255). */
const HEADER_ROOM = 1024;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

/**
 * Publishes the events of a buffer to a stream of NATS JetStream, in batches.
 *
 * Threads: one. Guaranteed: at least once: a message is sent again, under the same id, until the server has stored it, so within the
 * stream's duplicate window a run stores it once. The ids of events must be unique: the server takes another message of that many events
 * whose first has the same id for one that it has. Batches that are sent again may be stored behind later ones. Full: while the server
 * is away or the stream has no room, at most `maxInFlight` messages are held, and one that waits; the buffer's own policy decides about
 * the rest. Closed: `run` ends when the buffer is closed and drained and all is stored. Memory: what was taken and not stored when `run`
 * ends early goes back to the buffer's instance.
 */
export class JetStreamSink {
  readonly #connection: NatsConnection;
  readonly #buffer: EventEndpoint;
  readonly #options: Required<JetStreamSinkOptions>;
  readonly #ended: PublisherStats = { acknowledged: 0, retried: 0, duplicates: 0 };
  readonly #packer = new MessagePacker();
  #publisher: Publisher | undefined;

  /** @throws TapioError ERR_INVALID_ARGUMENT; ERR_UNSUPPORTED without @nats-io/jetstream */
  constructor(connection: NatsConnection, buffer: AnyEventBuffer, options: JetStreamSinkOptions) {
    checkConnection(connection);
    checkEndpoint('buffer', buffer);
    const { stream, subject, maxBatch = 256, maxInFlight = 8 } = checkOptions(options);
    checkName('stream', stream);
    checkName('subject', subject);
    if (!isSubject(subject)) throw invalidArgument('subject', subject, 'words between dots, without * and >');
    checkInteger('maxBatch', maxBatch, 1, 65536);
    checkInteger('maxInFlight', maxInFlight, 1, 1024);
    jetStreamLibrary();
    this.#connection = connection;
    this.#buffer = buffer;
    this.#options = { stream, subject, maxBatch, maxInFlight };
  }

  /**
   * Ends when the buffer is closed and drained and the server has stored all. One run at a time.
   * @throws the signal's reason when aborted, after calls under way have ended (5 s at most, by the connection's timeout); what
   *   the server or the connection refuses for good, such as a stream that does not exist or a connection that is closed
   */
  async run(options?: WaitOptions): Promise<void> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    if (this.#publisher !== undefined)
      throw new TapioError('ERR_INVALID_ARGUMENT', 'this JetStreamSink runs already');
    const { jetstream, jetstreamManager } = jetStreamLibrary();
    const { stream } = this.#options;
    const stop = new LinkedAbort(signal);
    const publisher = new Publisher(jetstream(this.#connection), this.#options, stop, (message) =>
      this.#packer.reuse(message),
    );
    this.#publisher = publisher;
    try {
      await publisher.window.run(async () => {
        // A stream that does not exist is told at once; later the server may be away for a while.
        const manager = await jetstreamManager(this.#connection, { checkAPI: false });
        const { config } = await manager.streams.info(stream);
        while (await internalsOf(this.#buffer).recordOrEnd(stop.signal)) {
          const { messages, failure } = this.#packer.take(
            this.#buffer,
            this.#options.maxBatch,
            this.#roomOf(config),
          );
          await this.#publish(publisher, messages);
          if (failure !== undefined) throw failure;
        }
      });
    } finally {
      internalsOf(this.#buffer).giveBack(publisher.window.takeUnsent());
      const { acknowledged, retried, duplicates } = publisher.stats;
      this.#ended.acknowledged += acknowledged;
      this.#ended.retried += retried;
      this.#ended.duplicates += duplicates;
      this.#publisher = undefined;
    }
  }

  getStats(): JetStreamSinkStats {
    const { acknowledged = 0, retried = 0, duplicates = 0 } = this.#publisher?.stats ?? {};
    return {
      acknowledged: this.#ended.acknowledged + acknowledged,
      inFlight: this.#publisher?.window.inFlight ?? 0,
      retried: this.#ended.retried + retried,
      duplicates: this.#ended.duplicates + duplicates,
      oversized: this.#packer.oversized,
    };
  }

  /** Bytes of events that a message to a stream may have. Another server, after a reconnection, may allow others. */
  #roomOf({ max_msg_size }: StreamConfig): number {
    const most = this.#connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
    return Math.max(0, (max_msg_size > 0 ? Math.min(most, max_msg_size) : most) - HEADER_ROOM);
  }

  async #publish(publisher: Publisher, messages: readonly Message[]): Promise<void> {
    for (const [i, message] of messages.entries()) {
      try {
        await publisher.window.add(message);
      } catch (error) {
        // This one the publisher hands back itself.
        internalsOf(this.#buffer).giveBack(messages.slice(i + 1).flatMap(({ events }) => events));
        throw error;
      }
    }
  }
}

export function checkConnection(connection: unknown): void {
  const { request, publish } = (connection ?? {}) as Partial<NatsConnection>;
  if (typeof request !== 'function' || typeof publish !== 'function')
    throw invalidArgument('connection', connection, 'a NatsConnection of @nats-io/transport-node');
}

export function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '' || /\s/.test(value))
    throw invalidArgument(name, value, 'a name without white space');
}
