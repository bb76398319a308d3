import { Decoder } from '../event/decoder';
import { EventCursor } from '../event/event-cursor';
import type { EventView } from '../event/event-view';
import type { UnifiedEvent } from '../event/unified-event';
import { checkCount, checkVisitor } from '../validate';
import { Backlog } from './backlog';
import type { BlankEvents } from './blank-events';
import { highWatermark, HighWatermarks } from './diagnostics';
import { EventProjector } from '../event/event-projector';
import type { Port } from './port';
import { Layout, Limit, Status, Word, alignUp, i32, u32 } from './staging';

/**
 * The taking side of an event buffer: takes encoded events into the staging in chunks, and decodes them or shows views.
 *
 * What was taken and not delivered (the function of `consume` threw, an iteration was left) stays in this instance and
 * comes first next time. A chunk is never overwritten while a view of it is in a user's hands: calls nested in
 * `consume` first go on with the chunk, then use a second reader.
 */
export class EventReader {
  private readonly decoder: Decoder;
  private readonly cursors: EventCursor[] = [];

  /** The chunk: events `next` to `count` of the take region, the next one at byte `at`. */
  private count = 0;
  private next = 0;
  private at = 0;
  /** Whether the chunk may have left events behind. */
  private more = true;

  /** Calls of `consume` under way. */
  private consuming = 0;
  private second: EventReader | undefined;
  /** Events that were decoded and could not be delivered. */
  private readonly returned = new Backlog();
  private readonly projectors: EventProjector[] = [];
  private marks: HighWatermarks | undefined;
  /** What becomes of events that come back when this instance has let go. Set by the instance. */
  whenLetGo: (events: readonly UnifiedEvent[]) => void = () => undefined;

  constructor(
    private readonly port: Port,
    private readonly blanks: BlankEvents,
    private readonly openPort: () => Port,
  ) {
    this.decoder = new Decoder(port.memory, port.takeOffset, port.takeBytes, true, port.text);
  }

  /** Whether an event has been taken off the ring and waits here. */
  get hasLeftover(): boolean {
    return (
      this.returned.length > 0 ||
      this.next < this.count ||
      (this.second !== undefined && this.second.hasLeftover)
    );
  }

  /** At least as many events as wait now, here and in the rings: a limit for calls that have none of their own. */
  get waiting(): number {
    return this.port.size + this.kept;
  }

  /** Events that have been taken off the ring and wait here. */
  get kept(): number {
    return this.returned.length + this.count - this.next + (this.second === undefined ? 0 : this.second.kept);
  }

  /** The oldest event; undefined when there is none. */
  take(): UnifiedEvent | undefined {
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    if (!this.prepare()) return undefined;
    if (this.hasLeftover) return this.takeLeftover();
    if (this.consuming > 0) return this.secondReader().take();
    const { port } = this;
    const text = port.takeText();
    if (i32[Word.STATUS] !== Status.DONE) return undefined;
    return this.decode(0, u32[Word.SIZE], text);
  }

  /** Up to maxCount events into target[0..n); returns n. Infinity: what waits now, however busy the producers are. */
  takeInto(target: UnifiedEvent[], maxCount: number): number {
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    if (maxCount === 0) this.port.checkHeld();
    const limit = maxCount === Infinity ? this.waiting : maxCount;
    let n = 0;
    this.more = true;
    try {
      while (n < limit) {
        if (!this.prepare()) break;
        if (this.hasLeftover) this.deliver(this.takeLeftover(), target, n++);
        else if (!(this.consuming > 0 ? this.takeBehind(limit - n) : this.refill(limit - n, Limit.ALL_RINGS)))
          break;
      }
    } catch (error) {
      if (this.hasLeftover) this.port.recordsAppeared();
      throw error;
    }
    return n;
  }

  /** Up to maxCount events, as `takeInto`. If it throws, those it had wait for the next call. */
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

