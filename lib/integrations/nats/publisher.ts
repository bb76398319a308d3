import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamApiError, JetStreamClient } from '@nats-io/jetstream';
import type { UnifiedEvent } from '../../event/unified-event';
import type { LinkedAbort } from '../../flow/linked-abort';

/** A message on its way: what it carries, and how it is told from others. */
export interface Message {
  readonly events: readonly UnifiedEvent[];
  readonly bytes: Uint8Array;
  readonly id: string;
}

export interface PublisherStats {
  acknowledged: number;
  inFlight: number;
  retried: number;
  duplicates: number;
}

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5000;

/**
 * Publishes messages to a stream until the server has stored each, a bounded number at a time.
 *
 * Threads: one. Guaranteed: a message is tried again, under the same id, until the server acknowledges it, so the server stores it
 * once within its duplicate window. An error that trying again cannot mend (no such stream, a closed connection) stops it, and
 * what was not acknowledged by then is handed back. Memory: owns the messages in flight, at most `window` of them.
 */
export class Publisher {
  readonly stats: PublisherStats = { acknowledged: 0, inFlight: 0, retried: 0, duplicates: 0 };
  readonly #client: JetStreamClient;
  readonly #to: { readonly stream: string; readonly subject: string };
  readonly #window: number;
  readonly #stop: LinkedAbort;
  /** Each with its attempt, which never rejects. */
  readonly #flying = new Map<Message, Promise<void>>();
  /** By their place among all messages. */
  readonly #unsent = new Map<number, Message>();
  #published = 0;

  /** @param stop ended by who wants an end, or here, by what stops the publisher; a call under way may still succeed */
  constructor(
    client: JetStreamClient,
    to: { readonly stream: string; readonly subject: string },
    window: number,
    stop: LinkedAbort,
  ) {
    this.#client = client;
    this.#to = to;
    this.#window = window;
    this.#stop = stop;
  }

  /** Settles once it is on its way, that is when there is room in the window. @throws what has stopped the publisher; then it is unsent */
  async publish(message: Message): Promise<void> {
    const place = this.#published++;
    const { signal } = this.#stop;
    while (this.#flying.size >= this.#window && !signal.aborted) await Promise.race(this.#flying.values());
    if (signal.aborted) {
      this.#unsent.set(place, message);
      throw signal.reason;
    }
    this.stats.inFlight += message.events.length;
    this.#flying.set(message, this.#untilStored(message, place));
  }

  /** Settles when no message is in flight. @throws what has stopped the publisher */
  async flush(): Promise<void> {
    await Promise.all(this.#flying.values());
    this.#stop.signal.throwIfAborted();
  }

  /** The events that the server has not acknowledged, in their order; nothing may be in flight. */
  takeUnsent(): UnifiedEvent[] {
    const inOrder = [...this.#unsent].sort(([a], [b]) => a - b);
    this.#unsent.clear();
    return inOrder.flatMap(([, { events }]) => events);
  }

  async #untilStored(message: Message, place: number): Promise<void> {
    try {
      await this.#tryUntilStored(message);
      this.stats.acknowledged += message.events.length;
    } catch (error) {
      this.#stop.end(error);
      this.#unsent.set(place, message);
    } finally {
      this.stats.inFlight -= message.events.length;
      this.#flying.delete(message);
    }
  }

  async #tryUntilStored({ bytes, id }: Message): Promise<void> {
    for (let ms = FIRST_DELAY_MS; ; ms = Math.min(2 * ms, MAX_DELAY_MS)) {
      try {
        const { duplicate } = await this.#client.publish(this.#to.subject, bytes, {
          msgID: id,
          expect: { streamName: this.#to.stream },
        });
        if (duplicate) this.stats.duplicates++;
        return;
      } catch (error) {
        if (!mayPass(error) || this.#stop.signal.aborted) throw error;
        this.stats.retried++;
        // A server that is away or full says nothing when it is ready again.
        await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }
}

/** Codes of a server that has no room: in the account, of any kind, in memory, on disk, in the stream. */
const NO_ROOM = new Set([10002, 10023, 10028, 10047, 10077]);

/** By name, as the user's copy of the library may be another one. */
function mayPass(error: unknown): boolean {
  const { name, code, status } = error as Error & Partial<JetStreamApiError>;
  switch (name) {
    case 'TimeoutError':
    case 'RequestError':
    case 'NoRespondersError':
    case 'JetStreamNotEnabled':
    case 'ConnectionError':
      return true;
    case 'JetStreamApiError':
      return status === 503 || NO_ROOM.has(code!);
    default:
      return false;
  }
}
