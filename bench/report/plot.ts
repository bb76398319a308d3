/** A row as horizontal bars, each below its name, the spread of the repeats as a thin line over it. As narrow as a phone can show. */
import type { ContenderResult, RowResult } from '../measure/result';
import type { Spread } from '../measure/spread';
import { element, line, number, svg, text, ticks } from './svg';

const WIDTH = 480;
/** Room for the figure behind the longest bar. */
const RIGHT = 70;
const LABEL = 18;
const BAR = 14;
const PITCH = 40;
const TITLE_LINE = 20;
const TITLE_LETTERS = 58;
const BOTTOM = 40;

export interface Measure {
  /** What the axis says, with its unit. */
  readonly axis: string;
  of(contender: ContenderResult): Spread;
}

export const time: Measure = { axis: 'nanoseconds for one; less is better', of: ({ ns }) => ns };
export const latency: Measure = {
  axis: 'microseconds from put to delivery, median; less is better',
  of: ({ paced }) => paced!.p50,
};
export const consumerCpu: Measure = {
  axis: 'CPU of the consumer, percent of a core; less is better',
  of: ({ paced }) => paced!.consumer,
};
export const allCpu: Measure = {
  axis: 'CPU of all threads, percent of a core; less is better',
  of: ({ paced }) => paced!.all,
};

/** Words in lines of at most TITLE_LETTERS. */
function linesOf(title: string): string[] {
  const lines = [''];
  for (const word of title.split(' ')) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (longer.length <= TITLE_LETTERS) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

export function plot(row: RowResult, { axis, of }: Measure): string {
  const contenders = [...row.contenders].sort((a, b) => of(a).median - of(b).median);
  // One contender that is far off would flatten all others: its bar ends in an arrow.
  const medians = contenders.map((contender) => of(contender).median);
  const middle = medians[medians.length >> 1];
  const most = Math.max(
    ...contenders.map((c) => Math.min(of(c).max, Math.max(of(c).median, 2 * middle), 6 * middle)),
  );
  const marks = ticks(most || 1);
  const end = marks[marks.length - 1];
  const x = (value: number): number => 1 + (Math.min(value, end) / end) * (WIDTH - RIGHT);
  const title = linesOf(row.title);
  const top = TITLE_LINE * title.length + 8;
  const bottom = top + PITCH * contenders.length;
  const parts = [
    ...title.map((words, i) =>
      text(0, 16 + TITLE_LINE * i, words, { 'font-size': 15, 'font-weight': 600, class: 'ink' }),
    ),
    ...marks.flatMap((mark) => [
      line(x(mark), top, x(mark), bottom, { class: 'grid' }),
      text(x(mark), bottom + 15, number(mark), {
        'text-anchor': mark === 0 ? 'start' : 'middle',
        class: 'ink',
      }),
    ]),
    text(0, bottom + 34, axis, { class: 'ink' }),
  ];
  for (const [i, contender] of contenders.entries()) {
    const { min, median, max } = of(contender);
    const y = top + PITCH * i + LABEL;
    const centre = y + BAR / 2;
    parts.push(
      text(4, y - 4, contender.name, { class: 'ink', 'font-weight': contender.ours ? 600 : 400 }),
      element('rect', {
        x: x(0),
        y,
        width: Math.max(1, x(median) - x(0)),
        height: BAR,
        class: contender.ours ? 'ours' : 'theirs',
      }),
      line(x(min), centre, x(max), centre, { class: 'whisker' }),
      line(x(min), centre - 4, x(min), centre + 4, { class: 'whisker' }),
      line(x(max), centre - 4, x(max), centre + 4, { class: 'whisker' }),
      text(
        Math.max(x(median), x(max)) + 6,
        centre + 5,
        `${number(median)}${median > end || max > end ? ' →' : ''}`,
        { class: 'ink' },
      ),
    );
  }
  return svg(WIDTH, bottom + BOTTOM, parts, 14);
}
