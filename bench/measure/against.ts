/** Ours beside ours of another commit: the same rows without the peers, each contender twice. */
import { rowsOn } from './other-build';
import type { ContenderResult, RowResult } from './result';
import { timesAsFast } from './result';
import type { CrossThreadContender, OneThreadContender, Row } from './row';
import { type Spread, spreadOf } from './spread';

/** What still counts as no slower. */
const TOLERATED = 1.03;

/** What `scripts/other-build.mjs` built. */
export interface OtherBuild {
  readonly folder: string;
  /** As the user named the commit. */
  readonly name: string;
}

/** Rows whose contenders stand in pairs: of this build, of the other one. Those without a contender of ours are left out. */
export function againstRows(rows: readonly Row[], { folder, name }: OtherBuild): Row[] {
  const others = new Map(rowsOn(folder).map((row) => [row.name, row]));
  return rows.flatMap((row) => {
    const theirs = others.get(row.name)!.contenders;
    const pair = (contender: OneThreadContender | CrossThreadContender, index: number): object[] => [
      { ...contender, place: { index } },
      { ...theirs[index], name: `${contender.name} (${name})`, place: { index, build: folder } },
    ];
    const contenders = row.contenders.flatMap((contender, index) =>
      contender.ours ? pair(contender, index) : [],
    );
    return contenders.length === 0 ? [] : [{ ...row, contenders, targets: [] } as unknown as Row];
  });
}

/** Prints each pair. @returns the names of what is slower than tolerated */
export function printAgainst(row: RowResult): string[] {
  const slower: string[] = [];
  console.log(`\n${row.title}  [${row.name}]`);
  printHead();
  const show = (name: string, before: Spread, now: Spread, ratio: Spread): void => {
    if (printPair(name, before, now, ratio)) slower.push(`${row.name}: ${name}`);
  };
  for (let i = 0; i < row.contenders.length; i += 2) {
    const [now, before] = row.contenders.slice(i, i + 2);
    show(`${now.name}, ns`, before.ns, now.ns, spreadOf(timesAsFast(before, now)));
    showPaced(now, before, show);
  }
  return slower;
}

/** At a steady rate time is not what may change; CPU and latency are. */
function showPaced(
  { name, paced: now }: ContenderResult,
  { paced: before }: ContenderResult,
  show: (name: string, before: Spread, now: Spread, ratio: Spread) => void,
): void {
  if (now === undefined || before === undefined) return;
  const compare = (what: 'p50' | 'consumer' | 'all', unit: string): void => {
    const ratio = now[what].median / before[what].median;
    show(`${name}, ${unit}`, before[what], now[what], { min: ratio, median: ratio, max: ratio });
  };
  compare('p50', 'p50 us');
  compare('consumer', 'consumer %');
  compare('all', 'process %');
}

export function printHead(): void {
  console.log(line(['before', 'now', 'now / before', 'min', 'max']));
}

/** @returns whether it takes more than is tolerated */
export function printPair(name: string, before: Spread, now: Spread, ratio: Spread): boolean {
  const isMore = ratio.median > TOLERATED;
  console.log(`${isMore ? '!' : ' '} ${name}`);
  console.log(line([before.median, now.median, ratio.median, ratio.min, ratio.max].map(figure)));
  return isMore;
}

/** Says how a comparison ended. @returns the exit code */
export function verdictOn(slower: readonly string[]): number {
  console.log(slower.length === 0 ? '\nnothing is slower' : `\nslower:\n  ${slower.join('\n  ')}`);
  return slower.length === 0 ? 0 : 1;
}

function line(cells: readonly string[]): string {
  const widths = [26, 10, 14, 8, 8];
  return cells.map((cell, i) => cell.padStart(widths[i])).join('');
}

function figure(value: number): string {
  return value.toFixed(value < 10 ? 3 : value < 100 ? 1 : 0);
}
