import type { JsMsg } from '@nats-io/jetstream';

/** Of a message whose events are all stored. */
export const ALL = Infinity;

/** More than a consumer has unacknowledged, by default 1,000: only those come again. */
const MOST = 65_536;

interface Stored {
  readonly time: bigint;
  readonly count: number;
}

/**
 * How many events of which messages of a stream are stored. A message is known by its sequence and the time at which the server took
 * it: a stream that is made anew, or that lost its end with its disk, counts again from where it was.
 *
 * Memory: at most 65,536 messages, the oldest give way.
 */
export class StoredMessages {
  /** By sequence; a Map keeps the order in which they were added. */
  readonly #messages = new Map<number, Stored>();

  countOf({ seq, timestampNanos }: JsMsg): number {
    const stored = this.#messages.get(seq);
    return stored?.time === timestampNanos ? stored.count : 0;
  }

  set({ seq, timestampNanos }: JsMsg, count: number): void {
    this.#messages.delete(seq);
    this.#messages.set(seq, { time: timestampNanos, count });
    if (this.#messages.size <= MOST) return;
    const [oldest] = this.#messages.keys();
    this.#messages.delete(oldest);
  }
}
