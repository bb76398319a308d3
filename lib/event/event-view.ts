import type { UnifiedEvent } from './unified-event';

/**
 * A cursor over one encoded event; valid only inside the callback it is handed to. Fields decode when read, and
 * each read of a text in the bundle, of an array, a map or a JSON value makes a new one. The sections (`view.kernel`)
 * are cursors too. Kept longer, it shows other data, never foreign memory. To keep or send an event, take `toEvent()`: a view
 * that is spread or cloned (`structuredClone`, `postMessage`) comes out empty.
 */
export interface EventView extends Readonly<UnifiedEvent> {
  /** The event as an object of its own, into `into` where given. */
  toEvent(into?: UnifiedEvent): UnifiedEvent;
}
