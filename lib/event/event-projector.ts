import { behind, EncodedEvents } from './encoded-events';
import { Encoder } from './encoder';
import { EventCursor } from './event-cursor';
import type { UnifiedEvent } from './unified-event';

/** Encoded at a time, at most. */
const MOST_EVENTS = 64;

/** Shows events in memory of its own, which grows when one does not fit. What it shows is valid until the next call. */
export class EventProjector {
  private memory: ArrayBuffer;
  private encoder: Encoder;
  private cursor: EventCursor;
  private readonly sizes = new Uint32Array(MOST_EVENTS);
  private readonly room: number;

  /** @param byteLength at first, and so many bytes of events at a time, or one event */
  constructor(private byteLength: number) {
    this.room = byteLength;
    this.memory = new ArrayBuffer(byteLength);
    this.encoder = new Encoder(this.memory, 0, byteLength);
    this.cursor = new EventCursor(this.memory, 0, byteLength);
  }

  show(event: UnifiedEvent): EventCursor {
    const size = this.encodeFirst(event);
    return this.cursor.moveTo(0, size);
  }

  /** The events from number `from` on, up to 64, as many as find room: one at least. */
  encode(events: readonly UnifiedEvent[], from: number, most: number): EncodedEvents {
    const { sizes } = this;
    sizes[0] = this.encodeFirst(events[from]);
    const end = from + Math.min(most, MOST_EVENTS);
    let count = 1;
    // The length is read each time, as a getter of an event may make the array shorter.
    for (let at = 0; from + count < Math.min(end, events.length); count++) {
      const last = sizes[count - 1];
      at = behind(at, last);
      // None is begun that will hardly fit, as it would be encoded again.
      const size = at + last <= this.room ? this.encoder.encode(events[from + count], at) : -1;
      if (size === -1) break;
      sizes[count] = size;
    }
    return new EncodedEvents(this.cursor, 0, sizes, 0, count);
  }

  private encodeFirst(event: UnifiedEvent): number {
    let size = this.encoder.encode(event, 0);
    while (size === -1) {
      // It may need more room than it came with, where the table of interned strings has filled up since.
      this.byteLength *= 2;
      this.memory = new ArrayBuffer(this.byteLength);
      this.encoder = new Encoder(this.memory, 0, this.byteLength);
      this.cursor = new EventCursor(this.memory, 0, this.byteLength);
      size = this.encoder.encode(event, 0);
    }
    return size;
  }
}
