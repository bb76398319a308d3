import type { UnifiedEvent } from '../event/unified-event';
import type { UnifiedEventPool } from '../pools/unified-event-pool';

/**
 * The events of a pool that records are decoded into. A pool may be the user's, so it may throw and may call the buffer:
 * `prepare` comes before a record is looked for, and from there to the end of the decoding no user code runs,
 * unless its events are no plain objects but have setters: what these do to the buffer is undefined.
 */
export class BlankEvents {
  private blank: UnifiedEvent | undefined;

  constructor(private readonly pool: UnifiedEventPool | undefined) {}

  /** Whether `prepare` has something to do. */
  get missing(): boolean {
    return this.pool !== undefined && this.blank === undefined;
  }

  /** Gets one from the pool. What the pool throws goes through. */
  prepare(): void {
    this.blank = this.pool?.get();
  }

  /** Gives an event back to the pool, whose user must not have it any more. One that the pool refuses is garbage. */
  putBack(event: UnifiedEvent): void {
    try {
      this.pool?.put(event);
    } catch {
      // Somebody has frozen it, or put it back already: it is not ours to mend.
    }
  }

  /** The prepared one; undefined without a pool. One that is not needed after all is for the next record. */
  take(): UnifiedEvent | undefined {
    const event = this.blank;
    this.blank = undefined;
    return event;
  }
}
