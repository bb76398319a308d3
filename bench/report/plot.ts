/** A row as horizontal bars, the spread of the repeats as a thin line over each. */
import type { ContenderResult, RowResult } from '../measure/result';
import type { Spread } from '../measure/spread';
import { element, line, number, svg, text, ticks } from './svg';

const WIDTH = 920;
const LABELS = 400;
const RIGHT = 90;
const BAR = 16;
const PITCH = 26;
const TOP = 30;
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

export function plot(row: RowResult, { axis, of }: Measure): string {
  const contenders = [...row.contenders].sort((a, b) => of(a).median - of(b).median);
  const height = TOP + PITCH * contenders.length + BOTTOM;
  // One contender that is far off would flatten all others: its bar ends in an arrow.
  const medians = contenders.map((contender) => of(contender).median);
  const middle = medians[medians.length >> 1];
  const most = Math.max(
    ...contenders.map((c) => Math.min(of(c).max, Math.max(of(c).median, 2 * middle), 6 * middle)),
  );
  const marks = ticks(most || 1);
  const end = marks[marks.length - 1];
  const plotWidth = WIDTH - LABELS - RIGHT;
  const x = (value: number): number => LABELS + (Math.min(value, end) / end) * plotWidth;
  const bottom = TOP + PITCH * contenders.length;
  const parts = [
    text(0, 16, `${row.title}`, { 'font-size': 14, 'font-weight': 600, class: 'ink' }),
    ...marks.flatMap((mark) => [
      line(x(mark), TOP, x(mark), bottom, { class: 'grid' }),
      text(x(mark), bottom + 15, number(mark), { 'text-anchor': 'middle', class: 'ink' }),
    ]),
    text(LABELS + plotWidth / 2, bottom + 33, axis, { 'text-anchor': 'middle', class: 'ink' }),
  ];
  for (const [i, contender] of contenders.entries()) {
    const { min, median, max } = of(contender);
    const y = TOP + PITCH * i + (PITCH - BAR) / 2;
    const centre = y + BAR / 2;
    parts.push(
      text(LABELS - 8, centre + 4, contender.name, {
        'text-anchor': 'end',
        class: 'ink',
        'font-weight': contender.ours ? 600 : 400,
      }),
      element('rect', {
        x: LABELS,
        y,
        width: Math.max(1, x(median) - LABELS),
        height: BAR,
        class: contender.ours ? 'ours' : 'theirs',
      }),
      line(x(min), centre, x(max), centre, { class: 'whisker' }),
      line(x(min), centre - 4, x(min), centre + 4, { class: 'whisker' }),
      line(x(max), centre - 4, x(max), centre + 4, { class: 'whisker' }),
      text(
        Math.max(x(median), x(max)) + 6,
        centre + 4,
        `${number(median)}${median > end || max > end ? ' →' : ''}`,
        {
          class: 'ink',
        },
      ),
    );
  }
  return svg(WIDTH, height, parts);
}
