/** How full the rings got, as lines of the live table. */
import type { PerCPUBufferMetrics } from '../../index';
import { bar, percent, shortCount } from '../text/figures';
import { flow } from '../text/flow';
import { LABEL, WIDE } from './figure-lines';

/** With more CPUs than this, several share a row. */
const MOST_ROWS = 8;
const CELL = 16;

/** At most `most` lines, as many as the rings can use; told in short if these are more than there is `room` for. */
export function ringLines(metrics: PerCPUBufferMetrics, width: number, most: number, room: number): string[] {
  const head = width < WIDE ? 'Peak fill:' : 'Peak fill since the last update:';
  const each = [head, ...renderRings(metrics, width, most - 1)];
  if (each.length <= room) return each;
  const fullest = Math.max(0, ...metrics.cpus.map(({ utilization }) => utilization));
  return flow([`peak fill ${share(fullest)}`, `overflow ${share(overflowShare(metrics))}`], width);
}

/** Of the overflow ring. */
export function overflowShare({ overflowSize, overflowUsed }: PerCPUBufferMetrics): number {
  return overflowSize > 0 ? overflowUsed / overflowSize : 0;
}

function share(part: number): string {
  return percent(part * 100);
}

function renderRings(metrics: PerCPUBufferMetrics, width: number, rows: number): string[] {
  const { cpus, overflows } = metrics;
  const overflow = ringLine('overflow', overflowShare(metrics), overflows, width);
  if (cpus.length <= MOST_ROWS && cpus.length < rows) {
    const lines = cpus.map(({ cpu, utilization, writes }) =>
      ringLine(`ring cpu ${cpu}`, utilization, writes, width),
    );
    return [...lines, overflow];
  }
  // The fullest rings say most; they fill the rows there are.
  const label = width < WIDE ? '' : `${'rings'.padEnd(LABEL)} `;
  const perRow = Math.max(1, Math.floor((width - label.length) / CELL));
  const shown = [...cpus].sort((a, b) => b.utilization - a.utilization).slice(0, perRow * (rows - 1));
  const cells = shown.map(({ cpu, utilization }) => `cpu ${cpu} ${share(utilization)}`.padEnd(CELL));
  const lines: string[] = [];
  for (let start = 0; start < cells.length; start += perRow)
    lines.push(
      (start === 0 ? label : ' '.repeat(label.length)) + cells.slice(start, start + perRow).join(''),
    );
  return [...lines, overflow];
}

function ringLine(label: string, part: number, events: number, width: number): string {
  const used = share(part).padStart(7);
  const text = `${shortCount(events, 1e9)} events`;
  if (width >= WIDE) return `${label.padEnd(LABEL)} ${bar(part, width - LABEL - 30)} ${used}  ${text}`;
  // How full it is says more than how many went through it.
  return flow([`${label.padEnd(LABEL)}${used}`, text], width)[0];
}