  /** Up to maxCount events of one ring, past all that waits in this instance. */
  takeFromRing(ring: number, maxCount: number): UnifiedEvent[] {
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    if (maxCount === 0) this.port.checkHeld();
    if (!this.prepare()) return [];
    if (this.next < this.count || this.consuming > 0) return this.secondReader().takeFromRing(ring, maxCount);
    const limit = maxCount === Infinity ? this.waiting : maxCount;
    const events: UnifiedEvent[] = [];
    this.more = true;
    try {
      while (events.length < limit && (this.next < this.count || this.refill(limit - events.length, ring))) {
        events.push(this.decodeNext());
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
    checkCount('maxCount', maxCount);
    if (highWatermark.hasSubscribers) this.lookAtMarks();
    const { port } = this;
    if (maxCount === 0) port.checkHeld();
    const depth = this.consuming++;
    const cursor = (this.cursors[depth] ??= new EventCursor(port.memory, port.takeOffset, port.takeBytes));
    let n = 0;
    let limit = maxCount;
    if (depth === 0) this.more = true;
    try {
      while (n < limit) {
        if (this.next < this.count && this.returned.length === 0) {
          n++;
          const size = port.takeSizes[this.next++];
          const at = this.at;
          this.at = alignUp(at + size, Layout.ALIGNMENT);
          fn(cursor.moveTo(at, size));
        } else if (this.returned.length > 0) {
          n++;
          this.showReturned(fn, depth);
        } else if (depth > 0 || this.second?.hasLeftover) {
          const count = this.secondReader().consume(fn, Math.min(limit - n, Limit.MAX_BATCH));
          if (count === 0) break;
          n += count;
        } else if (!this.refill(limit - n, Limit.ALL_RINGS)) {
          break;
        } else if (limit === Infinity && this.more) {
          // What waits now, so that busy producers, or fn itself, cannot keep this call going for ever.
          limit = n + this.waiting;
        }
      }
    } finally {
      this.consuming--;
      if (this.hasLeftover) port.recordsAppeared();
    }
    return n;
  }

  /** Takes back events that somebody took and could not deliver. */
  giveBack(events: readonly UnifiedEvent[]): void {
    if (this.port.hasLetGo) {
      this.whenLetGo(events);
      return;
    }
    this.returned.unshift(events);
    this.port.recordsAppeared();
  }

  /** Gives events that were delivered back to the pool, if there is one. */
  recycle(events: readonly UnifiedEvent[]): void {
    for (const event of events) this.blanks.putBack(event);
  }

  /** Copies of what waits in this instance, for those who visit events without taking them. */
  leftovers(): UnifiedEvent[] {
    const events = this.returned.toArray();
    let { at } = this;
    for (let i = this.next; i < this.count; i++) {
      const size = this.port.takeSizes[i];
      events.push(this.decoder.decode(at, size));
      at = alignUp(at + size, Layout.ALIGNMENT);
    }
    return this.second === undefined ? events : events.concat(this.second.leftovers());
  }

  /** Lets go, of what waits in this instance, too. */
  release(): void {
    const events = this.leftovers();
    this.forgetLeftovers();
    this.whenLetGo(events);
    this.second?.release();
    this.port.release();
  }

  private forgetLeftovers(): void {
    this.returned.clear();
    this.next = this.count = 0;
    this.second?.forgetLeftovers();
  }

  /** Whether the next event is one that was decoded before. */
  private get nextIsDecoded(): boolean {
    if (this.returned.length > 0) return true;
    return this.next >= this.count && this.second !== undefined && this.second.nextIsDecoded;
  }

  /** To be called before anything is taken, as a pool may throw and may call this instance. False: there is nothing to take. */
  private prepare(): boolean {
    if (!this.blanks.missing || this.nextIsDecoded) return true;
    if (!this.hasLeftover && !this.port.hasRecord) return false;
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

  /** Takes what comes behind a chunk that is in use, when nothing else waits here. */
  private takeBehind(maxCount: number): boolean {
    const events = this.secondReader().takeUpTo(maxCount);
    this.returned.unshift(events);
    return events.length > 0;
  }

  /** Takes the next chunk, if the last one of this call left any. */
  private refill(maxCount: number, ring: number): boolean {
    if (!this.more) return false;
    const { port } = this;
    this.next = this.at = 0;
    this.count = port.takeBatch(Math.min(maxCount, Limit.MAX_BATCH), ring);
    this.more = u32[Word.MORE] !== 0;
    return this.count > 0;
  }

  /** Before anything else, as it runs code of the user. */
  private lookAtMarks(): void {
    (this.marks ??= new HighWatermarks(this.port)).look();
  }

  private takeLeftover(): UnifiedEvent {
    const event = this.returned.shift();
    if (event !== undefined) return event;
    return this.next < this.count ? this.decodeNext() : (this.second as EventReader).takeLeftover();
  }

  private decodeNext(): UnifiedEvent {
    const size = this.port.takeSizes[this.next++];
    const at = this.at;
    this.at = alignUp(at + size, Layout.ALIGNMENT);
    return this.decode(at, size);
  }

  private decode(at: number, size: number, text?: string): UnifiedEvent {
    return this.decoder.decode(at, size, this.blanks.take(), text);
  }

  /** Calls that are nested in fn show theirs elsewhere. */
  private showReturned(fn: (view: EventView) => void, depth: number): void {
    const event = this.returned.shift() as UnifiedEvent;
    fn((this.projectors[depth] ??= new EventProjector(this.port.takeBytes)).show(event));
  }

  private secondReader(): EventReader {
    if (this.second === undefined) {
      this.second = new EventReader(this.openPort(), this.blanks, this.openPort);
      this.second.whenLetGo = (events) => this.whenLetGo(events);
    }
    return this.second;
  }
}
