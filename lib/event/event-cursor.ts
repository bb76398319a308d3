import { type Decoder } from './decoder';
import type { EventView } from './event-view';
import { EventFields } from './generated/view';
import { eventToJSON } from './json';
import type { UnifiedEvent } from './unified-event';

/**
 * The view over one region of memory. One thread at a time. Moving allocates nothing, nor does reading numbers,
 * flags and interned text. Bytes that are no event give ERR_CORRUPT_DATA when they are read.
 */
export class EventCursor extends EventFields implements EventView {
  #decoder: Decoder | undefined;

  /** Shows the event in bytes `at` (multiple of 8) to `at + length` of the region. */
  moveTo(at: number, length: number): this {
    this.moveToEvent(at, length);
    return this;
  }

  toEvent(into?: UnifiedEvent): UnifiedEvent {
    return (this.#decoder ??= this.makeDecoder()).decode(this.at, this.length, into);
  }

  /** The event as `eventToJSON` writes it. */
  toJSON(): unknown {
    return JSON.parse(eventToJSON(this.toEvent()));
  }

  [Symbol.for('nodejs.util.inspect.custom')](): UnifiedEvent {
    return this.toEvent();
  }
}
