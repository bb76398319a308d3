import { droppedField, MESSAGE_BYTES } from './batches';
import type { Round } from './round';

interface Waiting {
  readonly round: Round;
  /** The events that have not been taken. */
  from: number;
}

export interface Taken {
  readonly bytes: Buffer;
  readonly count: number;
  /** Where the bytes lie, which is held for them; undefined: they are a copy. */
  readonly round: Round | undefined;
}

/** Whatever their number is. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Events that wait for one client, oldest first. Threads: one. Full: the oldest give way, and are counted. Memory: at most `limit`
 * events and rounds of 16 MiB in all; it holds a round as long as one of its events is here.
 */
export class ClientQueue {
  readonly #waiting: Waiting[] = [];
  #count = 0;
  #bytes = 0;
  /** Lost, and not told yet. */
  #untold = 0;
  dropped = 0;

  constructor(readonly limit: number) {}

  get count(): number {
    return this.#count;
  }

  /** Whether there is something to tell. */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#untold === 0;
  }

  hasRoomFor(count: number): boolean {
    return this.#count + count <= this.limit && this.#bytes < MAX_BYTES;
  }

  push(round: Round): void {
    round.hold();
    this.#waiting.push({ round, from: 0 });
    this.#count += round.ends.length;
    this.#bytes += round.memory;
    while (this.#count > this.limit || (this.#bytes > MAX_BYTES && this.#count > 1)) this.#dropOldest();
  }

  /** Of an event that fits into no message. */
  drop(count: number): void {
    this.dropped += count;
    this.#untold += count;
  }

  /** All that waits is dropped. */
  clear(): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0];
      const { ends } = first.round;
      this.drop(ends.length - first.from);
      this.#leave(first, ends.length);
    }
  }

  /** The next message of at most so many events, and of `MESSAGE_BYTES` or one event. */
  take(maxBatch: number): Taken {
    const dropped = droppedField(this.#untold);
    this.#untold = 0;
    const parts: { bytes: Buffer; round: Round }[] = [];
    let [count, size] = [0, 0];
    while (count < maxBatch && this.#waiting.length > 0) {
      const first = this.#waiting[0];
      const { round } = first;
      const { bytes, ends } = round;
      const start = round.startOf(first.from);
      let to = first.from;
      while (
        to < ends.length &&
        count < maxBatch &&
        (count === 0 || size + ends[to] - start <= MESSAGE_BYTES)
      ) {
        to++;
        count++;
      }
      if (to === first.from) break;
      parts.push({ bytes: bytes.subarray(start, ends[to - 1]), round });
      round.hold();
      size += ends[to - 1] - start;
      this.#leave(first, to);
    }
    if (dropped.length === 0 && parts.length === 1)
      return { bytes: parts[0].bytes, count, round: parts[0].round };
    const bytes = Buffer.concat([dropped, ...parts.map((part) => part.bytes)]);
    for (const { round } of parts) round.letGo();
    return { bytes, count, round: undefined };
  }

  #dropOldest(): void {
    const first = this.#waiting[0];
    this.#leave(first, first.from + 1);
    this.drop(1);
  }

  #leave(first: Waiting, to: number): void {
    const { round, from } = first;
    this.#count -= to - from;
    first.from = to;
    if (to < round.ends.length) return;
    this.#waiting.shift();
    this.#bytes -= round.memory;
    round.letGo();
  }
}
