import type { EncodedEvents } from '../event/encoded-events';
import type { EventCursor } from '../event/event-cursor';
import type { EventView } from '../event/event-view';
import type { UnifiedEvent } from '../event/unified-event';
import { checkCount, checkVisitor } from '../validate';
import type { Attachment } from './attachment';
import type { BlankEvents } from './blank-events';
import { highWatermark, HighWatermarks } from './diagnostics';
import { EventQueue } from './event-queue';
import { Nesting } from './nesting';
import { Limit, Status, Word, i32, u32 } from './staging';
import { TakenEvents } from './taken-events';

/**
 * The taking side of an event buffer: takes encoded events into the staging, and decodes them or shows views.
 *
 * What was taken and not delivered (the function of `consume` threw, an iteration was left) is kept in this instance and comes first
 * next time: events that came back as objects, then those that are still encoded, then what a second reader keeps (see Nesting).
 */
export class EventReader {
  private readonly givenBack = new EventQueue();
  private readonly taken: TakenEvents;
  private readonly nesting: Nesting<EventReader>;
  private marks: HighWatermarks | undefined;
  /** What becomes of events that come back when this instance has let go. Set by the instance. */
  whenLetGo: (events: readonly UnifiedEvent[]) => void = () => undefined;

  constructor(
    private readonly attachment: Attachment,
    private readonly blanks: BlankEvents,
  ) {
    this.taken = new TakenEvents(attachment);
    this.nesting = new Nesting(() => {
      const reader = new EventReader(attachment.again(), blanks);
      reader.whenLetGo = (events) => this.whenLetGo(events);
      return reader;
    });
  }

  get hasKept(): boolean {
    return this.givenBack.length > 0 || this.taken.length > 0 || this.nesting.hasKept;
  }

  /** How many are kept. */
  get kept(): number {
    return this.givenBack.length + this.taken.length + this.nesting.kept;
  }

  /** The oldest event; undefined when there is none. */
  take(): UnifiedEvent | undefined {
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    if (!this.prepare()) return undefined;
    if (this.hasKept) return this.takeKept();
    if (this.nesting.depth > 0) return this.nesting.reader.take();
    const { attachment } = this;
    const text = attachment.takeText();
    if (i32[Word.STATUS] !== Status.DONE) return undefined;
    // Written out: the engine stops inlining a few calls down from here.
    return this.taken.decoder.decode(0, u32[Word.SIZE], this.blanks.take(), text);
  }

  /** Up to maxCount events into target[0..n); returns n. Infinity: what there is now, however busy the producers are. */
  takeInto(target: UnifiedEvent[], maxCount: number): number {
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    if (maxCount === 0) this.attachment.checkHeld();
    const limit = maxCount === Infinity ? this.available : maxCount;
    const { givenBack, taken, nesting } = this;
    let n = 0;
    taken.more = true;
    try {
      while (n < limit) {
        if (!this.prepare()) break;
        // Of most events this is all there is to ask.
        if (taken.length > 0 && givenBack.length === 0)
          this.deliver(taken.decode(this.blanks.take()), target, n++);
        else if (this.hasKept) this.deliver(this.takeKept(), target, n++);
        else if (!(nesting.depth > 0 ? this.takeBehind(limit - n) : taken.refill(limit - n, Limit.ALL_RINGS)))
          break;
      }
    } catch (error) {
      if (this.hasKept) this.attachment.waits.recordsAppeared();
      throw error;
    }
    return n;
  }

  /** Up to maxCount events, as `takeInto`. If it throws, those it had are kept. */
  takeUpTo(maxCount: number): UnifiedEvent[] {
    const events: UnifiedEvent[] = [];
    try {
      this.takeInto(events, maxCount);
    } catch (error) {
      this.giveBack(events);
      throw error;
    }
    return events;
  }

  /** Up to maxCount events of one ring, past all that is kept. */
  takeFromRing(ring: number, maxCount: number): UnifiedEvent[] {
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    if (maxCount === 0) this.attachment.checkHeld();
    if (!this.prepare()) return [];
    const { taken, nesting } = this;
    if (taken.length > 0 || nesting.depth > 0) return nesting.reader.takeFromRing(ring, maxCount);
    const limit = maxCount === Infinity ? this.available : maxCount;
    const events: UnifiedEvent[] = [];
    taken.more = true;
    try {
      while (events.length < limit && (taken.length > 0 || taken.refill(limit - events.length, ring))) {
        events.push(taken.decode(this.blanks.take()));
        if (!this.prepare()) break;
      }
    } catch (error) {
      this.giveBack(events);
      throw error;
    }
    return events;
  }

