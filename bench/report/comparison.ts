/** docs/comparison.md: the rows that tell most, drawn, between two marks. */
import fs from 'node:fs';
import path from 'node:path';
import { describe } from '../measure/machine';
import type { RowResult } from '../measure/result';
import { readAllResults } from '../measure/results-file';
import { consumerCpu, type Measure, plot, time } from './plot';

const root = path.resolve(__dirname, '../../..');
const page = path.join(root, 'docs/comparison.md');
const BEGIN = '<!-- plots: npm run bench:report -- --readme -->';
const END = '<!-- end of plots -->';

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
  const { command, machine, repeats, rows } = peers.results;
  const figures = Object.entries(SHOWN).flatMap(([name, measure]) => {
    const row = rows.find((each) => each.name === name);
    return row === undefined ? [] : [figureOf(row, measure)];
  });
  const text = fs.readFileSync(page, 'utf8');
  const [start, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (start < BEGIN.length || end < start) throw new Error(`${page} has no place for plots`);
  const made = [
    `${describe(machine)}; medians of ${repeats} interleaved repeats; \`${command}\``,
    ...figures,
  ];
  fs.writeFileSync(page, `${text.slice(0, start)}\n\n${made.join('\n\n')}\n\n${text.slice(end)}`);
  return path.relative(process.cwd(), page);
}

function figureOf(row: RowResult, measure: Measure): string {
  const file = `drawings/peers-${row.name}.svg`;
  fs.writeFileSync(path.join(root, 'docs', file), `${plot(row, measure)}\n`);
  return `![${row.title}: ${measure.axis}](${file})`;
}
