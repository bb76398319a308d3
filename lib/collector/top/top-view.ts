/** The view of `tapio top` as text of an exact size. */
import type { Activity } from '../../integrations/activity';
import { visible } from '../text/visible-text';
import { bar, clock, count, micros, percent, shortCount } from '../text/figures';
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
/** From this many rows on, the fill is told by bars. */
const TALL = 14;
const LONGEST_TEXT = 256;

/** Exactly `rows` lines of `columns` cells; the first and the last are title and foot. Whatever the names are, none has a control character. */
export function renderTop(state: TopState, columns: number, rows: number): string[] {
  const head = [title(state, columns), ...figures(state, columns), ...fill(state, columns, rows)];
  const body = lists(state, columns, rows - head.length - 1);
  const lines = [...head, ...body].slice(0, Math.max(0, rows - 1));
  while (lines.length < rows - 1) lines.push('');
  lines.push(foot(state, columns));
  return lines.map((line) => padCells(line, columns)).slice(-rows);
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

function title(state: TopState, columns: number): string {
  const right = `${state.isPaused ? 'paused  ' : ''}up ${upFor(state.activity, state.now)} `;
  return padCells(` tapio top  ${text(state.address)}`, columns - right.length) + right;
}

function figures({ activity, rates, isUnicode }: TopState, columns: number): string[] {
  const { rate, delivered, dropped, latency } = activity;
  const rateText = `events/s  ${count(rate)}`.padEnd(columns < WIDE ? 20 : 24);
  const first = `${rateText} ${sparkline(rates, columns - rateText.length - 1, isUnicode)}`;
  const times = `p50 ${micros(latency?.p50 ?? null)}  p99 ${micros(latency?.p99 ?? null)}`;
  if (columns < WIDE) {
    return [first, `delivered ${shortCount(delivered, 1e6)}  dropped ${shortCount(dropped, 1e6)}`, times];
  }
  return [first, `delivered ${count(delivered)}  dropped ${count(dropped)}  latency ${times}`];
}

function fill({ activity }: TopState, columns: number, rows: number): string[] {
  // The fullest say most, where not all have room; the overflow ring, told last, always has.
  const cpus = activity.fill.filter(({ name }) => name !== 'overflow');
  const overflow = activity.fill.filter(({ name }) => name === 'overflow').slice(0, 1);
  const perRow = Math.max(1, Math.floor(columns / 38));
  const most = rows < TALL ? 8 : Math.max(1, Math.floor((rows - 8) / 3)) * perRow;
  const fullest = [...cpus].sort((a, b) => b.ratio - a.ratio).slice(0, Math.max(1, most - overflow.length));
  const shown = [...cpus.filter((each) => fullest.includes(each)), ...overflow];
  const share = (ratio: number): number => (ratio >= 0 ? Math.min(1, ratio) : 0);
  if (rows < TALL) {
    const byRatio = [...overflow, ...fullest];
    const cells = byRatio.map(({ name, ratio }) => `  ${text(name)} ${Math.round(share(ratio) * 100)}%`);
    let line = 'fill';
    for (const cell of cells) if (line.length + cell.length <= columns) line += cell;
    return rows < 8 ? [] : [line];
  }
  const width = Math.floor(columns / perRow) - 2;
  const cells = shown.map(({ name, ratio }) => {
    const used = percent(share(ratio) * 100).padStart(8);
    return `${padCells(text(name), 8)} ${bar(share(ratio), Math.max(4, width - 9 - used.length))}${used}`;
  });
  const lines: string[] = [''];
  for (let at = 0; at < cells.length; at += perRow) lines.push(cells.slice(at, at + perRow).join('    '));
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
  if (columns < WIDE) return ' q quit  space pause  t p c  s sort';
  const next = sort === 'rate' ? 'count' : 'rate';
  return ` q quit  space pause  t types  p processes  c containers  a all  s by ${next}`;
}

/** Of whom nothing is known. */
function text(outside: string): string {
  return visible(outside.slice(0, LONGEST_TEXT));
}

function upFor({ startedAt }: Activity, now: bigint): string {
  return clock(Math.max(0, Number((now - startedAt) / 1_000_000n)));
}
