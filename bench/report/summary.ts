/** The results as tables of Markdown: the part of bench/README.md between two marks. */
import { bestPeer, type ContenderResult, provenance, type RowResult, timesAsFast } from '../measure/result';
import { readAllResults, type ResultsFile } from '../measure/results-file';
import { spreadOf } from '../measure/spread';
import { targetPeer, verdicts } from '../measure/verdict';
import { putBetweenMarks } from './between-marks';
import { markdownTable } from './markdown-table';

/** Puts the results of all suites into bench/README.md. Returns its path. */
export function writeSummary(): string {
  const parts = readAllResults().map(({ results }) => summarise(results));
  return putBetweenMarks('bench/README.md', 'results', parts.join('\n\n'));
}

function summarise(results: ResultsFile): string {
  const { suite, machine, rows } = results;
  const timed = rows.filter(({ kind }) => kind !== 'paced');
  const paced = rows.filter(({ kind }) => kind === 'paced');
  const missed = rows.flatMap((row) =>
    verdicts(row)
      .filter(({ met }) => !met)
      .map(({ text }) => `- \`${row.name}\`: ${text}`),
  );
  return [
    `### ${suite}, Node ${machine.node}`,
    provenance(results),
    ...(timed.length > 0 ? [markdownTable(TIMED, timed.flatMap(timedLines))] : []),
    ...(paced.length > 0 ? [markdownTable(PACED, paced.flatMap(pacedLines))] : []),
    missed.length > 0 ? `Aims that were missed:\n\n${missed.join('\n')}` : 'All aims were reached.',
  ].join('\n\n');
}

const TIMED = ['row', 'ours', 'ns', 'the fastest others', 'ns', 'times as fast', 'aims'];

/** Of a row with peers: those of ours that its aims are about, else the fastest, against each peer that counts. Of a row without: all. */
function timedLines(row: RowResult): string[][] {
  const name = `${row.title} [${row.name}]`;
  const ours = row.contenders.filter((contender) => contender.ours);
  const peers = new Set([bestPeer(row), ...row.targets.map((target) => targetPeer(row, target))]);
  peers.delete(undefined);
  if (peers.size === 0)
    return ours.map((one, i) => [i === 0 ? name : '', one.name, time(one), '', '', '', '']);
  const meant = ours.filter((one) => row.targets.some(({ of }) => of === one.name));
  const shown = meant.length > 0 ? meant : [[...ours].sort((a, b) => a.ns.median - b.ns.median)[0]];
  const all = [...peers] as ContenderResult[];
  return shown.flatMap((one, i) =>
    all.map((peer, j) => [
      i + j === 0 ? name : '',
      ...(j === 0 ? [one.name, time(one)] : ['', '']),
      peer.name,
      time(peer),
      spreadOf(timesAsFast(one, peer)).median.toFixed(2),
      i + j === 0 ? aims(row) : '',
    ]),
  );
}

const PACED = ['row', '', 'p50, us', 'p99, us', 'consumer, % of a core', 'all threads, %', 'aims'];

function pacedLines(row: RowResult): string[][] {
  return row.contenders.map(({ name, ours, paced }, i) => [
    i === 0 ? `${row.title} [${row.name}]` : '',
    ours ? `**${name}**` : name,
    paced!.p50.median.toPrecision(3),
    paced!.p99.median.toFixed(0),
    paced!.consumer.median.toFixed(1),
    paced!.all.median.toFixed(1),
    i === 0 ? aims(row) : '',
  ]);
}

function time({ ns }: ContenderResult): string {
  return ns.median < 100 ? ns.median.toPrecision(3) : ns.median.toFixed(0);
}

function aims(row: RowResult): string {
  const all = verdicts(row);
  return all.length === 0 ? '' : `${all.filter(({ met }) => met).length} of ${all.length}`;
}
