import type { UnifiedEvent } from '../index';
import { checkInteger, checkOptions } from '../validate';
import { wholeNumber } from '../event/whole-number';
import { BurstDetector } from './burst-detector';
import { causalSteps } from './causal-step';
import { CauseChainDetector } from './cause-chain-detector';
import { burstEvent, chainEvent, CORRELATION_SOURCE } from './correlated-event';
import { type Observation, observationOf } from './observation';

export interface CorrelatorOptions {
  /** Milliseconds, by the events' timestamps, within which events belong together: an integer from 1 to 86400000, default 5000. */
  windowMs?: number;
  /** This many events of one type in one group within the window are a burst: an integer from 2 to 1024, default 50. */
  burstEvents?: number;
  /** Causes and errors remembered of each group: an integer from 2 to 65536, default 64; the oldest are forgotten first. */
  chainEvents?: number;
  /** Groups remembered, an integer from 1 to 2^20, default 4096; the one without events for longest is forgotten first. */
  maxGroups?: number;
}

export interface CorrelatorStats {
  /** Events that were looked at. */
  observed: number;
  /** Of those, the ones that belong to no group. */
  ungrouped: number;
  /** Correlated events that came of them. */
  bursts: number;
  chains: number;
}

const NONE: readonly UnifiedEvent[] = [];
/** As the kernel's tracer tells it. */
const FORK = 'process.fork';

/**
 * Finds what events have to do with each other. They are grouped by the entity they are about, or else by their process; within a
 * group and a sliding window it finds bursts and chains of causes (a program starts, connects, and something fails), and makes an
 * event of each, whose `correlation` names the events it is made of. A fork (`process.fork` with `kernel.args.childPid`) goes on with
 * what its parent was until it executes a program, so a chain may go across it; an error that names an address belongs to a connection
 * that went there.
 *
 * Threads: an instance belongs to one thread. Guarantees: goes by timestamps, so events may come late and out of order. Each burst is
 *   told of once, as is each chain.
 * Memory: bounded by the options: ids, types and timestamps of maxGroups * (burstEvents + chainEvents) events at most. Events whose
 *   id, type, entity or severity is longer than 256 UTF-16 code units belong to no group, and neither do those it has made itself.
 */
export class Correlator {
  readonly #bursts: BurstDetector;
  readonly #chains: CauseChainDetector;
  readonly #stats: CorrelatorStats = { observed: 0, ungrouped: 0, bursts: 0, chains: 0 };

  /** @throws TapioError ERR_INVALID_ARGUMENT */
  constructor(options?: CorrelatorOptions) {
    const { windowMs = 5000, burstEvents = 50, chainEvents = 64, maxGroups = 4096 } = checkOptions(options);
    const lengthNs = BigInt(checkInteger('windowMs', windowMs, 1, 86_400_000)) * 1_000_000n;
    checkInteger('maxGroups', maxGroups, 1, 2 ** 20);
    this.#bursts = new BurstDetector(lengthNs, checkInteger('burstEvents', burstEvents, 2, 1024), maxGroups);
    this.#chains = new CauseChainDetector(
      lengthNs,
      checkInteger('chainEvents', chainEvents, 2, 65_536),
      maxGroups,
    );
  }

  /**
   * Looks at one event and keeps nothing of it but id, type and timestamp; a view will do.
   * @returns the correlated events it completes, mostly none
   */
  observe(event: Readonly<UnifiedEvent>): readonly UnifiedEvent[] {
    this.#stats.observed++;
    const observation = event.source === CORRELATION_SOURCE ? undefined : observationOf(event);
    if (observation === undefined) {
      this.#stats.ungrouped++;
      return NONE;
    }
    const burst = this.#bursts.observe(observation);
    const chains = this.#chainsOf(event, observation);
    if (burst === undefined && chains.length === 0) return NONE;
    const found = chains.map((chain) => chainEvent(event, chain));
    this.#stats.chains += found.length;
    if (burst !== undefined) {
      this.#stats.bursts++;
      found.push(burstEvent(event, burst));
    }
    return found;
  }

  #chainsOf(event: Readonly<UnifiedEvent>, observation: Observation): Observation[][] {
    const child = event.type === FORK ? wholeNumber(event.kernel?.args?.childPid) : undefined;
    if (child) return this.#chains.fork(observation, child);
    return this.#chains.observe(observation, causalSteps(event, observation.severity));
  }

  /** Counts of all calls so far. */
  getStats(): CorrelatorStats {
    return { ...this.#stats };
  }
}
