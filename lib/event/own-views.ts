import type { EncodedEvents } from './encoded-events';
import { EventCursor } from './event-cursor';
import { EventProjector } from './event-projector';
import type { EventView } from './event-view';
import type { UnifiedEvent } from './unified-event';

/** At first: it grows when an event does not fit. */
const PROJECTOR_BYTES = 16 * 1024;
/** Of one that has many events at a time. */
const MANY_BYTES = 64 * 1024;

/**
 * Shows events in their encoded form, and as views of this copy of the package. A view of another copy, which may have an addon of its
 * own, is read like any other object: the numbers in it stand for texts of that copy's table. A view is valid until the next one.
 */
export class OwnViews {
  #projector: EventProjector | undefined;
  #projectorOfMany: EventProjector | undefined;

  /** @throws TapioError ERR_INVALID_EVENT for what is no event */
  of(event: UnifiedEvent | EventView): EventCursor {
    if (event instanceof EventCursor) return event;
    return (this.#projector ??= new EventProjector(PROJECTOR_BYTES)).show(event);
  }

  /**
   * The events from number `from` on, up to `most`, as many as are encoded at a time, and one at least; valid until the next call.
   * @throws TapioError as `of`, also for one that is not the first
   */
  ofSome(events: readonly UnifiedEvent[], from: number, most: number): EncodedEvents {
    return (this.#projectorOfMany ??= new EventProjector(MANY_BYTES)).encode(events, from, most);
  }
}
