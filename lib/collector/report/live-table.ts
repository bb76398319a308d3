/** The running collection as text, at most 80 columns wide. */
import type { ExportCounts, ServedCounts } from '../exports/export';
import type { Status } from './status';
import { type TallyList, tallyTables } from '../top/tally-table';
import { padCells } from '../text/cells';
import { clock, fit, fitFigures, micros, percent, shortCount } from '../text/figures';
import { counter, figureLines, LABEL, WIDE } from './figure-lines';
import { overflowShare, ringLines } from './ring-lines';

export const MAX_COLUMNS = 80;

/** From this many rows on, lines are empty to set others apart. */
const TALL = 16;
/** Names that are worth their room. */
const FEWEST_NAMES = 3;
const MOST_NAMES = 10;
/** The head of the rings, the fullest of them and the overflow. */
const LEAST_OF_RINGS = 3;
/** Columns below which the title does not tell what is collected. */
const LEAST_OF_TITLE = 4;

/** A part of the table: of those with most weight as many are shown as there is room for, in their own order. */
interface Part {
  readonly weight: number;
  readonly lines: readonly string[];
}

/** The table for a terminal: at most `rows` lines, in which no figure is cut. */
export function renderTable(status: Status, columns: number, rows: number): string[] {
  const width = Math.min(MAX_COLUMNS, columns);
  const isTall = rows >= TALL;
  const heads = [
    { weight: 9, lines: [title(status, width), ...(isTall ? [''] : [])] },
    { weight: 8, lines: rateLines(status, width) },
  ];
  const parts = [
    ...heads,
    { weight: 7, lines: latencyLines(status, width) },
    { weight: 6, lines: loadLines(status, width) },
    { weight: 4, lines: [...(isTall ? [''] : []), ...sourceLines(status, width)] },
    { weight: 5, lines: [...servedLines(status, width), ...exportLines(status, width)] },
  ];
  const lists = listsOfNames(status, width);
  const withNames = rowsOfNames(lists, isTall);
  const free = rows - linesOf(parts);
  const forRings = Math.max(LEAST_OF_RINGS, free - withNames(MOST_NAMES));
  parts.push({
    weight: 3,
    lines: ringLines(status.metrics, width, forRings, free - withNames(FEWEST_NAMES)),
  });
  const shown = fitting(parts, rows - keptForNames(withNames, rows - linesOf(heads)));
  const names = nameLines(lists, width, isTall, rows - linesOf(shown));
  return [...shown.flatMap(({ lines }) => lines), ...names].map((line) => fitFigures(line.trimEnd(), width));
}

/** What has most events, the processes first; the kinds, too, where both have room. */
function listsOfNames({ processes, types }: Status, width: number): TallyList[] {
  const lists = [
    { title: 'processes', tallies: processes },
    { title: 'events', tallies: types },
  ].filter(({ tallies }) => tallies.length > 0);
  return width < WIDE ? lists.slice(0, 1) : lists;
}

/** How many rows the lists take with what stands above their names, when each shows at most so many. */
type RowsOfNames = (most: number) => number;

function rowsOfNames(lists: readonly TallyList[], isTall: boolean): RowsOfNames {
  const longest = Math.max(0, ...lists.map(({ tallies }) => tallies.length));
  return (most) => (longest === 0 ? 0 : (isTall ? 2 : 1) + Math.min(most, longest));
}

/** The fewest names come before all but the heads, which leave `room` rows; where that is not enough for one, nothing is kept. */
function keptForNames(withNames: RowsOfNames, room: number): number {
  const kept = Math.min(room, withNames(FEWEST_NAMES));
  return kept > withNames(0) ? kept : 0;
}

/** At most `room` lines: none where there is no room for a name. */
function nameLines(lists: readonly TallyList[], width: number, isTall: boolean, room: number): string[] {
  const above = isTall ? [''] : [];
  const tables = tallyTables(lists, 'rate', width, Math.min(MOST_NAMES + 1, room - above.length));
  return tables.length > 1 ? [...above, ...tables] : [];
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
  const elapsed = clock(elapsedMs);
  const of = durationMs === undefined ? '' : ` / ${clock(Math.ceil(durationMs / 1000) * 1000)}`;
  const lengthWith = (name: string, time: string): number => `${name}  ${what}  ${time}`.length;
  const time = width < WIDE && lengthWith('tapio', elapsed + of) > width ? elapsed : elapsed + of;
  const name = width >= WIDE || lengthWith('tapio collect', time) <= width ? 'tapio collect' : 'tapio';
  const room = width - lengthWith(name, time) + what.length;
  const text = room < LEAST_OF_TITLE ? name : `${name}  ${fit(what, room)}`;
  return padCells(text, width - time.length) + time;
}

