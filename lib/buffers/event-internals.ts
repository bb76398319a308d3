import type { EncodedEvents } from '../event/encoded-events';
import type { UnifiedEvent } from '../event/unified-event';
import type { UnifiedEventPool } from '../pools/unified-event-pool';
import type { Attachment } from './attachment';
import { BlankEvents } from './blank-events';
import { EventReader } from './event-reader';
import { EventWriter, type Race } from './event-writer';
import { putEventsBack } from './put-back';
import type { WaitOptions } from './wait-queue';

/**
 * What stands behind an instance of an event buffer, and what the rest of this package does with one that its user does not.
 *
 * Threads: that of the instance.
 */
export class EventInternals {
  readonly reader: EventReader;

  constructor(
    readonly attachment: Attachment,
    pool: UnifiedEventPool | undefined,
    readonly writer = new EventWriter(attachment),
  ) {
    this.reader = new EventReader(attachment, new BlankEvents(pool));
    this.reader.whenLetGo = (events) => putEventsBack(attachment, events, (event) => this.levelOf(event));
  }

  /** Whether the last take left nothing behind, in the rings or in this instance. */
  get emptied(): boolean {
    return this.attachment.emptied && !this.reader.hasKept;
  }

  get hasEvent(): boolean {
    return this.reader.hasKept || this.attachment.hasRecord;
  }

  /** Whether each ring has so many free slots. */
  hasFree(slots: number): boolean {
    const { attachment } = this;
    for (let ring = 0; ring < attachment.totalRings; ring++) {
      const { capacity, size } = attachment.stats(ring);
      if (capacity - size < slots) return false;
    }
    return true;
  }

  /** Waits for something to take; false when nothing will come. */
  recordOrEnd(signal: AbortSignal | undefined): Promise<boolean> {
    return this.attachment.waits.until(() => this.hasEvent, this.emptied, { signal });
  }

  /** As `tryPut`, for who will try again: a refusal is not counted. */
  offer(event: UnifiedEvent): boolean {
    return this.writer.offer(event);
  }

  /** As `putAsync`, in the first of several buffers that has room. */
  putInRace(event: UnifiedEvent, options: WaitOptions, race: Race): Promise<void> {
    return this.writer.putAsync(event, options, race);
  }

  /** Takes up to maxCount events; all of them are this caller's, or wait for the next call. */
  takeUpTo(maxCount: number): UnifiedEvent[] {
    return this.reader.takeUpTo(maxCount);
  }

  /** Events in their encoded form: see EventReader. */
  encoded(maxCount: number): EncodedEvents | undefined {
    return this.reader.encoded(maxCount);
  }

  /** Those of `encoded` that have been had are gone. */
  pass(events: EncodedEvents): void {
    this.reader.pass(events);
  }

  /** Takes back events that somebody took from this instance and could not deliver: they come first next time. */
  giveBack(events: readonly UnifiedEvent[]): void {
    this.reader.giveBack(events);
  }

  /** Gives events of this instance that somebody has delivered back to its pool; without one, does nothing. */
  recycle(events: readonly UnifiedEvent[]): void {
    this.reader.recycle(events);
  }

  /** `[Symbol.dispose]`. */
  dispose(): void {
    if (this.attachment.maker) this.attachment.dispose();
    else this.reader.release();
  }

  /** The level that an event belongs to, and the ring where it is counted. Throws nothing. */
  protected levelOf(_event: UnifiedEvent): number {
    return 0;
  }
}
