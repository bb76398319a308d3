import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import type { EventInternals } from '../../buffers/event-internals';
import { internalsOf } from '../../buffers/internals-of';
import { WireWriter } from '../../event/wire-writer';
import { MAX_EVENT_BYTES, MESSAGE_BYTES } from './batches';
import { Pace } from './pace';
import { Round } from './round';
import { Status } from './status';
import type { StreamClient } from './stream-client';

/** What a buffer must have free, so that a burst of a million a second finds room until the next look. */
const FREE_SLOTS = 2048;
const AHEAD_MS = 1;
/** So long may one turn of the event loop go on with rounds: a turn for each round took a tenth more of the processor's time. */
const TURN_MS = 1;

/**
 * Takes events from a buffer and hands each to every client that wants it, encoded once for all. Takes none while there is no client.
 *
 * Threads: one. Full: a client's queue loses its oldest; the buffer is taken from no faster than the clients that keep up go, so that
 * what waits there does not flood them (see Pace), until `hurry`. Closed: when the buffer is closed and drained, the streams of all
 * clients end. Failed: streams end with INTERNAL, those that come later too.
 */
export class EventPump {
  readonly clients = new Set<StreamClient>();
  readonly #buffer: EventEndpoint;
  readonly #internals: EventInternals;
  readonly #round: number;
  readonly #writer = new WireWriter();
  readonly #pace = new Pace();
  readonly #stop = new AbortController();
  /** Wakes the loop: a client has come, gone or taken something. */
  #wake: () => void = () => undefined;
  readonly #running: Promise<void>;
  #ended = false;
  /** Whether nobody is waited for any more. */
  #isHurried = false;
  /** Why it takes no more; undefined while nothing has gone wrong. */
  #failure: string | undefined;

  /** @param round events taken at a time */
  constructor(buffer: EventEndpoint, round: number) {
    this.#buffer = buffer;
    this.#internals = internalsOf(buffer);
    this.#round = round;
    this.#running = this.#run().catch((error: unknown) => {
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

  /** Takes no more, but for what a closed buffer holds; that and what clients have in their queues still goes out. */
  finish(): void {
    if (!this.#internals.attachment.closed) this.stop();
  }

  /** After `finish`: settles when that has been taken, which waits for no client. */
  hurry(): Promise<void> {
    this.#isHurried = true;
    this.changed();
    return this.#running;
  }

  /** Takes no more. */
  stop(): void {
    this.#stop.abort();
    this.#end();
    this.changed();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.clients.size === 0) await this.#change();
      else if (!this.#mayGoOn()) await this.#change(this.#pace.patienceMs);
      else if (this.#mayWaitInBuffer()) await this.#change(AHEAD_MS);
      else if (this.#takeRounds()) await nextTurn();
      else if (!(await this.#internals.recordOrEnd(signal).catch(() => false))) break;
    }
    this.#end();
  }

  /** Whole rounds as long as they are wanted. False: there was no event. */
  #takeRounds(): boolean {
    const until = performance.now() + TURN_MS;
    let taken = this.#takeRound();
    const any = taken > 0;
    while (taken === this.#round && performance.now() < until && this.#isRoundWanted())
      taken = this.#takeRound();
    return any;
  }

  #isRoundWanted(): boolean {
    const { clients } = this;
    return !this.#stop.signal.aborted && clients.size > 0 && this.#mayGoOn() && !this.#mayWaitInBuffer();
  }

  #mayGoOn(): boolean {
    return this.#isHurried || this.#pace.mayGoOn(this.clients, this.#round);
  }

  #mayWaitInBuffer(): boolean {
    const internals = this.#internals;
    return (
      !this.#isHurried &&
      internals.hasEvent &&
      this.#pace.isAhead(this.clients, this.#round) &&
      internals.hasFree(FREE_SLOTS)
    );
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
      .map((client) => ({ client, picked: [] as number[], oversized: 0 }));
    this.#writer.clear();
    try {
      return this.#takeUpTo(this.#round, all, some);
    } finally {
      // What has been taken goes out, even if the next event cannot be read.
      const { oversized } = this.#writer;
      if (oversized > 0) for (const { queue } of all) queue.drop(oversized);
      for (const { client, oversized } of some) if (oversized > 0) client.queue.drop(oversized);
      if (this.#writer.count > 0) this.#handOut(all, some);
    }
  }

  #handOut(all: readonly StreamClient[], some: readonly Picking[]): void {
    const round = Round.of(this.#writer);
    round.hold();
    const rounds = split(round);
    for (const client of all) for (const each of rounds) client.offer(each);
    for (const { client, picked } of some) if (picked.length > 0) client.offer(pick(round, picked));
    round.letGo();
  }

  #takeUpTo(maxCount: number, all: readonly StreamClient[], some: readonly Picking[]): number {
    if (some.length > 0) return this.#takeViews(maxCount, all, some);
    let taken = 0;
    while (taken < maxCount) {
      const more = this.#takeUnseen(maxCount - taken, all);
      if (more === 0) break;
      taken += more;
    }
    return taken;
  }

  /** Some, where nobody asks what is in them. */
  #takeUnseen(maxCount: number, all: readonly StreamClient[]): number {
    const events = this.#internals.encoded(maxCount);
    // Those that wait as objects are shown by views.
    if (events === undefined) return this.#takeViews(maxCount, all, []);
    try {
      this.#writer.appendAll(events, MAX_EVENT_BYTES);
    } finally {
      this.#internals.pass(events);
    }
    return events.had;
  }

  #takeViews(maxCount: number, all: readonly StreamClient[], some: readonly Picking[]): number {
    const writer = this.#writer;
    return this.#buffer.consume((view) => {
      const wanting = some.filter(({ client }) => client.wanted!(view));
      if (all.length + wanting.length === 0) return;
      const isIn = writer.append(view, MAX_EVENT_BYTES) > 0;
      for (const each of wanting)
        if (isIn) each.picked.push(writer.count - 1);
        else each.oversized++;
    }, maxCount);
  }
}

/** A client that wants some events, the numbers of those in the round, and how many fit into no message. */
interface Picking {
  readonly client: StreamClient;
  readonly picked: number[];
  oversized: number;
}

/** Large rounds in pieces, so that one event that waits does not keep all of it. */
function split(round: Round): Round[] {
  const { bytes, ends } = round;
  if (bytes.length <= MESSAGE_BYTES) return [round];
  const rounds: Round[] = [];
  for (let from = 0; from < ends.length;) {
    const start = round.startOf(from);
    const to = round.endOfMessage(from);
    rounds.push(
      new Round(
        Buffer.from(bytes.subarray(start, ends[to - 1])),
        ends.slice(from, to).map((end) => end - start),
      ),
    );
    from = to;
  }
  return rounds;
}

function pick(round: Round, picked: readonly number[]): Round {
  const parts = picked.map((i) => round.bytes.subarray(round.startOf(i), round.ends[i]));
  let end = 0;
  return new Round(
    Buffer.concat(parts),
    Uint32Array.from(parts, ({ length }) => (end += length)),
  );
}
