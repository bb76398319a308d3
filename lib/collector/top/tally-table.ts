/** Names and how many events they have, as tables of an exact width. */
import type { Tally } from '../../integrations/activity';
import { visible } from '../text/visible-text';
import { shortCount } from '../text/figures';
import { padCells } from '../text/cells';

const TITLES = { rate: 'rate/s', count: 'count' } as const;
export type Figure = keyof typeof TITLES;
const FIGURES = ['rate', 'count'] as const;

const LONGEST_NAME = 256;
/** Fewer columns have no room for two figures, or for long ones. */
const NARROW = 30;
const WIDE = 40;
/** Columns between two tables. */
const GAP = 2;

export interface TallyList {
  readonly title: string;
  readonly tallies: readonly Tally[];
}

/**
 * At most `rows` lines of `width` cells, the first of them with the titles; in the order given. A narrow one tells only the figure that
 * it is sorted by, as the names need the room. No name has a control character.
 */
export function tallyTable(
  { title, tallies }: TallyList,
  sort: Figure,
  width: number,
  rows: number,
): string[] {
  const shown = width < NARROW ? [sort] : FIGURES;
  const [cells, from] = width < WIDE ? [7, 1e4] : [12, 1e9];
  const line = (name: string, figures: readonly string[]): string =>
    padCells(name, width - figures.length * cells) +
    figures.map((figure) => padCells(figure, cells, 'right')).join('');
  return [
    line(
      title.toUpperCase(),
      shown.map((figure) => TITLES[figure]),
    ),
    ...tallies.slice(0, Math.max(0, rows - 1)).map((tally) =>
      line(
        visible(tally.name.slice(0, LONGEST_NAME)),
        shown.map((figure) => shortCount(tally[figure], from)),
      ),
    ),
  ];
}

/** The same side by side, as many lines as the longest of them. */
export function tallyTables(
  lists: readonly TallyList[],
  sort: Figure,
  width: number,
  rows: number,
): string[] {
  const each = Math.floor((width - GAP * (lists.length - 1)) / lists.length);
  const tables = lists.map((list) => tallyTable(list, sort, each, rows));
  const height = Math.max(0, ...tables.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    tables.map((lines) => lines[row] ?? ' '.repeat(each)).join(' '.repeat(GAP)),
  );
}
