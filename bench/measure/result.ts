/** What a row measured. */
import { describe, type Machine } from './machine';
import type { Row, Target } from './row';
import type { Spread } from './spread';

export interface ContenderResult {
  readonly name: string;
  readonly ours: boolean;
  /** Nanoseconds for one operation, of all repeats in their order. */
  readonly samples: readonly number[];
  readonly ns: Spread;
  /** CPU seconds of all threads for each million operations, median. */
  readonly cpuSeconds: number;
  /** Bytes of garbage for each operation, in all threads together. */
  readonly bytes: number;
  /** Of a paced row. */
  readonly paced?: {
    /** Microseconds from put to delivery. */
    readonly p50: Spread;
    readonly p99: Spread;
    /** Percent of a core. */
    readonly consumer: Spread;
    readonly all: Spread;
  };
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  /** `native`: measured without Node. */
  readonly kind: Row['kind'] | 'native';
  readonly targets: readonly Target[];
  readonly contenders: readonly ContenderResult[];
}

/** How many times as fast `ours` is as `theirs`: of each repeat, as the machine's own speed varies between them. */
export function timesAsFast(ours: ContenderResult, theirs: ContenderResult): number[] {
  return ours.samples.map((ns, repeat) => theirs.samples[repeat] / ns);
}

/** The fastest peer of a row, but for those that do not count: with this in their name. */
export function bestPeer({ contenders }: RowResult, without?: string): ContenderResult | undefined {
  return contenders
    .filter(({ ours, name }) => !ours && (without === undefined || !name.includes(without)))
    .sort((a, b) => a.ns.median - b.ns.median)[0];
}

/** Where and how a suite was measured. Rows that were measured again may have another number of repeats. */
export function provenance({
  machine,
  command,
  rows,
}: {
  readonly machine: Machine;
  readonly command: string;
  readonly rows: readonly RowResult[];
}): string {
  const repeats = rows.flatMap(({ contenders }) => contenders.map(({ samples }) => samples.length));
  const [least, most] = [Math.min(...repeats), Math.max(...repeats)];
  const range = least === most ? String(most) : `${least} to ${most}`;
  return `${describe(machine)}; medians of ${range} interleaved repeats; \`${command}\``;
}
