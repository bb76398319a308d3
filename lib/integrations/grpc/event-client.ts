import type {
  CallOptions,
  ChannelCredentials,
  Client,
  ClientReadableStream,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';
import type { BufferStats } from '../../buffers/stats';
import type { WaitOptions } from '../../buffers/wait-queue';
import { TapioError } from '../../errors';
import type { UnifiedEvent } from '../../event/unified-event';
import { LinkedAbort } from '../../flow/linked-abort';
import { checkFunction, checkOptions, checkSignal, invalidArgument } from '../../validate';
import type { Activity } from '../activity';
import { checkToken } from './authorization';
import { decodeBatch } from './batches';
import { METHODS } from './definition';
import { checkFilter, type EventFilter } from './filter';
import { grpcLibrary } from './peers';
import { sendEvents } from './sending';
import { decodeMessage, encodeMessage } from './small-messages';

export interface EventClientOptions {
  /** Default: none, which is for loopback and for networks that are trusted. */
  credentials?: ChannelCredentials;
  /** Visible ASCII, without white space around it. Sent with every call as `authorization: Bearer TOKEN`; without TLS in clear. */
  token?: string;
}

export interface StreamOptions extends WaitOptions {
  /** Called when events gave way on the server, before those behind them come. What it throws ends the stream. */
  onDropped?: (count: number) => void;
}

/** For an answer that is one message. */
const ANSWER_MS = 10_000;

const CHANNEL = {
  // The default of 64 KiB holds half a batch of full events.
  'grpc-node.flow_control_window': 1024 * 1024,
  // A stream of a server that has gone without a word ends.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

/**
 * A client of an EventService.
 *
 * Threads: one. Guaranteed: the events of a stream come in their order; those that the server dropped for this client are told in their
 * place; a stream that ends without an error is whole. With an error, who is slow may lack what was sent last, up to 1 MiB, as grpc-js
 * discards it. Full: who takes no batch holds up the server's stream, and then the server drops. Errors of the call are those of
 * @grpc/grpc-js (ServiceError: `code` is the number of the status, `details` says why); what this side finds wrong is a TapioError.
 * Closed: calls that are under way and later ones give ERR_BUFFER_CLOSED. Memory: of a stream up to 32 messages, and 1 MiB that its
 * connection may be sent ahead.
 */
export class EventClient {
  readonly #client: Client;
  readonly #token: string | undefined;
  /** Those that are under way. */
  readonly #calls = new Set<LinkedAbort>();
  #isClosed = false;

  /**
   * Connects when it is first used, and again when a call needs it.
   * @param address `host:port`, `unix:PATH`, or another target of gRPC; `:port` or a port alone means 127.0.0.1
   * @throws TapioError ERR_INVALID_ARGUMENT; ERR_UNSUPPORTED without @grpc/grpc-js
   */
  constructor(address: string, options?: EventClientOptions) {
    if (typeof address !== 'string' || address === '')
      throw invalidArgument('address', address, 'a text such as 127.0.0.1:50051');
    const { credentials, token } = checkOptions(options);
    this.#token = checkToken(token);
    const grpc = grpcLibrary();
    const target = address.replace(/^:?(\d+)$/, '127.0.0.1:$1');
    this.#client = new grpc.Client(target, credentials ?? grpc.credentials.createInsecure(), CHANNEL);
  }

  /**
   * The server's events that match, in batches as they come, from when the iteration begins. Each iteration is a stream of its own. Ends
   * when the server has no more; leaving the loop cancels the stream.
   * @throws TapioError ERR_INVALID_ARGUMENT; while iterating `signal.reason` when aborted, ERR_CORRUPT_DATA, or a ServiceError
   */
  stream(filter?: EventFilter, options?: StreamOptions): AsyncIterable<UnifiedEvent[]> {
    checkFilter(filter);
    const { signal, onDropped } = checkOptions(options);
    checkSignal(signal);
    if (onDropped !== undefined) checkFunction('onDropped', onDropped);
    const request = encodeMessage('StreamRequest', { filter });
    return { [Symbol.asyncIterator]: () => this.#iterate(request, signal, onDropped) };
  }

  /**
   * Sends events, as fast as the server stores them. Settles when all are stored.
   * @returns how many
   * @throws (rejects) `signal.reason` when aborted; ERR_INVALID_EVENT; ERR_EVENT_TOO_LARGE for an event that no message of 4 MiB holds;
   *   what `events` throws; a ServiceError. The server may have stored a part
   */
  async publish(
    events: AsyncIterable<readonly UnifiedEvent[]> | Iterable<readonly UnifiedEvent[]>,
    options?: WaitOptions,
  ): Promise<{ accepted: number }> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    const { path, requestSerialize, responseDeserialize } = METHODS.PublishEvents;
    const stop = this.#begin(signal);
    try {
      const summary = await sendEvents(events, stop.signal, (answer) =>
        this.#client.makeClientStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          this.#metadata(),
          answer,
        ),
      );
      return { accepted: decodeMessage('PublishSummary', summary).accepted as number };
    } finally {
      this.#end(stop);
    }
  }

  /** The figures of the server's buffers: `events` and `publishTo`, of a PriorityBuffer one for each level. Waits 10 s at most. */
  async getStats(options?: WaitOptions): Promise<Record<string, BufferStats>> {
    return (await this.#askStats(options)).buffers;
  }

  /** What the server tells of itself; undefined for one that does not. Waits 10 s at most. */
  async getActivity(options?: WaitOptions): Promise<Activity | undefined> {
    const { activity } = await this.#askStats(options);
    return activity;
  }

  /** Ends the calls that are under way. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.end(closedError());
    this.#client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *#iterate(
    request: Buffer,
    signal: AbortSignal | undefined,
    onDropped: ((count: number) => void) | undefined,
  ): AsyncGenerator<UnifiedEvent[], void, undefined> {
    const stop = this.#begin(signal);
    const { path, requestSerialize, responseDeserialize } = METHODS.StreamEvents;
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata(),
    );
    stop.signal.addEventListener('abort', () => call.cancel(), { once: true });
    try {
      for await (const bytes of messagesOf(call)) {
        if (stop.signal.aborted) break;
        const { events, dropped } = decodeBatch(bytes);
        if (dropped > 0) onDropped?.(dropped);
        if (events.length > 0) yield events;
      }
      stop.signal.throwIfAborted();
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      this.#end(stop);
      call.cancel();
    }
  }

  async #askStats(
    options: WaitOptions | undefined,
  ): Promise<{ buffers: Record<string, BufferStats>; activity?: Activity }> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    const stop = this.#begin(signal);
    const { path, requestSerialize, responseDeserialize } = METHODS.GetStats;
    const deadline: CallOptions = { deadline: Date.now() + ANSWER_MS };
    try {
      const bytes = await new Promise<Buffer>((resolve, reject) => {
        const answer = (error: ServiceError | null, value?: Buffer): void =>
          error === null ? resolve(value!) : reject(error);
        const call = this.#client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          encodeMessage('StatsRequest', {}),
          this.#metadata(),
          deadline,
          answer,
        );
        stop.signal.addEventListener('abort', () => call.cancel(), { once: true });
      });
      return decodeMessage('Stats', bytes) as { buffers: Record<string, BufferStats>; activity?: Activity };
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      this.#end(stop);
    }
  }

  /** @throws `signal.reason` when it is aborted, ERR_BUFFER_CLOSED when this client is closed */
  #begin(signal: AbortSignal | undefined): LinkedAbort {
    if (this.#isClosed) throw closedError();
    const call = new LinkedAbort(signal);
    this.#calls.add(call);
    return call;
  }

  #end(call: LinkedAbort): void {
    this.#calls.delete(call);
    call.end();
  }

  #metadata(): Metadata {
    const metadata = new (grpcLibrary().Metadata)();
    if (this.#token !== undefined) metadata.set('authorization', `Bearer ${this.#token}`);
    return metadata;
  }
}

/**
 * All messages that grpc-js has handed out, also those before an error: an iterator of Node would leave out what waits when that comes.
 * What grpc-js still holds when a status other than OK comes, it discards (1.14.7).
 */
async function* messagesOf(call: ClientReadableStream<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let failure: Error | undefined;
  let wake: () => void = () => undefined;
  call.on('error', (error: Error) => {
    failure ??= error;
    wake();
  });
  for (const event of ['readable', 'end', 'close']) call.on(event, () => wake());
  for (;;) {
    const bytes = call.read() as Buffer | null;
    if (bytes !== null) yield bytes;
    else if (failure !== undefined) throw failure;
    else if (call.readableEnded || call.destroyed) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}

function closedError(): TapioError {
  return new TapioError('ERR_BUFFER_CLOSED', 'this EventClient is closed');
}
