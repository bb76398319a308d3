/** Names and how many events they have, as tables of an exact width. */
import type { Tally } from '../../integrations/activity';
import { visible } from '../text/visible-text';
import { shortCount } from '../text/figures';
import { padCells } from '../text/cells';

const LONGEST_NAME = 256;
/** Columns between two tables. */
const GAP = 2;

export interface TallyList {
  readonly title: string;
  readonly tallies: readonly Tally[];
}

/** At most `rows` lines of `width` cells, the first of them with the titles; in the order given. No name has a control character. */
export function tallyTable({ title, tallies }: TallyList, width: number, rows: number): string[] {
  const figure = width < 40 ? 7 : 12;
  const line = (name: string, rate: string, all: string): string =>
    padCells(name, width - 2 * figure) + padCells(rate, figure, 'right') + padCells(all, figure, 'right');
  const from = width < 40 ? 1e4 : 1e9;
  return [
    line(title.toUpperCase(), 'rate/s', 'count'),
    ...tallies
      .slice(0, Math.max(0, rows - 1))
      .map(({ name, rate, count }) =>
        line(visible(name.slice(0, LONGEST_NAME)), shortCount(rate, from), shortCount(count, from)),
      ),
  ];
}

/** The same side by side, as many lines as the longest of them. */
export function tallyTables(lists: readonly TallyList[], width: number, rows: number): string[] {
  const each = Math.floor((width - GAP * (lists.length - 1)) / lists.length);
  const tables = lists.map((list) => tallyTable(list, each, rows));
  const height = Math.max(0, ...tables.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    tables.map((lines) => lines[row] ?? ' '.repeat(each)).join(' '.repeat(GAP)),
  );
}