  /** Hands events to fn as views; see `EventBuffer.consume`. */
  consume(fn: (view: EventView) => void, maxCount: number): number {
    checkVisitor('fn', fn);
    if (maxCount !== 1) checkCount('maxCount', maxCount);
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    if (maxCount === 1 && this.keepsNone) return this.consumeOne(fn);
    const { attachment, givenBack, taken, nesting } = this;
    if (maxCount === 0) attachment.checkHeld();
    const depth = nesting.depth++;
    let n = 0;
    let limit = maxCount;
    let cursor: EventCursor | undefined;
    if (depth === 0) taken.more = true;
    try {
      while (n < limit) {
        if (taken.length > 0 && givenBack.length === 0) {
          n++;
          fn(taken.show((cursor ??= taken.cursor(depth))));
        } else if (givenBack.length > 0) {
          n++;
          fn(nesting.project(givenBack.shift() as UnifiedEvent, depth));
        } else if (depth > 0 || nesting.hasKept) {
          const count = nesting.reader.consume(fn, Math.min(limit - n, Limit.MAX_BATCH));
          if (count === 0) break;
          n += count;
        } else if (!taken.refill(limit - n, Limit.ALL_RINGS)) {
          break;
        } else {
          // The events may lie elsewhere now.
          cursor = undefined;
          // What there is now, so that busy producers, or fn itself, cannot keep this call going for ever.
          if (limit === Infinity && taken.more) limit = n + this.available;
        }
      }
    } finally {
      nesting.depth--;
      if (this.hasKept) attachment.waits.recordsAppeared();
    }
    return n;
  }

  /**
   * Events in their encoded form, up to maxCount of those taken at once. They are kept until `pass` is told of them. undefined: there is
   * none, or what comes first lies elsewhere, and `consume` has it.
   */
  encoded(maxCount: number): EncodedEvents | undefined {
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    const { taken, nesting } = this;
    if (nesting.depth > 0 || this.givenBack.length > 0 || nesting.hasKept) return undefined;
    taken.more = true;
    if (taken.length === 0 && !taken.refill(maxCount, Limit.ALL_RINGS)) return undefined;
    return taken.encoded(maxCount);
  }

  /** Those of `encoded` that have been had are gone. */
  pass(events: EncodedEvents): void {
    this.taken.pass(events);
  }

  /** Takes back events that somebody took and could not deliver. */
  giveBack(events: readonly UnifiedEvent[]): void {
    if (this.attachment.hasLetGo) {
      this.whenLetGo(events);
      return;
    }
    this.givenBack.unshift(events);
    this.attachment.waits.recordsAppeared();
  }

  /** Gives events that were delivered back to the pool, if there is one. */
  recycle(events: readonly UnifiedEvent[]): void {
    for (const event of events) this.blanks.putBack(event);
  }

  /** For those who visit events without taking them. */
  copiesOfKept(): UnifiedEvent[] {
    return [...this.givenBack.toArray(), ...this.taken.copies(), ...this.nesting.copiesOfKept()];
  }

  /** Lets go, of what is kept, too. */
  release(): void {
    const events = this.copiesOfKept();
    this.forgetKept();
    this.whenLetGo(events);
    this.nesting.release();
    this.attachment.release();
  }

  forgetKept(): void {
    this.givenBack.clear();
    this.taken.clear();
    this.nesting.forgetKept();
  }

  /** Whether the next event that is kept is an object already. */
  get nextIsObject(): boolean {
    if (this.givenBack.length > 0) return true;
    return this.taken.length === 0 && this.nesting.nextIsObject;
  }

  /** At least as many events as there are now, here and in the rings: a limit for calls that have none of their own. */
  private get available(): number {
    return this.attachment.size + this.kept;
  }

  /** For sure, and no `consume` is under way. */
  private get keepsNone(): boolean {
    return this.nesting.isNone && this.taken.length === 0 && this.givenBack.length === 0;
  }

  /** `consume` of the oldest event in the rings: without a batch of one it costs two thirds. */
  private consumeOne(fn: (view: EventView) => void): number {
    const { attachment, nesting } = this;
    if (attachment.take() !== Status.DONE) return 0;
    const cursor = this.taken.cursor(0).moveTo(0, u32[Word.SIZE]);
    nesting.depth = 1;
    try {
      fn(cursor);
    } finally {
      nesting.depth = 0;
      if (!this.keepsNone && this.hasKept) attachment.waits.recordsAppeared();
    }
    return 1;
  }

  /** To be called before anything is taken, as a pool may throw and may call this instance. False: there is nothing to take. */
  private prepare(): boolean {
    if (!this.blanks.missing || this.nextIsObject) return true;
    if (!this.hasKept && !this.attachment.hasRecord) return false;
    this.blanks.prepare();
    return true;
  }

  /** An array of the user may refuse: then the event is not lost. */
  private deliver(event: UnifiedEvent, target: UnifiedEvent[], index: number): void {
    try {
      target[index] = event;
    } catch (error) {
      this.giveBack([event]);
      throw error;
    }
  }

  /** Takes what comes behind events that are in use, when nothing is kept. */
  private takeBehind(maxCount: number): boolean {
    const events = this.nesting.reader.takeUpTo(maxCount);
    this.givenBack.unshift(events);
    return events.length > 0;
  }

  /** Before anything else, as it runs code of the user. */
  private lookAtMarks(): void {
    (this.marks ??= new HighWatermarks(this.attachment)).look();
  }

  private takeKept(): UnifiedEvent {
    const event = this.givenBack.shift();
    if (event !== undefined) return event;
    return this.taken.length > 0 ? this.taken.decode(this.blanks.take()) : this.nesting.reader.takeKept();
  }
}
