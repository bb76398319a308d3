import { TapioError } from '../errors';
import type { UnifiedEvent } from '../event/unified-event';
import { checkCount } from '../validate';
import { EventEndpoint } from './event-endpoint';
import type { EventInternals } from './event-internals';

/**
 * What EventBuffer and PriorityBuffer have in common beside EventEndpoint: one order for all events, so that there is a next one.
 *
 * Threads: an instance belongs to one thread. Everything else as the two classes say.
 */
export abstract class QueueEndpoint extends EventEndpoint {
  /** Slots. */
  readonly capacity: number;

  readonly #internals: EventInternals;

  /** @internal */
  protected constructor(internals: EventInternals) {
    super(internals);
    this.#internals = internals;
    const { attachment } = internals;
    let capacity = 0;
    for (let ring = 0; ring < attachment.rings; ring++) capacity += attachment.stats(ring).capacity;
    this.capacity = capacity;
  }

  /** Slots in use now, 0..capacity; a snapshot when other threads are at work. */
  get size(): number {
    return this.#internals.attachment.size;
  }
  /** Whether there is nothing to take, in the slots or in this instance's chunk (see `consume`). */
  get isEmpty(): boolean {
    return this.#internals.attachment.size === 0 && !this.#internals.reader.hasKept;
  }
  /** Whether every slot is in use; in a PriorityBuffer, of every level. */
  get isFull(): boolean {
    return this.#internals.attachment.size === this.capacity;
  }

  /**
   * Takes the next event: the oldest, in a PriorityBuffer that of the most urgent level.
   * @throws TapioError ERR_BUFFER_EMPTY, or ERR_BUFFER_CLOSED when closed and drained
   */
  get(): UnifiedEvent {
    const { attachment, reader } = this.#internals;
    const event = reader.take();
    if (event !== undefined) return event;
    if (attachment.drained) throw attachment.closedError();
    throw new TapioError(
      'ERR_BUFFER_EMPTY',
      `this ${attachment.kind} is empty: capacity ${this.capacity} slots`,
    );
  }

  /** As `get`; undefined when empty or drained. */
  tryGet(): UnifiedEvent | undefined {
    return this.#internals.reader.take();
  }

  /** Takes up to maxCount events (an integer from 0, or Infinity: what waits now); [] when empty or drained. */
  getBatch(maxCount: number): UnifiedEvent[] {
    return this.#internals.reader.takeUpTo(checkCount('maxCount', maxCount));
  }

  /** Removes what waits in the slots now, counted in `discarded`. Safe beside producers and consumers; an event still being written stays. */
  clear(): void {
    this.#internals.attachment.clear();
  }
}
