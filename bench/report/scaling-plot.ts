/** Throughput over the number of threads, one line for each contender. */
import type { RowResult } from '../measure/result';
import { element, line, number, svg, text, ticks } from './svg';

const WIDTH = 860;
const HEIGHT = 340;
const LEFT = 70;
const RIGHT = 270;
const TOP = 34;
const BOTTOM = 50;
const OURS = ['#1b6ca8', '#0b3954'];
const COLOURS = ['#e07a1f', '#3b8f4a', '#a13d63', '#7a6c5d', '#8a8f98', '#c0a000', '#5b5ea6'];

/** @param rows of growing numbers of threads, each with that number */
export function scalingPlot(title: string, rows: readonly { threads: number; row: RowResult }[]): string {
  const rate = (ns: number): number => 1000 / ns;
  const names = [...new Set(rows.flatMap(({ row }) => row.contenders.map(({ name }) => name)))];
  const most = Math.max(...rows.flatMap(({ row }) => row.contenders.map(({ ns }) => rate(ns.min))));
  const widest = Math.max(...rows.map(({ threads }) => threads), 2);
  const marks = ticks(most);
  const end = marks[marks.length - 1];
  const x = (threads: number): number => LEFT + ((threads - 1) / (widest - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / end) * (HEIGHT - TOP - BOTTOM);
  const parts = [
    text(0, 16, title, { 'font-size': 14, 'font-weight': 600, class: 'ink' }),
    ...marks.flatMap((mark) => [
      line(LEFT, y(mark), WIDTH - RIGHT, y(mark), { class: 'grid' }),
      text(LEFT - 8, y(mark) + 4, number(mark), { 'text-anchor': 'end', class: 'ink' }),
    ]),
    ...rows.map(({ threads }) =>
      text(x(threads), HEIGHT - BOTTOM + 18, String(threads), { 'text-anchor': 'middle', class: 'ink' }),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, 'producers', { 'text-anchor': 'middle', class: 'ink' }),
    text(16, (TOP + HEIGHT - BOTTOM) / 2, 'million a second', {
      'text-anchor': 'middle',
      class: 'ink',
      transform: `rotate(-90 16 ${(TOP + HEIGHT - BOTTOM) / 2})`,
    }),
  ];
  let [ours, theirs] = [0, 0];
  for (const [i, name] of names.entries()) {
    const points = rows.flatMap(({ threads, row }) => {
      const contender = row.contenders.find((each) => each.name === name);
      return contender === undefined ? [] : [{ threads, contender }];
    });
    const mine = points[0].contender.ours;
    const colour = mine ? OURS[ours++ % OURS.length] : COLOURS[theirs++ % COLOURS.length];
    const path = points
      .map(({ threads, contender }) => `${x(threads)},${y(rate(contender.ns.median))}`)
      .join(' ');
    parts.push(
      element('polyline', { points: path, fill: 'none', stroke: colour, 'stroke-width': mine ? 3 : 1.5 }),
      ...points.flatMap(({ threads, contender: { ns } }) => [
        element('circle', { cx: x(threads), cy: y(rate(ns.median)), r: 3, fill: colour }),
        line(x(threads), y(rate(ns.min)), x(threads), y(rate(ns.max)), { stroke: colour }),
      ]),
      line(WIDTH - RIGHT + 16, TOP + 18 * i, WIDTH - RIGHT + 36, TOP + 18 * i, {
        stroke: colour,
        'stroke-width': mine ? 3 : 1.5,
      }),
      text(WIDTH - RIGHT + 42, TOP + 18 * i + 4, name, { class: 'ink', 'font-weight': mine ? 600 : 400 }),
    );
  }
  return svg(WIDTH, HEIGHT, parts);
}
