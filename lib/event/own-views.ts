import { EventCursor } from './event-cursor';
import { EventProjector } from './event-projector';
import type { EventView } from './event-view';
import type { UnifiedEvent } from './unified-event';

/** At first: it grows when an event does not fit. */
const PROJECTOR_BYTES = 16 * 1024;

/**
 * Shows events as views of this copy of the package. A view of another copy, which may have an addon of its own, is read like any other
 * object: the numbers in it stand for texts of that copy's table. A view is valid until the next one.
 */
export class OwnViews {
  #projector: EventProjector | undefined;

  /** @throws TapioError ERR_INVALID_EVENT for what is no event */
  of(event: UnifiedEvent | EventView): EventCursor {
    if (event instanceof EventCursor) return event;
    return (this.#projector ??= new EventProjector(PROJECTOR_BYTES)).show(event);
  }
}
