/** What is told of buffers and pools, whatever system of metrics asks: one table, and how each figure is read. */
import type { PerCPUBufferMetrics } from '../../buffers/per-cpu-metrics';
import type { BufferStats } from '../../buffers/stats';
import type { PoolStats } from '../../pools/object-pool';

export type Label = 'buffer' | 'priority' | 'cpu' | 'pool' | 'part';
export type Labels = Partial<Record<Label, string>>;

export interface Figure {
  /** Words with underscores, without `tapio_`; a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  /** A counter never goes back. */
  readonly kind: 'gauge' | 'counter';
  /** By UCUM, as OpenTelemetry has it. */
  readonly unit: string;
  readonly labels: readonly Label[];
  /** How the figures of several processes are made one. */
  readonly together: 'sum' | 'average' | 'max';
}

/** Takes one value of one figure. */
export type Tell = (figure: Figure, labels: Labels, value: number) => void;

interface Read<T> extends Figure {
  of(from: T): number;
}

function figure<T>(
  [name, unit, help]: readonly [string, string, string],
  labels: readonly Label[],
  of: (from: T) => number,
  together: Figure['together'] = 'sum',
): Read<T> {
  const kind = name.endsWith('_total') ? 'counter' : 'gauge';
  return { name, unit, help, kind, labels, of, together };
}

const OF_BUFFER: readonly Label[] = ['buffer', 'priority'];
const bufferFigures: readonly Read<BufferStats>[] = [
  figure(['buffer_size', '{slot}', 'Slots in use.'], OF_BUFFER, ({ size }) => size),
  figure(['buffer_capacity', '{slot}', 'Slots.'], OF_BUFFER, ({ capacity }) => capacity),
  figure(
    ['buffer_fill_ratio', '1', 'Slots in use / slots.'],
    OF_BUFFER,
    ({ fillRate }) => fillRate,
    'average',
  ),
  figure(['buffer_puts_total', '{event}', 'Events or records stored.'], OF_BUFFER, ({ puts }) => puts),
  figure(['buffer_gets_total', '{event}', 'Events or records taken.'], OF_BUFFER, ({ gets }) => gets),
  figure(
    ['buffer_rejected_total', '{event}', 'Events or records refused because the buffer was full.'],
    OF_BUFFER,
    ({ rejected }) => rejected,
  ),
  figure(
    ['buffer_discarded_total', '{event}', 'Events or records removed by clear, reset or drop-oldest.'],
    OF_BUFFER,
    ({ discarded }) => discarded,
  ),
  figure(
    ['buffer_high_watermark', '{slot}', 'Most slots in use so far.'],
    OF_BUFFER,
    ({ highWatermark }) => highWatermark,
    'max',
  ),
];

type Cpu = PerCPUBufferMetrics['cpus'][0];
const OF_CPU: readonly Label[] = ['buffer', 'cpu'];
const cpuFigures: readonly Read<Cpu>[] = [
  figure(['percpu_used_bytes', 'By', "Bytes in use of the CPU's ring."], OF_CPU, ({ used }) => used),
  figure(['percpu_capacity_bytes', 'By', "Bytes of the CPU's ring."], OF_CPU, ({ capacity }) => capacity),
  figure(['percpu_writes_total', '{event}', "Stored in the CPU's ring."], OF_CPU, ({ writes }) => writes),
  figure(
    ['percpu_rejected_total', '{event}', "Found the CPU's ring full."],
    OF_CPU,
    ({ rejected }) => rejected,
  ),
];

const OF_PERCPU: readonly Label[] = ['buffer'];
const perCpuFigures: readonly Read<PerCPUBufferMetrics>[] = [
  figure(
    ['percpu_overflows_total', '{event}', "Stored in the overflow ring, as the CPU's own was full."],
    OF_PERCPU,
    ({ overflows }) => overflows,
  ),
  figure(
    ['percpu_dropped_total', '{event}', 'Refused because the overflow ring was full, too.'],
    OF_PERCPU,
    ({ dropped }) => dropped,
  ),
  figure(
    ['percpu_discarded_total', '{event}', 'Removed by reset or drop-oldest.'],
    OF_PERCPU,
    ({ discarded }) => discarded,
  ),
  figure(['percpu_reads_total', '{event}', 'Taken.'], OF_PERCPU, ({ reads }) => reads),
  figure(
    ['percpu_overflow_used_bytes', 'By', 'Bytes in use of the overflow ring.'],
    OF_PERCPU,
    ({ overflowUsed }) => overflowUsed,
  ),
  figure(
    ['percpu_overflow_capacity_bytes', 'By', 'Bytes of the overflow ring.'],
    OF_PERCPU,
    ({ overflowSize }) => overflowSize,
  ),
];

const OF_POOL: readonly Label[] = ['pool'];
const poolFigures: readonly Read<PoolStats>[] = [
  figure(['pool_allocated', '{object}', 'Objects made so far.'], OF_POOL, ({ allocated }) => allocated),
  figure(['pool_in_use', '{object}', 'Objects handed out.'], OF_POOL, ({ inUse }) => inUse),
  figure(['pool_idle', '{object}', 'Objects that wait for reuse.'], OF_POOL, ({ idle }) => idle),
];

/** A part whose figures could not be read, and how often. */
export const readErrors = figure<number>(
  ['read_errors_total', '{error}', 'Times that the figures of a buffer or pool could not be read.'],
  ['part'],
  (count) => count,
);

export const figures: readonly Figure[] = [
  ...[...bufferFigures, ...cpuFigures, ...perCpuFigures, ...poolFigures],
  readErrors,
];

/** Tells all of `read` or, when one of them is no number, throws before it has told any. */
function tellAll<T>(read: readonly Read<T>[], from: T, labels: Labels, tell: Tell): void {
  const values = read.map((each) => each.of(from));
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new TypeError(`${read[bad].name} is ${String(values[bad])}`);
  read.forEach((each, i) => tell(each, labels, values[i]));
}

export function tellBuffer(stats: BufferStats, labels: Labels, tell: Tell): void {
  tellAll(bufferFigures, stats, labels, tell);
}

export function tellPerCpu(metrics: PerCPUBufferMetrics, buffer: string, tell: Tell): void {
  tellAll(perCpuFigures, metrics, { buffer }, tell);
  for (const each of metrics.cpus) tellAll(cpuFigures, each, { buffer, cpu: String(each.cpu) }, tell);
}

export function tellPool(stats: PoolStats, pool: string, tell: Tell): void {
  tellAll(poolFigures, stats, { pool }, tell);
}
