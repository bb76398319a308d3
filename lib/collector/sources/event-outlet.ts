/** The way of a source's events into the buffer; every event that goes through is counted. */
import type { PerCPUEventBuffer, UnifiedEvent } from '../../index';
import type { SourceCounters, SourceCounts } from './source-counters';

export class EventOutlet {
  constructor(
    private readonly buffer: PerCPUEventBuffer,
    private readonly counters: SourceCounters,
  ) {}

  /**
   * Puts the events, and drops those the buffer has no room for. Throws what putBatch throws for a bad
   * event; those before it are stored and counted, it and those after it are not.
   */
  offer(events: readonly UnifiedEvent[]): void {
    let stored: number;
    try {
      stored = this.buffer.putBatch(events);
    } catch (error) {
      this.counters.add('produced', storedBefore(error));
      throw error;
    }
    this.counters.add('produced', events.length);
    this.counters.add('dropped', events.length - stored);
    this.counters.add('refused', events.length - stored);
  }

  /**
   * Puts every event, waiting for room as long as it takes: for input that can be held back. `onBad` is told
   * the index and the error of an event that cannot be put; it counts as malformed and not as produced.
   */
  async deliver(
    events: readonly UnifiedEvent[],
    onBad: (index: number, error: Error) => void,
  ): Promise<void> {
    let next = 0;
    while (next < events.length) {
      next += this.putUntilFull(next === 0 ? events : events.slice(next));
      if (next === events.length) return;
      // The next one found no room or is bad; alone, it waits or says why.
      try {
        await this.buffer.putAsync(events[next]);
        this.counters.add('produced', 1);
      } catch (error) {
        if (!isBadEvent(error)) throw error;
        this.malformed();
        onBad(next, error as Error);
      }
      next++;
    }
  }

  /** Where events go, for a producer that puts them without this outlet and tells it by `account`. */
  get target(): Pick<PerCPUEventBuffer, 'handle'> {
    return this.buffer;
  }

  /** Counts events that somebody else put, or could not put. */
  account(counts: Partial<SourceCounts>): void {
    for (const [field, count] of Object.entries(counts))
      this.counters.add(field as keyof SourceCounts, count);
  }

  /** Counts one piece of input that was no event. */
  malformed(): void {
    this.counters.add('malformed', 1);
  }

  /** Puts in order up to the first event that finds no room or is bad; how many that were. */
  private putUntilFull(events: readonly UnifiedEvent[]): number {
    let stored: number;
    try {
      stored = this.buffer.putBatch(events);
      this.counters.add('refused', events.length - stored);
    } catch (error) {
      if (!isBadEvent(error)) throw error;
      stored = storedBefore(error);
    }
    this.counters.add('produced', stored);
    return stored;
  }
}

function storedBefore(error: unknown): number {
  return (error as { stored?: number }).stored ?? 0;
}

function isBadEvent(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'ERR_INVALID_EVENT' || code === 'ERR_EVENT_TOO_LARGE';
}
