/** The running collection as text, at most 80 columns wide. */
import type { PerCPUBufferMetrics } from '../../index';
import type { Status } from './status';
import { tallyTables } from '../top/tally-table';
import { bar, clock, count, fit, micros, percent, shortCount } from '../text/figures';

export const MAX_COLUMNS = 80;
/** With more CPUs than this, several share a row. */
const MOST_BARS = 8;
const LABEL = 11;

/** Below these, the figures come closer together. */
const WIDE = 64;
const TALL = 16;
/** Names that are worth their room. */
const FEWEST_NAMES = 3;
const MOST_NAMES = 10;
/** The head of the rings, the fullest of them and the overflow. */
const LEAST_OF_RINGS = 3;

/** A part of the table: of those with most weight as many are shown as there is room for, in their own order. */
interface Part {
  readonly weight: number;
  readonly lines: readonly string[];
}

/** The table for a terminal: at most `rows` lines. */
export function renderTable(status: Status, columns: number, rows: number): string[] {
  const width = Math.min(MAX_COLUMNS, columns);
  const isTall = rows >= TALL;
  const parts = [
    { weight: 9, lines: [title(status, width), ...(isTall ? [''] : [])] },
    ...(width < WIDE ? narrowFigures(status) : wideFigures(status)),
    { weight: 4, lines: [...(isTall ? [''] : []), ...sourceLines(status, width)] },
    { weight: 5, lines: exportLines(status) },
  ];
  const names = Math.max(status.processes.length, width < WIDE ? 0 : status.types.length);
  const heads = names === 0 ? 0 : isTall ? 2 : 1;
  const namesOf = (most: number): number => heads + Math.min(most, names);
  const room = (most: number): number => rows - linesOf(parts) - namesOf(most);
  const rings = ringsOf(
    status.metrics,
    width,
    Math.max(LEAST_OF_RINGS, room(MOST_NAMES)),
    room(FEWEST_NAMES),
  );
  parts.push({ weight: 3, lines: rings });
  const shown = fitting(parts, rows - namesOf(FEWEST_NAMES));
  const most = Math.min(MOST_NAMES, rows - linesOf(shown) - heads);
  const tables = names > 0 && most > 0 ? [...(isTall ? [''] : []), ...tallies(status, width, most + 1)] : [];
  return [...shown.flatMap(({ lines }) => lines), ...tables].map((line) => fit(line.trimEnd(), width));
}

function linesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { lines }) => sum + lines.length, 0);
}

function fitting(parts: readonly Part[], rows: number): Part[] {
  const kept = new Set<Part>();
  for (const part of [...parts].sort((a, b) => b.weight - a.weight)) {
    if (linesOf([...kept, part]) <= rows) kept.add(part);
  }
  return parts.filter((part) => kept.has(part));
}

function title({ title: what, elapsedMs, durationMs }: Status, width: number): string {
  const time =
    clock(elapsedMs) + (durationMs === undefined ? '' : ` / ${clock(Math.ceil(durationMs / 1000) * 1000)}`);
  const room = width - time.length - 2;
  const full = `tapio collect  ${what}`;
  // What is collected says more than the name of the program.
  const texts = width < WIDE ? [full, `tapio  ${what}`, what] : [full];
  const text = texts.find(({ length }) => length <= room) ?? texts.at(-1)!;
  return fit(text, room).padEnd(width - time.length) + time;
}

function wideFigures({ eventsPerSecond, delivered, dropped, latency, cpu }: Status): Part[] {
  const rate = figures('events/s', count(eventsPerSecond), [
    ['delivered', count(delivered)],
    ['dropped', count(dropped)],
  ]);
  const times = figures('latency', `p50 ${micros(latency.p50)}`, [['p99', micros(latency.p99)]]);
  const load = figures('CPU', `consumer ${percent(cpu.thread)}`, [
    ['all threads', `${percent(cpu.process)} of a core`],
  ]);
  return [
    { weight: 8, lines: [rate] },
    { weight: 7, lines: [times] },
    { weight: 6, lines: [load] },
  ];
}

function narrowFigures({ eventsPerSecond, dropped, latency, cpu }: Status): Part[] {
  const { p50, p99 } = latency;
  return [
    {
      weight: 8,
      lines: [`events/s ${shortCount(eventsPerSecond, 1e6)}  dropped ${shortCount(dropped, 1e6)}`],
    },
    { weight: 7, lines: [`latency  p50 ${micros(p50)}  p99 ${micros(p99)}`] },
    { weight: 6, lines: [`CPU      consumer ${percent(cpu.thread)}, all ${percent(cpu.process)}`] },
  ];
}

function sourceLines({ sources, sourceRates }: Status, width: number): string[] {
  return [...sources].flatMap(([name, { produced, dropped, malformed }]) => {
    const rate = sourceRates.get(name) ?? 0;
    const skipped = malformed > 0 ? [figures('', '', [['malformed, skipped', count(malformed)]])] : [];
    const line =
      width < WIDE
        ? `${name} ${shortCount(rate, 1e6)}/s  dropped ${shortCount(dropped, 1e6)}`
        : figures(name, `${count(rate)}/s`, [
            ['produced', count(produced)],
            ['dropped', count(dropped)],
          ]);
    return [line, ...skipped];
  });
}

function exportLines(status: Status): string[] {
  return Object.entries(status.exports).flatMap(([name, { delivered, dropped, waiting, note }]) => [
    figures(name, `${shortCount(waiting, 1e6)} waiting`, [
      ['delivered', count(delivered)],
      ['dropped', count(dropped)],
    ]),
    ...(note === undefined ? [] : [figures('', note, [])]),
  ]);
}

/** In `rows` lines if there is room for as many as that takes, else in one. */
function ringsOf(metrics: PerCPUBufferMetrics, width: number, rows: number, room: number): string[] {
  const each = ['Peak fill since the last update:', ...renderRings(metrics, width, rows - 1)];
  if (each.length <= room) return each;
  const { cpus, overflowSize, overflowUsed } = metrics;
  const fullest = Math.max(0, ...cpus.map(({ utilization }) => utilization));
  const overflow = overflowSize > 0 ? overflowUsed / overflowSize : 0;
  return [`peak fill ${percent(fullest * 100)}  overflow ${percent(overflow * 100)}`];
}

/** What has most events; the kinds, too, where both have room. */
function tallies({ types, processes }: Status, width: number, rows: number): string[] {
  const lists = [
    { title: 'processes', tallies: processes },
    { title: 'events', tallies: types },
  ].filter(({ tallies: each }) => each.length > 0);
  return tallyTables(width < WIDE ? lists.slice(0, 1) : lists, 'rate', width, rows);
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
  const rest = others.map(([name, value]) => `${`${name} ${value}`.padEnd(23)} `).join('');
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
