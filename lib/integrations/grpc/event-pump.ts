import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import type { EventView } from '../../event/event-view';
import { WireWriter } from '../../event/wire-writer';
import { MAX_EVENT_BYTES, MESSAGE_BYTES } from './batches';
import type { Round } from './client-queue';
import { Pace } from './pace';
import { Status } from './status';
import type { StreamClient } from './stream-client';

/**
 * Takes events from a buffer and hands each to every client that wants it, encoded once for all. Takes none while there is no client.
 *
 * Threads: one. Full: a client's queue loses its oldest; the buffer is taken from no faster than the clients that keep up go, so that
 * what waits there does not flood them (see Pace). Closed: when the buffer is closed and drained, the streams of all clients end. Failed:
 * streams end with INTERNAL, those that come later too.
 */
export class EventPump {
  readonly clients = new Set<StreamClient>();
  readonly #buffer: EventEndpoint;
  readonly #round: number;
  readonly #writer = new WireWriter();
  readonly #pace = new Pace();
  readonly #stop = new AbortController();
  /** Wakes the loop: a client has come, gone or taken something. */
  #wake: () => void = () => undefined;
  #ended = false;
  /** Why it takes no more; undefined while nothing has gone wrong. */
  #failure: string | undefined;

  /** @param round events taken at a time */
  constructor(buffer: EventEndpoint, round: number) {
    this.#buffer = buffer;
    this.#round = round;
    this.#run().catch((error: unknown) => {
      this.#ended = true;
      this.#failure = String(error);
      for (const client of this.clients) client.fail(Status.INTERNAL, this.#failure);
    });
  }

  add(client: StreamClient): void {
    this.clients.add(client);
    if (this.#failure !== undefined) client.fail(Status.INTERNAL, this.#failure);
    else if (this.#ended) client.end();
    this.changed();
  }

  changed(): void {
    this.#wake();
  }

  /** Takes no more; what clients have in their queues still goes out. */
  stop(): void {
    this.#stop.abort();
    this.#end();
    this.changed();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.clients.size === 0) await this.#change();
      else if (!this.#pace.mayGoOn(this.clients, this.#round)) await this.#change(this.#pace.patienceMs);
      else if (this.#takeRound() > 0) await nextTurn();
      else if (!(await this.#buffer.recordOrEnd(signal).catch(() => false))) break;
    }
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const client of this.clients) client.end();
  }

  #change(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #takeRound(): number {
    const all = [...this.clients].filter(({ wanted }) => wanted === undefined);
    const some = [...this.clients]
      .filter(({ wanted }) => wanted !== undefined)
      .map((client) => ({ client, picked: [] as number[] }));
    const ends: number[] = [];
    this.#writer.clear();
    try {
      return this.#buffer.consume((view) => {
        const wanting = some.filter(({ client }) => client.wanted!(view));
        if (all.length + wanting.length === 0) return;
        if (!this.#write(view)) {
          for (const client of [...all, ...wanting.map((each) => each.client)]) client.queue.drop(1);
          return;
        }
        for (const { picked } of wanting) picked.push(ends.length);
        ends.push(this.#writer.length);
      }, this.#round);
    } finally {
      // What has been taken goes out, even if the next event cannot be read.
      if (ends.length > 0) {
        this.#writer.length = ends[ends.length - 1];
        const bytes = this.#writer.toBuffer();
        const rounds = split(bytes, ends);
        for (const client of all) for (const round of rounds) client.offer(round);
        for (const { client, picked } of some) if (picked.length > 0) client.offer(pick(bytes, ends, picked));
      }
    }
  }

  /** @returns false for an event that fits into no message */
  #write(view: EventView): boolean {
    const start = this.#writer.length;
    if (this.#writer.append(view) <= MAX_EVENT_BYTES) return true;
    this.#writer.length = start;
    return false;
  }
}

/** Large rounds in pieces, so that one event that waits does not keep all of it. */
function split(bytes: Buffer, ends: readonly number[]): Round[] {
  if (bytes.length <= MESSAGE_BYTES) return [{ bytes, ends: Uint32Array.from(ends) }];
  const rounds: Round[] = [];
  for (let from = 0; from < ends.length;) {
    const start = from === 0 ? 0 : ends[from - 1];
    let to = from + 1;
    while (to < ends.length && ends[to] - start <= MESSAGE_BYTES) to++;
    rounds.push({
      bytes: Buffer.from(bytes.subarray(start, ends[to - 1])),
      ends: Uint32Array.from(ends.slice(from, to), (end) => end - start),
    });
    from = to;
  }
  return rounds;
}

function pick(bytes: Buffer, ends: readonly number[], picked: readonly number[]): Round {
  const parts = picked.map((i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]));
  let end = 0;
  return { bytes: Buffer.concat(parts), ends: Uint32Array.from(parts, ({ length }) => (end += length)) };
}
