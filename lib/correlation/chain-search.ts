/** What led to the errors that one event may explain. */
import type { Lineage, Origin } from './lineage';
import { isProcessGroup, type Observation, processGroup } from './observation';
import type { Link, OpenLinks } from './open-links';
import type { RecentGroups } from './recent-groups';

const [START, CONNECTION, ERROR] = [0, 1, 2];

/** What is worked out of a link holds for the whole search: in a flood of errors each one asks it again. */
export class ChainSearch {
  private readonly origins = new Map<Observation, readonly Origin[]>();
  private readonly surroundings = new Map<Observation, readonly OpenLinks[]>();
  /** Of connections; undefined: nothing is known to have led to it. */
  private readonly starts = new Map<Link, Link | undefined>();

  constructor(
    private readonly groups: RecentGroups<OpenLinks>,
    private readonly lineage: Lineage,
  ) {}

  /** Those not explained yet that may belong together with an event, from its time on. */
  errorsSince(observation: Observation): Link[] {
    return this.around(observation).flatMap(({ ofStep: { [ERROR]: errors } }) => {
      let from = errors.length;
      while (from > 0 && errors[from - 1].timestamp >= observation.timestamp) from--;
      return errors.slice(from);
    });
  }

  /** The chain that ends with `error`, with causes as late as they can be. */
  chainTo(error: Link): [start: Link, connection: Link, error: Link] | undefined {
    const connection = latest(this.around(error.observation), CONNECTION, (link) => this.leads(link, error));
    return connection && [this.startOf(connection)!, connection, error];
  }

  /** Whether a chain may go from this connection to this error. */
  leads(connection: Link, error: Link): boolean {
    return this.explains(connection, error) && this.startOf(connection) !== undefined;
  }

  private startOf(connection: Link): Link | undefined {
    const { starts } = this;
    if (!starts.has(connection)) {
      const start = latest(
        this.before(connection),
        START,
        (link) => link.timestamp <= connection.timestamp && this.isOfOrigin(link, connection),
      );
      starts.set(connection, start);
    }
    return starts.get(connection);
  }

  private explains(connection: Link, error: Link): boolean {
    if (connection.timestamp > error.timestamp) return false;
    const { peer } = error.observation;
    const { peer: to } = connection.observation;
    if (peer !== undefined && to !== undefined && peer !== to) return false;
    // Who made a copy of itself may be the one that tells how the copy failed.
    return (
      this.isOfOrigin(connection, error) ||
      this.originsOf(connection.observation).some(({ pid }) => pid === error.observation.pid)
    );
  }

  /** Whether what `cause` tells was done by what the process of `effect` is. */
  private isOfOrigin(cause: Link, effect: Link): boolean {
    const { pid } = cause.observation;
    if (pid === undefined || effect.observation.pid === undefined || pid === effect.observation.pid)
      return true;
    return this.originsOf(effect.observation).some(
      (origin) => origin.pid === pid && cause.timestamp <= origin.until,
    );
  }

  private originsOf(observation: Observation): readonly Origin[] {
    const { origins, lineage } = this;
    let found = origins.get(observation);
    if (found === undefined)
      origins.set(observation, (found = lineage.origins(observation.pid!, observation.timestamp)));
    return found;
  }

  /** Where events are that may have led to this one. */
  private before({ observation, group }: Link): readonly OpenLinks[] {
    const { groupId, pid } = observation;
    if (!isProcessGroup(groupId) || !this.lineage.isCopy(pid!)) return [group];
    return this.ofProcesses(this.originsOf(observation).map((origin) => origin.pid));
  }

  /** Where events are that may belong together with this one. */
  private around(observation: Observation): readonly OpenLinks[] {
    const { surroundings } = this;
    let found = surroundings.get(observation);
    if (found === undefined) surroundings.set(observation, (found = this.findAround(observation)));
    return found;
  }

  private findAround(observation: Observation): readonly OpenLinks[] {
    const { groupId, pid } = observation;
    if (isProcessGroup(groupId)) {
      const origins = this.originsOf(observation).map((origin) => origin.pid);
      return this.ofProcesses([...origins, ...this.lineage.copiesOf(pid!)]);
    }
    const group = this.groups.peek(groupId);
    return group === undefined ? [] : [group];
  }

  private ofProcesses(pids: readonly number[]): readonly OpenLinks[] {
    return [...new Set(pids)].flatMap((pid) => this.groups.peek(processGroup(pid)) ?? []);
  }
}

/** The latest link of a step that is the one; of the same time, the one that came last. */
function latest(groups: readonly OpenLinks[], step: number, isIt: (link: Link) => boolean): Link | undefined {
  let found: Link | undefined;
  for (const { ofStep } of groups) {
    const links = ofStep[step];
    for (let at = links.length - 1; at >= 0; at--) {
      const link = links[at];
      if (found !== undefined && link.timestamp < found.timestamp) break;
      if (!isIt(link)) continue;
      found = link;
      break;
    }
  }
  return found;
}
