/** One HTML page that needs nothing beside itself, and each plot as a file of its own. */
import fs from 'node:fs';
import path from 'node:path';
import { describe } from '../measure/machine';
import type { RowResult } from '../measure/result';
import { readAllResults, type ResultsFile, resultsFolder } from '../measure/results-file';
import { verdicts } from '../measure/verdict';
import { allCpu, consumerCpu, latency, plot, time } from './plot';
import { scalingPlot } from './scaling-plot';
import { escape } from './svg';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, "DejaVu Sans", Arial, sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em; }
  h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ddd; }
  figure { margin: 1.5em 0; } svg { max-width: 100%; height: auto; }
  figcaption { font-size: 0.85em; color: #555; } .missed { color: #a33; }
  code { background: #8883; padding: 0 0.2em; }`;

/** Returns the page's path. */
export function writeReport(): string {
  const sections = readAllResults().map(({ name: file, results }) => {
    const plots = results.suite === 'scaling' ? scalingPlots(results.rows) : results.rows.flatMap(rowPlots);
    for (const { name, image } of plots)
      fs.writeFileSync(path.join(resultsFolder, `${file}-${name}.svg`), image);
    return section(results, plots);
  });
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>@tapio/performance: benchmarks</title><style>${STYLE}</style></head>
<body><h1>@tapio/performance: benchmarks</h1>
<p>Blue is ours, grey are the others. A bar is the median of the repeats, the line over it reaches from the least to the
greatest. An arrow: it goes on beyond the plot. Quote ratios of one plot, never figures of two.</p>
${sections.join('\n')}</body></html>\n`;
  const target = path.join(resultsFolder, 'report.html');
  fs.writeFileSync(target, page);
  return path.relative(process.cwd(), target);
}

interface Plot {
  readonly name: string;
  readonly image: string;
  readonly notes: readonly { readonly text: string; readonly met: boolean }[];
}

function section({ suite, command, machine, repeats }: ResultsFile, plots: readonly Plot[]): string {
  const figures = plots.map(({ image, notes }) => {
    const lines = notes.map(
      ({ text, met }) =>
        `<span class="${met ? 'met' : 'missed'}">${met ? 'reached' : 'missed'}: ${escape(text)}</span>`,
    );
    return `<figure>${image}<figcaption>${lines.join('<br>')}</figcaption></figure>`;
  });
  return `<h2>${escape(suite)}, Node ${escape(machine.node)}</h2>
<p>${escape(describe(machine))}; ${repeats} interleaved repeats; <code>${escape(command)}</code></p>
${figures.join('\n')}`;
}

function rowPlots(row: RowResult): Plot[] {
  const notes = verdicts(row);
  if (row.kind !== 'paced') return [{ name: row.name, image: plot(row, time), notes }];
  return [
    { name: `${row.name}-latency`, image: plot(row, latency), notes: [] },
    { name: `${row.name}-consumer`, image: plot(row, consumerCpu), notes: [] },
    { name: `${row.name}-cpu`, image: plot(row, allCpu), notes },
  ];
}

/** Rows that differ in their number of threads alone make one plot. */
function scalingPlots(rows: readonly RowResult[]): Plot[] {
  const groups = new Map<string, { title: string; points: { threads: number; row: RowResult }[] }>();
  const add = (name: string, title: string, threads: number, row: RowResult): void => {
    if (!groups.has(name)) groups.set(name, { title, points: [] });
    groups.get(name)!.points.push({ threads, row });
  };
  for (const row of rows) {
    const native = /^scaling-(\d+)-(\d+)$/.exec(row.name);
    if (native)
      add(
        `core-${native[1]}`,
        `Core: ${native[1]} B, as many consumers as producers`,
        Number(native[2]),
        row,
      );
    const node = /^node-(\d+)p(\d+)c$/.exec(row.name);
    if (!node) continue;
    const [producers, consumers] = [Number(node[1]), Number(node[2])];
    if (consumers === 1) add('node-1', 'Node: kernel events, one consumer', producers, row);
    if (consumers === producers)
      add('node-n', 'Node: kernel events, as many consumers as producers', producers, row);
  }
  return [...groups].map(([name, { title, points }]) => ({
    name,
    image: scalingPlot(
      title,
      points.sort((a, b) => a.threads - b.threads),
    ),
    notes: [],
  }));
}
