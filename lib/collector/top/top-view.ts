/** The view of `tapio top` as text of an exact size. */
import type { Activity } from '../../integrations/activity';
import { visible } from '../text/visible-text';
import { bar, clock, count, fitFigures, micros, percent, shortCount } from '../text/figures';
import { flow } from '../text/flow';
import { padCells } from '../text/cells';
import { sparkline } from './sparkline';
import { type Figure, type TallyList, tallyTable, tallyTables } from './tally-table';

export const LISTS = ['types', 'processes', 'containers'] as const;
export type List = (typeof LISTS)[number];

export interface TopState {
  readonly address: string;
  readonly activity: Activity;
  /** Events a second, the latest last. */
  readonly rates: readonly number[];
  /** Nanoseconds since the epoch. */
  readonly now: bigint;
  readonly shown: List | 'all';
  readonly sort: Figure;
  readonly isPaused: boolean;
  /** Why there is no news. */
  readonly trouble?: string;
  readonly isUnicode: boolean;
}

/** From this many columns on, three lists are side by side. */
const WIDE = 72;
/** From this many rows on, the fill has rows of its own; from so many columns on, with bars. */
const TALL = 14;
const FOR_BARS = 30;
/** Columns between two of them, and the least that one takes with its bar, and without. */
const GAP = 4;
const [CELL, NARROW_CELL] = [34, 16];
const LONGEST_TEXT = 256;

/**
 * Exactly `rows` lines of `columns` cells; the first and the last are title and foot. Whatever the names are, none has a control
 * character, and no figure is cut.
 */
export function renderTop(state: TopState, columns: number, rows: number): string[] {
  const head = [title(state, columns), ...figures(state, columns), ...fill(state, columns, rows)];
  const body = lists(state, columns, rows - head.length - 1);
  const lines = [...head, ...body].slice(0, Math.max(0, rows - 1));
  while (lines.length < rows - 1) lines.push('');
  lines.push(foot(state, columns));
  return lines.map((line) => padCells(fitFigures(line.trimEnd(), columns), columns)).slice(-rows);
}

/** One line for where there is no terminal. */
export function renderTopLine({ activity, now }: Pick<TopState, 'activity' | 'now'>): string {
  const { rate, dropped, latency, fill: fills, types } = activity;
  const highest = Math.max(0, ...fills.filter(({ name }) => name !== 'overflow').map(({ ratio }) => ratio));
  const overflow = fills.find(({ name }) => name === 'overflow')?.ratio ?? 0;
  const most = types.length > 0 ? `  most ${text(types[0].name)} ${shortCount(types[0].rate, 1e4)}/s` : '';
  const time = (value: number | undefined): string => micros(value ?? null).replace(' ', '');
  return (
    `${upFor(activity, now).padStart(5)}  ${shortCount(rate, 1e6)}/s  dropped ${shortCount(dropped, 1e4)}  ` +
    `peak fill ${Math.round(highest * 100)}%/${Math.round(overflow * 100)}%  ` +
    `p50 ${time(latency?.p50)} p99 ${time(latency?.p99)}${most}`
  );
}

function title({ activity, address, isPaused, now }: TopState, columns: number): string {
  const texts = [...(isPaused ? ['paused'] : []), `up ${upFor(activity, now)} `];
  const [right] = flow(texts, columns, '  ', '');
  const room = columns - right.length;
  const name = ' tapio top  ';
  return padCells(name + fitFigures(text(address), room - name.length), room) + right;
}

function figures({ activity, rates, isUnicode }: TopState, columns: number): string[] {
  const { rate, delivered, dropped, latency } = activity;
  const isWide = columns >= WIDE;
  const figure = (value: number): string => (isWide ? count(value) : shortCount(value, 1e6));
  const rateText = `events/s  ${figure(rate)}`;
  const start = isWide ? 25 : 21;
  const line = columns > start ? sparkline(rates, columns - start, isUnicode) : '';
  const times = [`p50 ${micros(latency?.p50 ?? null)}`, `p99 ${micros(latency?.p99 ?? null)}`];
  const counts = [`delivered ${figure(delivered)}`, `dropped ${figure(dropped)}`];
  const rest = isWide
    ? flow([...counts, `latency ${times.join('  ')}`], columns)
    : [...flow(counts, columns), ...flow(times, columns)];
  return [`${rateText.padEnd(start - 1)} ${line}`, ...rest];
}

function fill({ activity }: TopState, columns: number, rows: number): string[] {
  // The fullest say most, where not all have room; the overflow ring, told last, always has.
  const cpus = activity.fill.filter(({ name }) => name !== 'overflow');
  const overflow = activity.fill.filter(({ name }) => name === 'overflow').slice(0, 1);
  const hasBars = columns >= FOR_BARS;
  const perRow = Math.max(1, Math.floor((columns + GAP) / ((hasBars ? CELL : NARROW_CELL) + GAP)));
  const most = rows < TALL ? 8 : Math.max(1, Math.floor((rows - 8) / 3)) * perRow;
  const fullest = [...cpus].sort((a, b) => b.ratio - a.ratio).slice(0, Math.max(1, most - overflow.length));
  const shown = [...cpus.filter((each) => fullest.includes(each)), ...overflow];
  const share = (ratio: number): number => (ratio >= 0 ? Math.min(1, ratio) : 0);
  if (rows < TALL) {
    const byRatio = [...overflow, ...fullest];
    const cells = byRatio.map(({ name, ratio }) => `${text(name)} ${Math.round(share(ratio) * 100)}%`);
    return rows < 8 ? [] : flow(['fill', ...cells], columns).slice(0, 1);
  }
  const width = Math.floor((columns - GAP * (perRow - 1)) / perRow);
  const cells = shown.map(({ name, ratio }) => {
    const used = percent(share(ratio) * 100).padStart(8);
    const between = hasBars ? ` ${bar(share(ratio), width - 9 - used.length)}` : '';
    return padCells(text(name), 8) + between + used;
  });
  const lines: string[] = [''];
  for (let at = 0; at < cells.length; at += perRow)
    lines.push(cells.slice(at, at + perRow).join(' '.repeat(GAP)));
  return lines;
}

function lists(state: TopState, columns: number, rows: number): string[] {
  const sort = state.sort;
  const listOf = (list: List): TallyList => ({
    title: list,
    tallies: [...state.activity[list]].sort((a, b) => b[sort] - a[sort]),
  });
  if (state.shown === 'all' && columns >= WIDE)
    return ['', ...tallyTables(LISTS.map(listOf), sort, columns, rows - 1)];
  const list = state.shown === 'all' ? 'types' : state.shown;
  return [...(rows > 6 ? [''] : []), ...tallyTable(listOf(list), sort, columns, rows)];
}

function foot({ trouble, sort }: TopState, columns: number): string {
  if (trouble !== undefined) return ` ${text(trouble)}; trying again`;
  const keys =
    columns < WIDE
      ? [' q quit', 'space pause', 't p c', 's sort']
      : [
          ...[' q quit', 'space pause', 't types', 'p processes', 'c containers', 'a all'],
          `s by ${sort === 'rate' ? 'count' : 'rate'}`,
        ];
  return flow(keys, columns)[0];
}

/** Of whom nothing is known. */
function text(outside: string): string {
  return visible(outside.slice(0, LONGEST_TEXT));
}

function upFor({ startedAt }: Activity, now: bigint): string {
  return clock(Math.max(0, Number((now - startedAt) / 1_000_000n)));
}
