/** Chains of causes within a group: a program starts, then it connects, then something fails. */
import type { CausalStep } from './causal-step';
import { ChainSearch } from './chain-search';
import { Lineage } from './lineage';
import { isProcessGroup, type Observation, processGroup } from './observation';
import { type Link, OpenLinks } from './open-links';
import { RecentGroups } from './recent-groups';

/**
 * Finds what led to an error: the latest connection before it, and the latest start of a program before that. It depends on
 * timestamps and not on the order in which events come. Each error and each connection is in one chain at most. Where both events of
 * a pair name a process, it is the same one, or one is a copy of the other made by a fork; where an error names an address, its connection
 * went there. One thread's. Memory: `events` links for each of `groups` groups.
 */
export class CauseChainDetector {
  private readonly groups: RecentGroups<OpenLinks>;
  private readonly lineage: Lineage;

  constructor(lengthNs: bigint, events: number, groups: number) {
    this.groups = new RecentGroups(groups, () => new OpenLinks(lengthNs, events));
    this.lineage = new Lineage(groups);
  }

  /** The chains that this event completes, from cause to effect; mostly none. */
  observe(observation: Observation, steps: readonly CausalStep[]): Observation[][] {
    if (steps.length === 0) return [];
    const { groupId, pid, timestamp } = observation;
    const group = this.groups.of(groupId);
    const [link] = steps.map((step) => group.add(observation, step));
    if (pid !== undefined && steps[0] === 'exec') this.lineage.exec(pid, timestamp);
    const search = new ChainSearch(this.groups, this.lineage);
    const errors = search.errorsSince(observation);
    if (steps[0] === 'exec') return chainsTo(errors, search);
    // Nothing explained those that are not of this event: only its connection can.
    const mayEnd = (error: Link): boolean =>
      error.observation === observation || (steps[0] === 'connect' && search.leads(link, error));
    return chainsTo(errors.filter(mayEnd), search);
  }

  /** The chains that are completed by knowing that the process of `observation` made another one. */
  fork(observation: Observation, child: number): Observation[][] {
    const { pid, groupId, timestamp } = observation;
    if (pid === undefined) return [];
    this.lineage.fork(pid, child, timestamp);
    const search = new ChainSearch(this.groups, this.lineage);
    const errors = search.errorsSince({
      ...observation,
      pid: child,
      groupId: isProcessGroup(groupId) ? processGroup(child) : groupId,
    });
    return chainsTo(errors, search);
  }
}

function chainsTo(errors: readonly Link[], search: ChainSearch): Observation[][] {
  const chains: Observation[][] = [];
  for (const error of errors) {
    const chain = search.chainTo(error);
    if (chain === undefined) continue;
    // Its root may have led to more.
    for (const link of chain.slice(1)) link.group.use(link);
    chains.push([...new Set(chain.map((link) => link.observation))]);
  }
  return chains;
}
