/** The running collection as text, at most 80 columns wide. */
import type { PerCPUBufferMetrics } from '../index';
import type { Status } from './status';
import { bar, clock, count, fit, micros, percent, shortCount } from './text-format';

export const MAX_COLUMNS = 80;
/** With more CPUs than this, several share a row. */
const MOST_BARS = 8;
const LABEL = 11;

/** The table for a terminal: `rows` is the most lines it may have. */
export function renderTable(status: Status, columns: number, rows: number): string[] {
  const width = Math.min(MAX_COLUMNS, columns);
  const { cpu, latency } = status;
  const time =
    clock(status.elapsedMs) + (status.durationMs === undefined ? '' : ` / ${clock(status.durationMs)}`);
  const title = fit(`tapio collect  ${status.title}`, width - time.length - 2);
  const head = [
    title.padEnd(width - time.length) + time,
    '',
    figures('events/s', count(status.eventsPerSecond), [
      ['delivered', count(status.delivered)],
      ['dropped', count(status.dropped)],
    ]),
    figures('latency', `p50 ${micros(latency.p50)}`, [['p99', micros(latency.p99)]]),
    figures('CPU', `consumer ${percent(cpu.thread)}`, [['all threads', `${percent(cpu.process)} of a core`]]),
    '',
    ...[...status.sources].flatMap(([name, { produced, dropped, malformed }]) => [
      figures(name, `${count(status.sourceRates.get(name) ?? 0)}/s`, [
        ['produced', count(produced)],
        ['dropped', count(dropped)],
      ]),
      ...(malformed > 0 ? [figures('', '', [['malformed, skipped', count(malformed)]])] : []),
    ]),
    ...Object.entries(status.exports).flatMap(([name, { delivered, dropped, waiting, note }]) => [
      figures(name, `${shortCount(waiting, 1e6)} waiting`, [
        ['delivered', count(delivered)],
        ['dropped', count(dropped)],
      ]),
      ...(note === undefined ? [] : [figures('', note, [])]),
    ]),
    'Peak fill since the last update:',
  ];
  const rings = renderRings(status.metrics, width, Math.max(2, rows - head.length));
  return [...head, ...rings].map((line) => fit(line.trimEnd(), width));
}

/** One line for where there is no terminal. `tapio collect --help` explains its columns. */
export function renderLine(status: Status): string {
  const { cpus, overflowSize, overflowUsed } = status.metrics;
  const ring = Math.max(0, ...cpus.map(({ utilization }) => utilization));
  const overflow = overflowSize > 0 ? overflowUsed / overflowSize : 0;
  const time = (value: number | null): string => micros(value).replace(' ', '');
  const parts = [
    clock(status.elapsedMs).padStart(5),
    `${shortCount(status.eventsPerSecond, 1e6)}/s`,
    `dropped ${shortCount(status.dropped, 1e4)}`,
    `peak fill ${Math.round(ring * 100)}%/${Math.round(overflow * 100)}%`,
    `cpu ${Math.round(status.cpu.thread)}%`,
    `p50 ${time(status.latency.p50)} p99 ${time(status.latency.p99)}`,
  ];
  const line = parts.join('  ');
  return line.length <= MAX_COLUMNS ? line : fit(parts.join(' '), MAX_COLUMNS);
}

/** For where there is no terminal, one line for each export. */
export function renderExports(status: Status): string[] {
  return Object.entries(status.exports).map(([name, { delivered, dropped, waiting, note }]) => {
    const figures =
      `${name.padStart(7)}  delivered ${shortCount(delivered, 1e6)}  ` +
      `waiting ${shortCount(waiting, 1e6)}  dropped ${shortCount(dropped, 1e6)}`;
    // Of a long note the figures lose nothing.
    const room = MAX_COLUMNS - figures.length - 4;
    return note === undefined || room < 12 ? fit(figures, MAX_COLUMNS) : `${figures}  (${fit(note, room)})`;
  });
}

function figures(label: string, first: string, others: [label: string, value: string][]): string {
  const rest = others.map(([name, value]) => `${name} ${value}`.padEnd(24)).join('');
  return `${label.padEnd(LABEL)} ${first.padEnd(18)} ${rest}`;
}

function renderRings(metrics: PerCPUBufferMetrics, width: number, rows: number): string[] {
  const { cpus, overflowSize, overflowUsed, overflows } = metrics;
  const barWidth = Math.max(12, width - LABEL - 30);
  const row = (label: string, share: number, text: string): string =>
    `${label.padEnd(LABEL)} ${bar(share, barWidth)} ${percent(share * 100).padStart(7)}  ${text}`;
  const overflow = row(
    'overflow',
    overflowSize > 0 ? overflowUsed / overflowSize : 0,
    `${count(overflows)} events`,
  );
  if (cpus.length <= MOST_BARS && cpus.length < rows) {
    return [
      ...cpus.map((cpu) => row(`ring cpu ${cpu.cpu}`, cpu.utilization, `${count(cpu.writes)} events`)),
      overflow,
    ];
  }
  // The fullest rings say most; they fill the rows there are.
  const cell = (cpu: number, share: number): string => `cpu ${cpu} ${percent(share * 100)}`.padEnd(16);
  const perRow = Math.max(1, Math.floor((width - LABEL - 1) / 16));
  const shown = [...cpus].sort((a, b) => b.utilization - a.utilization).slice(0, perRow * (rows - 1));
  const lines: string[] = [];
  for (let start = 0; start < shown.length; start += perRow) {
    const label = start === 0 ? 'rings' : '';
    const cells = shown.slice(start, start + perRow).map((cpu) => cell(cpu.cpu, cpu.utilization));
    lines.push(`${label.padEnd(LABEL)} ${cells.join('')}`);
  }
  return [...lines, overflow];
}
