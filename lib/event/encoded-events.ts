import { binding } from '../binding';
import type { EventCursor } from './event-cursor';
import { HEADER } from './event-header';

/** Why the next event is not written. Mirrors SelfContainedWriter::Status, and the first two of WireStatus. */
export const enum Stopped {
  /** There is none. */
  NOT = 0,
  NO_ROOM = 1,
  /** Or another number: of what is wrong, see wire-writer.ts. */
  CORRUPT = 2,
}

const { packSelfContained, packWire } = binding;

/** At multiples of so many bytes an event begins. */
const ALIGNMENT = 8;

/** Where the event behind one of so many bytes begins. */
export function behind(at: number, size: number): number {
  return (at + size + ALIGNMENT - 1) & -ALIGNMENT;
}

/** Events written, bytes passed, bytes written, why no more, the step of the plan where something was wrong. */
const told = new Uint32Array(5);
const NOTHING_PACKED = [0, 0, 0, Stopped.CORRUPT, 0];
/** WireStatus::kPastEnd. */
const NOTHING_WRITTEN = [0, 0, 0, 4, 0];

/**
 * Encoded events that lie behind one another, each aligned, on the way to where they are wanted.
 *
 * Threads: one. Memory: that of whoever gave them, who may use it anew for the next ones.
 */
export class EncodedEvents {
  stopped = Stopped.NOT;
  /** Of the plan, where something is wrong with the next event. */
  step = 0;
  private next: number;

  /**
   * @param cursor over the memory where they lie
   * @param at the byte of the first, then of the next one
   * @param sizes their lengths, from number `first` on
   */
  constructor(
    private readonly cursor: EventCursor,
    public at: number,
    private readonly sizes: Uint32Array,
    private readonly first: number,
    private readonly count: number,
  ) {
    this.next = first;
  }

  static ofOne(cursor: EventCursor): EncodedEvents {
    return new EncodedEvents(cursor, cursor.at, Uint32Array.of(cursor.length), 0, 1);
  }

  /** How many of them somebody has had. */
  get had(): number {
    return this.next - this.first;
  }

  get left(): number {
    return this.count - this.had;
  }

  /** Of the next one. */
  get id(): string {
    return this.cursor.moveTo(this.at, this.sizes[this.next]).id;
  }

  skip(): void {
    this.at = behind(this.at, this.sizes[this.next++]);
  }

  /**
   * Writes events as `encodeEvent` does, each behind its length as a 32-bit number, little endian, to the bytes of `out` from `start` to
   * `end`: up to `most`, as many as find room. `stopped` says why there are no more. What lies behind the last one is void.
   * @returns bytes written
   */
  pack(out: Uint8Array, start: number, end: number, most: number): number {
    const count = Math.min(this.left, most);
    told.set(NOTHING_PACKED);
    packSelfContained(
      this.cursor.bytes,
      this.at,
      this.sizes,
      this.next,
      count,
      HEADER,
      out,
      start,
      end,
      told,
    );
    return this.goOn();
  }

  /**
   * Writes events in the protobuf form, each as field 1 of a message, to `out` from `start` on: up to `ends.length`, as many as find room.
   * `stopped` says why there are no more, `step` where. What lies behind the last one is void.
   * @param most bytes of each, with the 16 that may have to be free behind it
   * @param ends is told where each of those written ends
   * @returns bytes written
   */
  packWire(out: Uint8Array, start: number, most: number, ends: Uint32Array): number {
    const count = Math.min(this.left, ends.length);
    told.set(NOTHING_WRITTEN);
    packWire(this.cursor.bytes, this.at, this.sizes, this.next, count, out, start, most, ends, told);
    return this.goOn();
  }

  /** What is told stays as it is set before where a number does not fit its array, as sizes that others wrote may have it. */
  private goOn(): number {
    this.next += told[0];
    this.at += told[1];
    this.stopped = told[3];
    this.step = told[4];
    return told[2];
  }
}
