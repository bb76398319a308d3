/** The results of a row, for a terminal of 80 columns. */
import { bestPeer, type ContenderResult, type RowResult, timesAsFast } from './result';
import { spreadOf } from './spread';
import { verdicts } from './verdict';

const NAME = 34;

export function printRow(row: RowResult): void {
  console.log(`\n${row.title}  [${row.name}]`);
  if (row.kind === 'paced') printPaced(row);
  else printTimes(row);
  for (const { text, met } of verdicts(row)) console.log(`  ${met ? 'reached' : 'MISSED '}  ${text}`);
}

function printTimes(row: RowResult): void {
  const best = bestPeer(row);
  console.log(line('ns for one', ['min', 'median', 'max', best ? 'ratio' : '', 'CPU', 'garbage']));
  for (const contender of row.contenders) {
    const { ns, cpuSeconds, bytes } = contender;
    const ratio = best === undefined ? '' : `${spreadOf(timesAsFast(contender, best)).median.toFixed(2)}x`;
    const garbage = `${bytes < 0.1 ? '0' : bytes.toFixed(bytes < 10 ? 1 : 0)} B`;
    console.log(
      line(label(contender), [
        ...[ns.min, ns.median, ns.max].map(figure),
        ratio,
        cpuSeconds.toFixed(3),
        garbage,
      ]),
    );
  }
}

function printPaced(row: RowResult): void {
  console.log(line('us; % of a core', ['p50', 'p99', 'consumer', 'all', 'CPU', 'garbage']));
  for (const contender of row.contenders) {
    const { p50, p99, consumer, all } = contender.paced!;
    console.log(
      line(label(contender), [
        figure(p50.median),
        figure(p99.median),
        `${consumer.median.toFixed(1)}%`,
        `${all.median.toFixed(1)}%`,
        contender.cpuSeconds.toFixed(3),
        `${contender.bytes.toFixed(0)} B`,
      ]),
    );
    const spread = `p50 ${figure(p50.min).trim()} to ${figure(p50.max).trim()}, consumer ${consumer.min.toFixed(1)} to ${consumer.max.toFixed(1)} %`;
    console.log(`      ${spread}`);
  }
}

function label({ name, ours }: ContenderResult): string {
  return `${ours ? '*' : ' '} ${name}`;
}

/** A name that is too long has a line of its own. */
function line(name: string, cells: readonly string[]): string {
  const widths = [7, 7, 7, 8, 8, 9];
  const text = cells.map((cell, i) => cell.padStart(widths[i])).join('');
  return name.length < NAME ? `${name.padEnd(NAME)}${text}` : `${name}\n${' '.repeat(NAME)}${text}`;
}

function figure(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}
