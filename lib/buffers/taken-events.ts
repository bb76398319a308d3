import { Decoder } from '../event/decoder';
import { EncodedEvents } from '../event/encoded-events';
import { EventCursor } from '../event/event-cursor';
import type { UnifiedEvent } from '../event/unified-event';
import type { Attachment } from './attachment';
import { NativeText } from './native-text';
import { NO_REGION, type Region } from './region';
import { DATA_OFFSET, Layout, Limit, Word, alignUp, u32 } from './staging';

/**
 * Events taken with one native call, one behind the other in the region of records taken, from where they leave one by one: as objects,
 * views, or as they are. StagedEvents is the other way.
 *
 * Threads: the attachment's. Runs no code of the user. Those that have not left are overwritten by `refill` alone.
 */
export class TakenEvents {
  /** Whether the rings may have more of what the last `refill` asked for. */
  more = true;

  /** Events `next` to `count` of those taken are here, the next one at byte `at`. */
  private count = 0;
  private next = 0;
  private at = 0;
  private sizes = NO_REGION.sizes;

  // What reads the region, which is another one when it has grown. Not there before it is needed, and mostly set once: constants to the
  // engine's compiler, as in attachment.ts.
  declare private region?: Region;
  declare private current: Decoder;
  declare private cursors: EventCursor[];

  constructor(private readonly attachment: Attachment) {}

  get length(): number {
    return this.count - this.next;
  }

  /** Takes up to maxCount events (64 at most), when all have left. False: the last time left none behind, or there are none. */
  refill(maxCount: number, ring: number): boolean {
    if (!this.more) return false;
    this.next = this.at = 0;
    this.count = this.attachment.takeBatch(Math.min(maxCount, Limit.MAX_BATCH), ring);
    this.more = u32[Word.MORE] !== 0;
    this.sizes = this.attachment.taken.sizes;
    return this.count > 0;
  }

  clear(): void {
    this.next = this.count = 0;
  }

  /** The next one as an object, which is `into` if there is one. */
  decode(into: UnifiedEvent | undefined): UnifiedEvent {
    const size = this.sizes[this.next++];
    const at = this.at;
    this.at = alignUp(at + size, Layout.ALIGNMENT);
    return this.decoder.decode(at, size, into);
  }

  /** The next one as a view. @param cursor of this region */
  show(cursor: EventCursor): EventCursor {
    const size = this.sizes[this.next++];
    const at = this.at;
    this.at = alignUp(at + size, Layout.ALIGNMENT);
    return cursor.moveTo(at, size);
  }

  /** Up to maxCount of them as they are. They stay here until `pass` is told of them. */
  encoded(maxCount: number): EncodedEvents {
    return new EncodedEvents(this.cursor(0), this.at, this.sizes, this.next, Math.min(this.length, maxCount));
  }

  /** Those of `encoded` that have been had leave. */
  pass(events: EncodedEvents): void {
    this.next += events.had;
    this.at = events.at;
  }

  /** Objects of all of them, which stay. */
  copies(): UnifiedEvent[] {
    const events: UnifiedEvent[] = [];
    const { sizes } = this;
    for (let { at, next } = this; next < this.count; next++) {
      events.push(this.decoder.decode(at, sizes[next]));
      at = alignUp(at + sizes[next], Layout.ALIGNMENT);
    }
    return events;
  }

  get decoder(): Decoder {
    return this.region === this.attachment.taken ? this.current : this.renew();
  }

  /** A view for each depth of nested calls; another one when the region has grown. */
  cursor(depth: number): EventCursor {
    if (this.region !== this.attachment.taken) this.renew();
    return this.cursors[depth] ?? this.addCursor(depth);
  }

  private addCursor(depth: number): EventCursor {
    const { memory, size } = this.attachment.taken;
    return (this.cursors[depth] = new EventCursor(memory, DATA_OFFSET, size));
  }

  private renew(): Decoder {
    const { native, taken } = this.attachment;
    this.region = taken;
    this.cursors = [];
    return (this.current = new Decoder(
      taken.memory,
      DATA_OFFSET,
      taken.size,
      true,
      new NativeText(native, taken),
    ));
  }
}
