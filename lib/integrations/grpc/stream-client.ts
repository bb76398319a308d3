import type { ServerWritableStream } from '@grpc/grpc-js';
import { ClientQueue } from './client-queue';
import type { Wanted } from './filter';
import type { Round } from './round';

/** A client that takes nothing for so long does not hold up the others, nor the buffer. */
const STALLED_MS = 250;

/** What a client asked for. */
export interface StreamOrder {
  readonly maxBatch: number;
  /** Undefined: every event. */
  readonly wanted: Wanted | undefined;
}

/**
 * One client of StreamEvents. Driven by the call's own events and never waiting for one, as of a call that is cancelled no `drain`
 * ever comes. Memory: its queue, and what gRPC holds: 16 messages here and as many on the other side.
 */
export class StreamClient {
  readonly queue: ClientQueue;
  readonly wanted: Wanted | undefined;
  streamed = 0;
  readonly #call: ServerWritableStream<Buffer, Buffer>;
  readonly #maxBatch: number;
  readonly #whenTaken: () => void;
  /** Whether the call wants no more for now. */
  #blocked = false;
  /** When the call last passed on a message. */
  #progress = performance.now();
  #ending = false;
  #gone = false;

  /**
   * @param call not cancelled yet
   * @param whenTaken called when the client has taken something, or has gone; not before the constructor returns
   */
  constructor(
    call: ServerWritableStream<Buffer, Buffer>,
    { maxBatch, wanted }: StreamOrder,
    limit: number,
    whenTaken: () => void,
  ) {
    this.#call = call;
    this.#maxBatch = maxBatch;
    this.wanted = wanted;
    this.queue = new ClientQueue(limit);
    this.#whenTaken = whenTaken;
    call.on('drain', () => {
      this.#blocked = false;
      this.flush();
      whenTaken();
    });
    call.on('error', () => undefined);
    // It comes after good ends, too, once the status is on its way: `finish` and `close` come before that.
    call.on('cancelled', () => this.#leave());
  }

  get isGone(): boolean {
    return this.#gone;
  }

  get isStalled(): boolean {
    return this.#blocked && performance.now() - this.#progress >= STALLED_MS;
  }

  offer(round: Round): void {
    this.queue.push(round);
    this.flush();
  }

  flush(): void {
    while (!this.#gone && !this.#blocked && !this.queue.isEmpty) {
      const { bytes, count, round } = this.queue.take(this.#maxBatch);
      this.streamed += count;
      this.#blocked = !this.#call.write(bytes, () => {
        this.#progress = performance.now();
        // gRPC has its own copy.
        round?.letGo();
      });
    }
    if (this.#ending && !this.#gone && this.queue.isEmpty) this.#call.end();
  }

  /** Nothing will come any more: what waits still goes out. */
  end(): void {
    this.#ending = true;
    this.flush();
  }

  /** What waits is dropped; the last message tells so. */
  fail(code: number, details: string): void {
    if (this.#gone) return;
    this.queue.clear();
    if (!this.queue.isEmpty) this.#call.write(this.queue.take(1).bytes);
    this.#call.emit('error', { code, details });
    this.#leave();
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.queue.clear();
    this.#whenTaken();
  }
}
