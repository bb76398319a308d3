/** Correlation in a running collection: looks at every event, and brings what it finds to the sink and the exports, the most urgent first. */
import { PriorityBuffer, type EventView, type Priority, type UnifiedEvent } from '../../index';
import { Correlator } from '../../correlation';
import { MEMORY } from '../memory-plan';
import type { Exports } from '../exports/exports';
import type { Sink } from '../sinks/sink';

export interface CorrelatedCounts {
  /** Correlated events: bursts + chains = delivered + dropped. */
  readonly produced: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly bursts: number;
  readonly chains: number;
}

const { batch, correlationGroups } = MEMORY;
/** Slots of what one batch of the consumer may bring forth; a burst takes several. */
const CAPACITIES: Record<Priority, number> = { critical: batch, high: 4 * batch, normal: 4 * batch, low: 64 };

export class CorrelationOutlet {
  private readonly correlator = new Correlator({ maxGroups: correlationGroups });
  private readonly found = new PriorityBuffer(CAPACITIES);
  private produced = 0;
  private refused = 0;
  private readonly take = (view: EventView): void => {
    this.sink.take(view);
    this.exports.take(view);
  };

  constructor(
    private readonly sink: Sink,
    private readonly exports: Exports,
  ) {}

  /** Looks at an event. */
  observe(view: EventView): void {
    for (const event of this.correlator.observe(view)) {
      this.produced++;
      if (!this.put(event)) this.refused++;
    }
  }

  /** Sends on what was found. A promise as of Sink.flush. */
  flush(): Promise<void> | undefined {
    if (this.found.isEmpty) return undefined;
    this.found.consume(this.take);
    return this.sink.flush();
  }

  async close(): Promise<void> {
    this.found.close();
    await this.sink.close();
  }

  /** Final once closed. */
  counts(): CorrelatedCounts {
    const { bursts, chains } = this.correlator.getStats();
    const { delivered, lost } = this.sink;
    return { produced: this.produced, delivered, dropped: this.refused + lost, bursts, chains };
  }

  private put(event: UnifiedEvent): boolean {
    try {
      return this.found.tryPut(event);
    } catch (error) {
      // The names of an entity may be as long as an event can be; with the ids of a burst they are longer.
      if ((error as { code?: string }).code === 'ERR_EVENT_TOO_LARGE') return false;
      throw error;
    }
  }
}