function rateLines({ eventsPerSecond, delivered, dropped }: Status, width: number): string[] {
  const figure = counter(width);
  const others = [`delivered ${figure(delivered)}`, `dropped ${figure(dropped)}`];
  return figureLines('events/s', [figure(eventsPerSecond), ...others.slice(width < WIDE ? 1 : 0)], width);
}

function latencyLines({ latency: { p50, p99 } }: Status, width: number): string[] {
  return figureLines('latency', [`p50 ${micros(p50)}`, `p99 ${micros(p99)}`], width);
}

function loadLines({ cpu: { thread, process } }: Status, width: number): string[] {
  const all = width < WIDE ? `all ${percent(process)}` : `all threads ${percent(process)} of a core`;
  return figureLines('CPU', [`consumer ${percent(thread)}`, all], width);
}

function sourceLines({ sources, sourceRates }: Status, width: number): string[] {
  const figure = counter(width);
  return [...sources].flatMap(([name, { produced, dropped, malformed }]) => {
    const rate = `${figure(sourceRates.get(name) ?? 0)}/s`;
    const others = [`produced ${figure(produced)}`, `dropped ${figure(dropped)}`];
    const lines = figureLines(name, [rate, ...others.slice(width < WIDE ? 1 : 0)], width);
    if (malformed === 0) return lines;
    const skipped = `malformed, skipped ${figure(malformed)}`;
    return [...lines, ...(width < WIDE ? [`  ${skipped}`] : figureLines('', ['', skipped], width))];
  });
}

function exportLines(status: Status, width: number): string[] {
  const figure = counter(width);
  const indent = ' '.repeat(width < WIDE ? 2 : LABEL + 1);
  return Object.entries(status.exports).flatMap(([name, { delivered, dropped, waiting, note }]) => [
    ...figureLines(
      name,
      [`${shortCount(waiting, 1e6)} waiting`, `delivered ${figure(delivered)}`, `dropped ${figure(dropped)}`],
      width,
    ),
    ...(note === undefined ? [] : [indent + fitFigures(note, width - indent.length)]),
  ]);
}

function servedLines({ served }: Status, width: number): string[] {
  const figure = counter(width);
  return Object.entries(served).flatMap(([name, { clients, streamed, dropped, discarded }]) =>
    figureLines(
      name,
      [clientsText(clients), `streamed ${figure(streamed)}`, `dropped ${figure(dropped + discarded)}`],
      width,
    ),
  );
}

function clientsText(clients: number): string {
  return `${clients} client${clients === 1 ? '' : 's'}`;
}

/**
 * One line for where there is no terminal, in columns that usual figures leave where they are. `tapio collect --help` explains them.
 */
export function renderLine(status: Status): string {
  const ring = Math.max(0, ...status.metrics.cpus.map(({ utilization }) => utilization));
  const overflow = overflowShare(status.metrics);
  const time = (value: number | null): string => micros(value).replace(' ', '');
  const parts = [
    clock(status.elapsedMs).padStart(5),
    `${shortCount(status.eventsPerSecond, 1e6)}/s`.padStart(9),
    `dropped ${shortCount(status.dropped, 1e4)}`.padEnd(13),
    `peak fill ${Math.round(ring * 100)}%/${Math.round(overflow * 100)}%`.padEnd(18),
    `cpu ${Math.round(status.cpu.thread)}%`.padEnd(8),
    `p50 ${time(status.latency.p50)}`.padEnd(9),
    `p99 ${time(status.latency.p99)}`,
  ];
  const line = parts.join(' ');
  return line.length <= MAX_COLUMNS
    ? line
    : fitFigures(parts.map((part) => part.trim()).join(' '), MAX_COLUMNS);
}

/** For where there is no terminal, one line for each export. */
export function renderExports(status: Status): string[] {
  return [
    ...Object.entries(status.served).map(servedLine),
    ...Object.entries(status.exports).map(exportLine),
  ];
}

function servedLine([name, { clients, streamed, dropped, discarded }]: [string, ServedCounts]): string {
  return exportFigures(name, [
    `streamed ${shortCount(streamed, 1e6)}`,
    clientsText(clients),
    `dropped ${shortCount(dropped + discarded, 1e6)}`,
  ]);
}

/** In columns, below each other. */
function exportFigures(name: string, [first, second, third]: readonly string[]): string {
  return [name.padStart(7), first.padEnd(17), second.padEnd(15), third].join(' ');
}

function exportLine([name, { delivered, dropped, waiting, note }]: [string, ExportCounts]): string {
  const figures = exportFigures(name, [
    `delivered ${shortCount(delivered, 1e6)}`,
    `waiting ${shortCount(waiting, 1e6)}`,
    `dropped ${shortCount(dropped, 1e6)}`,
  ]);
  // Of a long note the figures lose nothing.
  const room = MAX_COLUMNS - figures.length - 4;
  return note === undefined || room < 12
    ? fitFigures(figures, MAX_COLUMNS)
    : `${figures}  (${fitFigures(note, room)})`;
}
