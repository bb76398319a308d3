import type { StreamClient } from './stream-client';

/** Between looks at clients that take nothing. */
const LOOK_MS = 25;
/** Rounds that a client is to have waiting. */
const AHEAD_ROUNDS = 2;
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

  /**
   * Whether everybody who takes something has enough to go on with. Then the next events may wait in the buffer: rounds that go out soon
   * after they were written still lie in the processor's caches, and take a tenth less of its time.
   * @param count events of a round
   */
  isAhead(clients: Iterable<StreamClient>, count: number): boolean {
    const taking = [...clients].filter(({ isStalled }) => !isStalled);
    return taking.length > 0 && taking.every(({ queue }) => queue.count >= AHEAD_ROUNDS * count);
  }

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
