import type { StreamClient } from './stream-client';

/** Between looks at clients that take nothing. */
const LOOK_MS = 25;
/** So long in all the others wait for a client, until it has caught up. */
const PATIENCE_MS = 100;

/**
 * Decides whether the next events may be taken from the buffer: clients share its pace, as long as each of them goes at it. One that
 * holds up others for 100 ms in all lags, and one that takes nothing for 250 ms is stalled: nobody waits for these, and they lose their
 * oldest. A client that lags keeps up again when half of its queue is empty.
 */
export class Pace {
  readonly patienceMs = LOOK_MS;
  readonly #waited = new WeakMap<StreamClient, number>();
  #blockedSince: number | undefined;

  /** @param count events that each client is to have room for */
  mayGoOn(clients: Iterable<StreamClient>, count: number): boolean {
    const now = performance.now();
    const blocked = this.#blockedSince === undefined ? 0 : now - this.#blockedSince;
    let others = 0;
    const full: StreamClient[] = [];
    for (const client of clients) {
      const { queue } = client;
      if (queue.count * 2 <= queue.limit) this.#waited.delete(client);
      if (queue.hasRoomFor(count)) others += queue.count > 0 ? 1 : 0;
      else if (!client.isStalled) full.push(client);
    }
    const holdUp = full.filter((client) => {
      if (others > 0) this.#waited.set(client, (this.#waited.get(client) ?? 0) + blocked);
      return (this.#waited.get(client) ?? 0) < PATIENCE_MS;
    });
    // When all are behind, the one that is least behind goes on as it can.
    const wait = holdUp.length > 0 || (others === 0 && full.length > 0);
    this.#blockedSince = wait ? now : undefined;
    return !wait;
  }
}
