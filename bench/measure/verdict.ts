/** Whether a row's targets are met. */
import { bestPeer, type ContenderResult, type RowResult, timesAsFast } from './result';
import type { Target } from './row';
import { spreadOf } from './spread';

export interface Verdict {
  readonly text: string;
  readonly met: boolean;
}

export function verdicts(row: RowResult): Verdict[] {
  return row.targets.flatMap((target) => check(row, target));
}

/** Whom a target is measured against. */
export function targetPeer(row: RowResult, { peer, without }: Target): ContenderResult | undefined {
  return peer === undefined ? bestPeer(row, without) : row.contenders.find(({ name }) => name === peer);
}

function check(row: RowResult, target: Target): Verdict[] {
  const ours = row.contenders
    .filter(({ ours, name }) => ours && (target.of === undefined || name === target.of))
    .sort((a, b) => a.ns.median - b.ns.median)[0];
  const peer = targetPeer(row, target);
  const result: Verdict[] = [];
  const most = (what: string, value: number, limit: number, unit: string): void => {
    result.push({
      text: `${ours.name}: ${what} ${value.toFixed(1)} ${unit}, at most ${limit}`,
      met: value <= limit,
    });
  };
  const least = (what: string, value: number, limit: number, than: ContenderResult): void => {
    result.push({
      text: `${ours.name}: ${value.toFixed(2)} times ${what} as ${than.name}, at least ${limit}`,
      met: value >= limit,
    });
  };
  if (target.times !== undefined && peer !== undefined)
    least('as fast', spreadOf(timesAsFast(ours, peer)).median, target.times, peer);
  if (target.timesLessCpu !== undefined) {
    const thrifty = row.contenders.filter((c) => !c.ours).sort((a, b) => a.cpuSeconds - b.cpuSeconds)[0];
    least('as little CPU', thrifty.cpuSeconds / ours.cpuSeconds, target.timesLessCpu, thrifty);
  }
  if (target.hundredBeyond !== undefined && peer !== undefined) {
    const beyond = ours.samples.map((ns, repeat) => 100 * (ns - peer.samples[repeat]));
    most('a hundred beyond the copy take', spreadOf(beyond).median, target.hundredBeyond, 'ns');
  }
  if (target.ns !== undefined) most('median', ours.ns.median, target.ns, 'ns');
  // The engine's own bookkeeping shows as a fraction of a byte.
  if (target.bytes !== undefined) most('garbage', Math.floor(ours.bytes * 10) / 10, target.bytes, 'B');
  if (target.p50 !== undefined && ours.paced) most('p50', ours.paced.p50.median, target.p50, 'us');
  if (target.consumer !== undefined && ours.paced)
    most('consumer', ours.paced.consumer.median, target.consumer, '% of a core');
  return result;
}
