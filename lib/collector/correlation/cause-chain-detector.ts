/** Chains of causes within a group: a program starts, then it connects, then something fails. */
import { CAUSAL_STEPS, type CausalStep } from './causal-step';
import type { Observation } from './observation';
import { RecentGroups } from './recent-groups';
import { SlidingWindow, type Timed } from './sliding-window';

/** An event as one step. */
interface Link extends Timed {
  readonly observation: Observation;
  /** Index in CAUSAL_STEPS. */
  readonly step: number;
  /** It is in a chain that was told of, as something else than its root. */
  used: boolean;
}

const LAST = CAUSAL_STEPS.length - 1;

/**
 * Finds what led to an error: the latest connection before it, and the latest start of a program before that. It depends on
 * timestamps and not on the order in which events come. Each error and each connection is in one chain at most. Where both events of
 * a pair name a process, it is the same one. One thread's. Memory: `events` links for each of `groups` groups.
 */
export class CauseChainDetector {
  private readonly windows: RecentGroups<SlidingWindow<Link>>;

  constructor(lengthNs: bigint, events: number, groups: number) {
    this.windows = new RecentGroups(groups, () => new SlidingWindow(lengthNs, events));
  }

  /** The chains that this event completes, from cause to effect; mostly none. */
  observe(observation: Observation, steps: readonly CausalStep[]): Observation[][] {
    if (steps.length === 0) return [];
    const window = this.windows.of(observation.groupId);
    const { timestamp } = observation;
    for (const step of steps) {
      window.add({ observation, timestamp, step: CAUSAL_STEPS.indexOf(step), used: false });
    }
    const chains: Observation[][] = [];
    const { items } = window;
    // A cause that comes late explains errors after it.
    let from = items.length;
    while (from > 0 && items[from - 1].timestamp >= timestamp) from--;
    for (const error of items.slice(from)) {
      if (error.step !== LAST || error.used) continue;
      const chain = chainTo(error, items);
      if (chain === undefined) continue;
      for (const link of chain.slice(1)) link.used = true;
      chains.push([...new Set(chain.map((link) => link.observation))]);
    }
    return chains;
  }
}

/** The chain that ends with `effect`, with causes as late as they can be. */
function chainTo(effect: Link, items: readonly Link[]): Link[] | undefined {
  if (effect.step === 0) return [effect];
  for (let at = items.length - 1; at >= 0; at--) {
    const cause = items[at];
    if (cause.step !== effect.step - 1 || cause.used || cause.timestamp > effect.timestamp) continue;
    if (!mayBeOneProcess(cause.observation, effect.observation)) continue;
    const chain = chainTo(cause, items);
    if (chain !== undefined) return [...chain, effect];
  }
  return undefined;
}

function mayBeOneProcess(one: Observation, other: Observation): boolean {
  return one.pid === undefined || other.pid === undefined || one.pid === other.pid;
}
