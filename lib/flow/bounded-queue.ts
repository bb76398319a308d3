import { EventQueue } from '../buffers/event-queue';
import { onAbort } from '../buffers/on-abort';
import type { BufferStats } from '../buffers/stats';
import type { UnifiedEvent } from '../event/unified-event';

/** Where a step of a pipeline gets its events. */
export interface EventSource {
  /** Up to maxCount events, as soon as there are any; undefined when nothing will come. Rejects with `stop.reason`. */
  take(maxCount: number, stop: AbortSignal): Promise<UnifiedEvent[] | undefined>;
  /** Takes events back: they come first next time. */
  giveBack(events: readonly UnifiedEvent[]): void;
}

/**
 * The events between two steps of a pipeline. They stay in one thread, so they are handed on as they are, without being encoded.
 *
 * Full: `put` waits. Only when the run is stopped, what waits is taken beyond the capacity, so that nothing is lost.
 * Memory: as many events as the capacity, and in a stopped run those that waited.
 */
export class BoundedQueue implements EventSource {
  private readonly events = new EventQueue();
  private readonly onChange = new Set<() => void>();
  private puts = 0;
  private gets = 0;
  private highWatermark = 0;
  private ended = false;

  /** @param capacity events */
  constructor(readonly capacity: number) {}

  async put(events: readonly UnifiedEvent[], stop: AbortSignal): Promise<void> {
    for (let next = 0; next < events.length;) {
      const room = stop.aborted ? Infinity : this.capacity - this.events.length;
      if (room <= 0) {
        await this.change(stop);
        continue;
      }
      const part = events.slice(next, next + room);
      this.events.push(part);
      next += part.length;
      this.puts += part.length;
      this.highWatermark = Math.max(this.highWatermark, this.events.length);
      this.changed();
    }
  }

  async take(maxCount: number, stop: AbortSignal): Promise<UnifiedEvent[] | undefined> {
    for (;;) {
      stop.throwIfAborted();
      const batch = this.events.take(maxCount);
      if (batch.length > 0) {
        this.gets += batch.length;
        this.changed();
        return batch;
      }
      if (this.ended) return undefined;
      await this.change(stop);
    }
  }

  giveBack(events: readonly UnifiedEvent[]): void {
    this.events.unshift(events);
    this.gets -= events.length;
  }

  /** Nothing more will be put. */
  end(): void {
    this.ended = true;
    this.changed();
  }

  /** For another run, with what the one before has left. */
  reopen(): void {
    this.ended = false;
  }

  /** Counts events where buffers count slots. */
  getStats(): BufferStats {
    const size = this.events.length;
    const { capacity, puts, gets, highWatermark, ended } = this;
    return {
      capacity,
      size,
      fillRate: Math.min(size / capacity, 1),
      isFull: size >= capacity,
      isEmpty: size === 0,
      writeIndex: puts,
      readIndex: gets,
      puts,
      gets,
      rejected: 0,
      discarded: 0,
      highWatermark,
      closed: ended,
    };
  }

  private changed(): void {
    for (const tell of this.onChange) tell();
    this.onChange.clear();
  }

  /** Settles when something has changed, or the run is stopped. */
  private change(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const tell = (): void => {
        stopListening();
        this.onChange.delete(tell);
        resolve();
      };
      const stopListening = onAbort(stop, tell);
      this.onChange.add(tell);
    });
  }
}
