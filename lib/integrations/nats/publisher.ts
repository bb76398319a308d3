import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamApiError, JetStreamClient } from '@nats-io/jetstream';
import type { LinkedAbort } from '../../flow/linked-abort';
import { InFlightWindow } from '../in-flight-window';
import type { Message } from './message';

export interface PublisherStats {
  acknowledged: number;
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
 * what was not acknowledged by then is handed back by the window.
 */
export class Publisher {
  readonly stats: PublisherStats = { acknowledged: 0, retried: 0, duplicates: 0 };
  readonly window: InFlightWindow<Message>;
  readonly #client: JetStreamClient;
  readonly #to: { readonly stream: string; readonly subject: string };
  readonly #stop: LinkedAbort;

  /** @param stop ended by who wants an end, or here, by what stops the publisher; a call under way may still succeed */
  constructor(
    client: JetStreamClient,
    to: { readonly stream: string; readonly subject: string; readonly maxInFlight: number },
    stop: LinkedAbort,
    whenStored: (message: Message) => void,
  ) {
    this.#client = client;
    this.#to = to;
    this.#stop = stop;
    this.window = new InFlightWindow(to.maxInFlight, stop, async (message: Message) => {
      await this.#untilStored(message);
      this.stats.acknowledged += message.count;
      whenStored(message);
    });
  }

  async #untilStored({ bytes, id }: Message): Promise<void> {
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
