import { EncodedEvents, Stopped } from './encoded-events';
import type { EventView } from './event-view';
import { EVENT_PATHS } from './generated/event-paths';
import { corrupt } from './invalid-event';
import { grown, MessageMemory } from './message-memory';
import { OwnViews } from './own-views';
import type { UnifiedEvent } from './unified-event';

const FIRST_EVENTS = 256;
/** What native code may ask for beyond the last byte of an event. */
const SLACK_BYTES = 16;
const ANY_SIZE = 2 ** 32 - 1;

/** What is wrong with an event, by WireStatus. */
const REASONS: Readonly<Record<number, string>> = {
  2: 'has unknown bits',
  3: 'is out of its range',
  4: 'does not end where the event does',
  5: 'is a text that was never interned',
};

/**
 * Writes events in the protobuf form (proto/tapio/v1/events.proto) one behind the other, each as a field 1 of the message that they
 * make: the events of an EventBatch. Takes them from their encoded form, in native code: no text is decoded.
 *
 * Threads: one. Guaranteed: of an event that is refused nothing is there. Memory: its own, which grows and stays.
 */
export class WireWriter {
  /** Bytes written since `clear`. */
  length = 0;
  /** Events written since `clear`. */
  count = 0;
  /** Events left out since `clear`. */
  oversized = 0;
  private readonly memory = new MessageMemory();
  private out = this.memory.piece();
  private ends = new Uint32Array(FIRST_EVENTS);
  private readonly views = new OwnViews();

  clear(): void {
    this.length = this.count = this.oversized = 0;
  }

  /** Gives away what was written since the last `clear`, which must follow. `reuse` may be told when nobody reads it any more. */
  detach(): Uint8Array<ArrayBuffer> {
    const { message, next } = this.memory.cut(this.out, 0, this.length);
    this.out = next;
    return message;
  }

  reuse(bytes: Uint8Array<ArrayBuffer>): void {
    this.memory.reuse(bytes);
  }

  /** Where each event written since `clear` ends. */
  endsOfEvents(): Uint32Array {
    return this.ends.slice(0, this.count);
  }

  /**
   * Appends an event, or the event that a view shows; it is left out if it takes more than about `limit` bytes.
   * @returns how many bytes that took
   * @throws TapioError ERR_INVALID_EVENT for what is no event; ERR_CORRUPT_DATA for a view of what is none
   */
  append(event: UnifiedEvent | EventView, limit = ANY_SIZE): number {
    const start = this.length;
    this.appendAll(EncodedEvents.ofOne(this.views.of(event)), limit);
    return this.length - start;
  }

  /**
   * Appends the events from number `from` on, up to `most`, as many as are encoded at a time.
   * @returns how many: one at least
   * @throws TapioError ERR_INVALID_EVENT for one that is no event; then none is appended
   */
  appendSome(events: readonly UnifiedEvent[], from: number, most: number): number {
    const some = this.views.ofSome(events, from, most);
    const count = some.left;
    this.appendAll(some, ANY_SIZE);
    return count;
  }

  /**
   * Appends events that have not been had yet. Those that take more than about `limit` bytes are had, but left out.
   * @throws TapioError ERR_CORRUPT_DATA for one that is no event, which counts as had
   */
  appendAll(events: EncodedEvents, limit: number): void {
    const most = Math.min(limit + SLACK_BYTES, ANY_SIZE);
    while (events.left > 0) {
      const { had } = events;
      this.length += events.packWire(this.out, this.length, most, this.roomForEnds(events.left));
      this.count += events.had - had;
      if (events.stopped === Stopped.NOT) continue;
      if (events.stopped === Stopped.NO_ROOM && this.out.length - this.length < most) {
        this.out = grown(this.out, this.length);
        continue;
      }
      events.skip();
      if (events.stopped !== Stopped.NO_ROOM)
        throw corrupt(`${EVENT_PATHS[events.step]} ${REASONS[events.stopped]}`);
      this.oversized++;
    }
  }

  private roomForEnds(count: number): Uint32Array {
    const needed = this.count + count;
    if (needed > this.ends.length) {
      const ends = new Uint32Array(2 * needed);
      ends.set(this.ends);
      this.ends = ends;
    }
    return this.ends.subarray(this.count, needed);
  }
}
