import type { UnifiedEvent } from '../event/unified-event';

/** Events that were decoded and wait to be delivered, oldest first. Taking one costs the same however many there are. */
export class EventQueue {
  private events: (UnifiedEvent | undefined)[] = [];
  /** Those before this one have left. */
  private start = 0;

  get length(): number {
    return this.events.length - this.start;
  }

  shift(): UnifiedEvent | undefined {
    const event = this.events[this.start];
    if (event === undefined) return undefined;
    this.events[this.start++] = undefined;
    if (this.length === 0) this.clear();
    return event;
  }

  push(events: readonly UnifiedEvent[]): void {
    for (const event of events) this.events.push(event);
  }

  /** Takes up to maxCount events. */
  take(maxCount: number): UnifiedEvent[] {
    const end = this.start + maxCount;
    const taken = this.events.slice(this.start, end) as UnifiedEvent[];
    if (end >= this.events.length) this.clear();
    else {
      this.events.fill(undefined, this.start, end);
      this.start = end;
    }
    return taken;
  }

  /** Takes events back, before those that are here. */
  unshift(events: readonly UnifiedEvent[]): void {
    if (events.length <= this.start) {
      for (let i = events.length - 1; i >= 0; i--) this.events[--this.start] = events[i];
    } else {
      this.events = [...events, ...this.events.slice(this.start)];
      this.start = 0;
    }
  }

  toArray(): UnifiedEvent[] {
    return this.events.slice(this.start) as UnifiedEvent[];
  }

  clear(): void {
    this.events = [];
    this.start = 0;
  }
}
