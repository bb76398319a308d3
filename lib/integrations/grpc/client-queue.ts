import { droppedField, MESSAGE_BYTES } from './batches';

/** Events in the protobuf form, behind one another; never changed, so that clients share it. */
export interface Round {
  readonly bytes: Buffer;
  /** Where each event ends. */
  readonly ends: Uint32Array;
}

interface Waiting {
  readonly round: Round;
  /** The events that have not been taken. */
  from: number;
}

/** Whatever their number is. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Events that wait for one client, oldest first. Threads: one. Full: the oldest give way, and are counted. Memory: at most `limit`
 * events and 16 MiB, and of a round as long as one of its events is here.
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
    this.#waiting.push({ round, from: 0 });
    this.#count += round.ends.length;
    this.#bytes += round.bytes.length;
    while (this.#count > this.limit || (this.#bytes > MAX_BYTES && this.#count > 1)) this.#dropOldest();
  }

  /** Of an event that fits into no message. */
  drop(count: number): void {
    this.dropped += count;
    this.#untold += count;
  }

  /** The next message of at most so many events, and of `MESSAGE_BYTES` or one event. */
  take(maxBatch: number): { bytes: Buffer; count: number } {
    const dropped = droppedField(this.#untold);
    this.#untold = 0;
    const parts: Buffer[] = [];
    let [count, size] = [0, 0];
    while (count < maxBatch && this.#waiting.length > 0) {
      const first = this.#waiting[0];
      const { bytes, ends } = first.round;
      const start = startOf(first);
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
      parts.push(bytes.subarray(start, ends[to - 1]));
      size += ends[to - 1] - start;
      this.#leave(first, to);
    }
    if (dropped.length === 0 && parts.length === 1) return { bytes: parts[0], count };
    return { bytes: Buffer.concat([dropped, ...parts]), count };
  }

  #dropOldest(): void {
    const first = this.#waiting[0];
    this.#leave(first, first.from + 1);
    this.drop(1);
  }

  #leave(first: Waiting, to: number): void {
    const { ends } = first.round;
    this.#count -= to - first.from;
    this.#bytes -= ends[to - 1] - startOf(first);
    first.from = to;
    if (to === ends.length) this.#waiting.shift();
  }
}

function startOf({ round, from }: Waiting): number {
  return from === 0 ? 0 : round.ends[from - 1];
}
