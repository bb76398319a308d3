/** docs/comparison.md: the rows that tell most, drawn, between two marks. */
import fs from 'node:fs';
import path from 'node:path';
import { provenance, type RowResult } from '../measure/result';
import { readAllResults } from '../measure/results-file';
import { putBetweenMarks } from './between-marks';
import { consumerCpu, type Measure, plot, time } from './plot';

const root = path.resolve(__dirname, '../../..');

/** Rows of the peers, and what of each is drawn. */
const SHOWN: Readonly<Record<string, Measure>> = {
  'full-object': time,
  'full-cross': time,
  'kernel-object': time,
  'kernel-cross': time,
  'raw-256-single': time,
  waiting: consumerCpu,
  'end-to-end': consumerCpu,
};

/** Puts the plots of the latest `npm run bench:peers` into docs/comparison.md and docs/drawings. Returns the page's path; undefined: it was not run. */
export function writeComparison(): string | undefined {
  const peers = readAllResults().find(({ results }) => results.suite === 'peers');
  if (peers === undefined) return undefined;
  const rows = Object.keys(SHOWN).flatMap((name) => peers.results.rows.filter((row) => row.name === name));
  const made = [provenance(peers.results), ...rows.map((row) => figureOf(row, SHOWN[row.name]))];
  return putBetweenMarks('docs/comparison.md', 'plots', made.join('\n\n'));
}

function figureOf(row: RowResult, measure: Measure): string {
  const file = `drawings/peers-${row.name}.svg`;
  fs.writeFileSync(path.join(root, 'docs', file), `${plot(row, measure)}\n`);
  return `![${row.title}: ${measure.axis}](${file})`;
}
