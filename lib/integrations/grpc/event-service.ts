import { setMaxListeners } from 'node:events';
import type {
  Metadata,
  sendUnaryData,
  Server,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { isTapioError } from '../../errors';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { checkFunction, checkInteger, checkOptions, invalidArgument } from '../../validate';
import type { Activity } from '../activity';
import { checkToken, makeTokenCheck } from './authorization';
import { METHODS } from './definition';
import { EventPump } from './event-pump';
import { type EventFilter, wantedBy } from './filter';
import { grpcLibrary } from './peers';
import { storePublished } from './publishing';
import { decodeMessage, encodeMessage } from './small-messages';
import { Refusal, Status } from './status';
import { StreamClient, type StreamOrder } from './stream-client';
import { toldStats } from './told-stats';

export interface EventServiceOptions {
  /** For StreamEvents: the service is its consumer, and hands each event to every client that wants it. Without it: UNIMPLEMENTED. */
  events?: AnyEventBuffer;
  /** For PublishEvents. Full: back-pressure on that client. Without it: UNIMPLEMENTED. */
  publishTo?: AnyEventBuffer;
  /** Events of a message, 1 to 65536, default 256; fewer where it would be larger than 1 MiB. A client may ask for fewer. */
  maxBatch?: number;
  /** Events kept for a slow client, 1 to 1048576, default 8192, and at most 16 MiB of memory. */
  clientQueue?: number;
  /** Streams at a time, and publishers at a time, 1 to 65536, default 64; beyond it RESOURCE_EXHAUSTED. */
  maxClients?: number;
  /**
   * Visible ASCII, without white space around it. Asked for as `authorization: Bearer TOKEN`, else UNAUTHENTICATED. Without TLS it
   * travels in clear.
   */
  token?: string;
  /** Told in GetStats. */
  activity?: () => Activity;
}

export interface EventServiceStats {
  /** Streams that are open. */
  clients: number;
  /** Events handed to gRPC, each once for each client that it was for. */
  streamed: number;
  /** Events that gave way in the queue of a client, were left there when it went, or were larger than a message; likewise. */
  dropped: number;
  /** Events stored for publishers. */
  published: number;
}

export interface EventServiceCloseOptions {
  /** How long clients may take for what waits for them, an integer of milliseconds from 0, default 1000. */
  timeoutMs?: number;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The gRPC service of proto/tapio/v1/events.proto, for a server of the user's.
 *
 * Threads: one, that of the server; the buffers may be filled and drained anywhere. Guaranteed: every event taken from `events` is, for
 * each client that wants it, sent in order or counted as dropped, and a client that stays is told so, in its place in the stream or by its
 * status; what PublishEvents has answered is stored. While no client is there nothing is taken, and the policy of the buffer decides.
 * Full: slow clients lose their oldest, and hold up nobody; publishers wait. Closed: a closed and drained `events` ends the streams; a
 * closed `publishTo` gives UNAVAILABLE. Memory: `clientQueue` for each client, and what gRPC holds: up to 32 messages each, of a publisher
 * 16 and 1 MiB.
 */
export class EventService {
  readonly #options: EventServiceOptions;
  readonly #maxBatch: number;
  readonly #clientQueue: number;
  readonly #maxClients: number;
  readonly #hasToken: (metadata: Metadata) => boolean;
  readonly #pump: EventPump | undefined;
  readonly #publishers = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  /** Of clients that have gone. */
  readonly #past = { streamed: 0, dropped: 0 };
  #published = 0;
  /** Settles when all clients and publishers have gone; undefined before `close`. */
  #closed: Promise<void> | undefined;
  /** Called when a client has gone. */
  #whenGone: () => void = () => undefined;

  /** @throws TapioError ERR_INVALID_ARGUMENT; ERR_UNSUPPORTED without @grpc/grpc-js */
  constructor(options: EventServiceOptions) {
    // Each publisher listens, and Node warns of a leak from eleven on.
    setMaxListeners(0, this.#closing.signal);
    const { events, publishTo, maxBatch, clientQueue, maxClients, token, activity } = checkOptions(options);
    if (events !== undefined) checkEndpoint('events', events);
    if (publishTo !== undefined) checkEndpoint('publishTo', publishTo);
    this.#maxBatch = checkInteger('maxBatch', maxBatch ?? 256, 1, 65536);
    this.#clientQueue = checkInteger('clientQueue', clientQueue ?? 8192, 1, 2 ** 20);
    this.#maxClients = checkInteger('maxClients', maxClients ?? 64, 1, 65536);
    if (activity !== undefined) checkFunction('activity', activity);
    grpcLibrary();
    this.#options = { events, publishTo, activity };
    this.#hasToken = makeTokenCheck(checkToken(token));
    if (events !== undefined)
      this.#pump = new EventPump(events, Math.min(this.#maxBatch, 256, this.#clientQueue));
  }

  /** Before or after the server is bound. @throws TapioError ERR_INVALID_ARGUMENT for what is no server of @grpc/grpc-js */
  addTo(server: Server): this {
    if (typeof (server as Partial<Server> | undefined)?.addService !== 'function')
      throw invalidArgument('server', server, 'a Server of @grpc/grpc-js');
    server.addService(METHODS, {
      StreamEvents: (call: ServerWritableStream<Buffer, Buffer>) => this.#stream(call),
      PublishEvents: (call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        void this.#publish(call, answer),
      GetStats: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        this.#tellStats(call, answer),
    });
    return this;
  }

  getStats(): EventServiceStats {
    const clients = [...(this.#pump?.clients ?? [])];
    return {
      clients: clients.length,
      streamed: clients.reduce((sum, { streamed }) => sum + streamed, this.#past.streamed),
      dropped: clients.reduce((sum, { queue }) => sum + queue.dropped, this.#past.dropped),
      published: this.#published,
    };
  }

  /**
   * Answers no more calls, and takes no more events, but for those that wait in `events` if that is closed. Streams end when their
   * clients have taken what waits for them; after `timeoutMs` with UNAVAILABLE, and what they had not taken is counted as dropped.
   * Publishers get UNAVAILABLE. Settles when all have gone. Then shut the server down by `tryShutdown`, as the last bytes of the streams
   * may still be on their way; that waits for connections that do nothing, too. The server and the buffers stay as they are. Idempotent;
   * the shortest of several times counts.
   * @throws TapioError (rejects) ERR_INVALID_ARGUMENT for the options
   */
  async close(options?: EventServiceCloseOptions): Promise<void> {
    const { timeoutMs = 1000 } = checkOptions(options);
    checkInteger('timeoutMs', timeoutMs, 0, MAX_TIMER_MS);
    this.#closing.abort();
    const timer = setTimeout(() => void this.#abandonClients(), timeoutMs);
    await (this.#closed ??= this.#whenAllGone());
    clearTimeout(timer);
  }

  async #whenAllGone(): Promise<void> {
    const pump = this.#pump;
    if (pump !== undefined) {
      pump.finish();
      while (pump.clients.size > 0) await new Promise<void>((resolve) => (this.#whenGone = resolve));
      pump.stop();
    }
    await Promise.all(this.#publishers);
  }

  async #abandonClients(): Promise<void> {
    await this.#pump?.hurry();
    for (const client of this.#pump?.clients ?? []) client.fail(Status.UNAVAILABLE, 'the service is closed');
  }

  #stream(call: ServerWritableStream<Buffer, Buffer>): void {
    // Its end has been told already, so that no client of it would ever leave.
    if (call.cancelled) return;
    try {
      this.#admit(call.metadata);
      const pump = this.#pump;
      if (pump === undefined) throw new Refusal(Status.UNIMPLEMENTED, 'this service has no events');
      if (pump.clients.size >= this.#maxClients)
        throw new Refusal(
          Status.RESOURCE_EXHAUSTED,
          `as many clients as it serves at a time are there already: ${this.#maxClients}`,
        );
      const client = new StreamClient(call, this.#orderOf(call.request), this.#clientQueue, () => {
        if (client.isGone && pump.clients.delete(client)) {
          this.#past.streamed += client.streamed;
          this.#past.dropped += client.queue.dropped;
          this.#whenGone();
        }
        pump.changed();
      });
      pump.add(client);
    } catch (error) {
      call.emit('error', Refusal.of(error));
    }
  }

  #orderOf(request: Buffer): StreamOrder {
    const { filter, maxBatch } = decodeMessage('StreamRequest', request) as {
      filter?: EventFilter;
      maxBatch: number;
    };
    return {
      wanted: wantedBy(filter),
      maxBatch: maxBatch === 0 ? this.#maxBatch : Math.min(maxBatch, this.#maxBatch),
    };
  }

  async #publish(call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>): Promise<void> {
    let end: () => void = () => undefined;
    const publisher = new Promise<void>((resolve) => (end = resolve));
    try {
      this.#admit(call.metadata);
      const { publishTo } = this.#options;
      if (publishTo === undefined) throw new Refusal(Status.UNIMPLEMENTED, 'this service takes no events');
      if (this.#publishers.size >= this.#maxClients)
        throw new Refusal(Status.RESOURCE_EXHAUSTED, `there are ${this.#maxClients} publishers already`);
      this.#publishers.add(publisher);
      const accepted = await storePublished(call, publishTo, this.#closing.signal, (count) => {
        this.#published += count;
      });
      answer(null, encodeMessage('PublishSummary', { accepted }));
    } catch (error) {
      answer(Refusal.of(error));
    } finally {
      this.#publishers.delete(publisher);
      end();
    }
  }

  #tellStats(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
    let stats: Buffer;
    try {
      this.#admit(call.metadata);
      const { events, publishTo, activity } = this.#options;
      stats = encodeMessage('Stats', {
        buffers: {
          ...(events === undefined ? {} : toldStats('events', events)),
          ...(publishTo === undefined ? {} : toldStats('publishTo', publishTo)),
        },
        activity: activity?.(),
      });
    } catch (error) {
      // A buffer whose instance has let go.
      answer(
        isTapioError(error, 'ERR_BUFFER_CLOSED')
          ? new Refusal(Status.UNAVAILABLE, error.message)
          : Refusal.of(error),
      );
      return;
    }
    answer(null, stats);
  }

  #admit(metadata: Metadata): void {
    if (!this.#hasToken(metadata)) throw new Refusal(Status.UNAUTHENTICATED, 'the token is missing or wrong');
    if (this.#closing.signal.aborted) throw new Refusal(Status.UNAVAILABLE, 'the service is closed');
  }
}
