import { Encoder } from './encoder';
import { EventCursor } from './event-cursor';
import type { UnifiedEvent } from './unified-event';

/** Shows events as views, in memory of its own, which grows when one does not fit. A view is valid until the next one. */
export class EventProjector {
  private memory: ArrayBuffer;
  private encoder: Encoder;
  private cursor: EventCursor;

  constructor(private byteLength: number) {
    this.memory = new ArrayBuffer(byteLength);
    this.encoder = new Encoder(this.memory, 0, byteLength);
    this.cursor = new EventCursor(this.memory, 0, byteLength);
  }

  show(event: UnifiedEvent): EventCursor {
    let size = this.encoder.encode(event, 0);
    while (size === -1) {
      // It may need more room than it came with, where the table of interned strings has filled up since.
      this.byteLength *= 2;
      this.memory = new ArrayBuffer(this.byteLength);
      this.encoder = new Encoder(this.memory, 0, this.byteLength);
      this.cursor = new EventCursor(this.memory, 0, this.byteLength);
      size = this.encoder.encode(event, 0);
    }
    return this.cursor.moveTo(0, size);
  }
}
