/** Bursts: many events of one type in one group within a short time. */
import type { Observation } from './observation';
import { RecentGroups } from './recent-groups';
import { SlidingWindow } from './sliding-window';

interface Series {
  readonly window: SlidingWindow<Observation>;
  bursting: boolean;
}

/**
 * Tells when a window first holds `events` events. A burst that goes on is the same burst, until the window is down to half as many;
 * so a steady flood is told of once. One thread's. Memory: `events` observations for each of `groups` series.
 */
export class BurstDetector {
  private readonly series: RecentGroups<Series>;

  constructor(
    lengthNs: bigint,
    private readonly events: number,
    groups: number,
  ) {
    this.series = new RecentGroups(groups, () => ({
      window: new SlidingWindow(lengthNs, events),
      bursting: false,
    }));
  }

  /** The events of the burst that begins with this one, oldest first. */
  observe(observation: Observation): readonly Observation[] | undefined {
    const { type, groupId } = observation;
    // With the length, no end of a type can be taken for the beginning of a group.
    const series = this.series.of(`${type.length}:${type}${groupId}`);
    if (!series.window.add(observation)) return undefined;
    const { items } = series.window;
    if (series.bursting) {
      if (items.length <= this.events / 2) series.bursting = false;
      return undefined;
    }
    if (items.length < this.events) return undefined;
    series.bursting = true;
    return [...items];
  }
}
