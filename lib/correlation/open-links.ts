/** The events of a group that chains may still be made of. */
import { CAUSAL_STEPS, type CausalStep } from './causal-step';
import type { Observation } from './observation';
import { SlidingWindow, type Timed } from './sliding-window';

/** An event as one step. */
export interface Link extends Timed {
  readonly observation: Observation;
  /** Index in CAUSAL_STEPS. */
  readonly step: number;
  readonly group: OpenLinks;
}

/** One thread's. Memory: `capacity` links, used ones among them. */
export class OpenLinks {
  /** For each step those that are in no chain yet, oldest first; of equal timestamps, in the order they came. */
  readonly ofStep: readonly Link[][] = CAUSAL_STEPS.map(() => []);
  private readonly window: SlidingWindow<Link>;

  constructor(lengthNs: bigint, capacity: number) {
    this.window = new SlidingWindow(lengthNs, capacity, (link) => this.use(link));
  }

  /** The link, which is not kept if it is too old for the window. */
  add(observation: Observation, step: CausalStep): Link {
    const { timestamp } = observation;
    const link = { observation, timestamp, step: CAUSAL_STEPS.indexOf(step), group: this };
    if (!this.window.add(link)) return link;
    const links = this.ofStep[link.step];
    let at = links.length;
    while (at > 0 && links[at - 1].timestamp > timestamp) at--;
    links.splice(at, 0, link);
    return link;
  }

  /** It is in a chain; it keeps its place in the window. */
  use(link: Link): void {
    const links = this.ofStep[link.step];
    const at = links.indexOf(link);
    if (at >= 0) links.splice(at, 1);
  }
}
