/** The end of a run: what was counted, whether the counts agree, and how both are shown. */
import type { PerCPUBufferMetrics } from '../../index';
import type { CorrelatedCounts } from '../delivery/correlation-outlet';
import type { CpuPercent } from '../measure/cpu-meter';
import type { ExportCounts, ServedCounts } from '../exports/export';
import type { LatencyMicros } from '../measure/latency';
import { LATENCY_SAMPLE } from '../delivery/consumer';
import type { Sink } from '../sinks/sink';
import type { SourceCounts } from '../sources/source-counters';
import { cellsOf, padCells } from '../text/cells';
import { visible } from '../text/visible-text';
import type { SourceThread } from '../sources/source-thread';
import { count, fit, micros, percent, shortCount } from '../text/figures';
import { flow } from '../text/flow';

export type SourceTotals = SourceCounts;

/** The object of `--json`. */
export interface Summary {
  readonly produced: number;
  readonly delivered: number;
  /** produced = delivered + dropped. */
  readonly dropped: number;
  /** The parts of `dropped`: refused by the buffer, as the sources count it, and taken by the sink but not delivered. */
  readonly droppedBy: { buffer: number; sink: number };
  readonly durationMs: number;
  /** Delivered. */
  readonly eventsPerSecond: number;
  readonly consumerCpuPercent: number;
  /** All threads of the process, in percent of one core. */
  readonly processCpuPercent: number;
  readonly latencyMicros: LatencyMicros;
  /** Events that went through the overflow ring. */
  readonly overflows: number;
  readonly sources: Record<string, SourceSummary>;
  /** With the source ebpf: events read from the kernel, and those it had no room to keep. */
  readonly kernel?: { readonly captured: number; readonly lost: number };
  /** With --correlate. These events are no part of the figures above. */
  readonly correlated?: CorrelatedCounts;
  /** By name, with exports. No part of the figures above: each of the events is also delivered or dropped there. */
  readonly exports?: Record<string, ExportSummary>;
  /** By name, with --grpc. No part of the figures above, either. */
  readonly served?: Record<string, ServedSummary>;
}

/** taken = delivered + dropped. */
type ExportSummary = Omit<ExportCounts, 'waiting' | 'note'>;

type ServedSummary = Omit<ServedCounts, 'clients'>;

interface SourceSummary {
  readonly produced: number;
  /** Refused by the buffer. */
  readonly dropped: number;
  readonly malformed: number;
  /** Events a second; of the synthetic source only. */
  readonly requestedRate?: number;
}

/** What people are told beside the figures. */
interface SummaryNotes {
  /** See CpuMeter.note. */
  readonly cpu: string;
  /** See Sink.lostBecause. */
  readonly lostBecause?: string;
  /** See rateShortfall. */
  readonly rate?: string;
  /** See ExportCounts.note. */
  readonly exports?: Readonly<Record<string, ExportCounts>>;
}

/** Counts of all workers of each source together. */
export function sumSources(threads: readonly SourceThread[]): Map<string, SourceTotals> {
  const totals = new Map<string, SourceTotals>();
  for (const { name, counters } of threads) {
    const counts = counters.read();
    const sum = totals.get(name);
    if (!sum) {
      totals.set(name, counts);
      continue;
    }
    sum.produced += counts.produced;
    sum.dropped += counts.dropped;
    sum.refused += counts.refused;
    sum.malformed += counts.malformed;
    sum.lost += counts.lost;
  }
  return totals;
}

function total(sources: ReadonlyMap<string, SourceTotals>, field: keyof SourceTotals): number {
  return [...sources.values()].reduce((sum, counts) => sum + counts[field], 0);
}

export function makeSummary(run: {
  durationMs: number;
  sources: ReadonlyMap<string, SourceTotals>;
  sink: Pick<Sink, 'delivered' | 'lost'>;
  cpu: CpuPercent;
  latency: LatencyMicros;
  metrics: PerCPUBufferMetrics;
  /** Asked of the synthetic source. */
  rate: number;
  correlated?: CorrelatedCounts;
  exported?: Readonly<Record<string, ExportCounts>>;
  served?: Readonly<Record<string, ServedCounts>>;
}): Summary {
  const kernel = run.sources.get('ebpf');
  const droppedBy = { buffer: total(run.sources, 'dropped'), sink: run.sink.lost };
  return {
    produced: total(run.sources, 'produced'),
    delivered: run.sink.delivered,
    dropped: droppedBy.buffer + droppedBy.sink,
    droppedBy,
    durationMs: Math.round(run.durationMs),
    eventsPerSecond: Math.round(run.sink.delivered / (Math.max(1, run.durationMs) / 1000)),
    consumerCpuPercent: run.cpu.thread,
    processCpuPercent: run.cpu.process,
    latencyMicros: run.latency,
    overflows: run.metrics.overflows,
    sources: Object.fromEntries(
      [...run.sources].map(([name, { produced, dropped, malformed }]) => [
        name,
        { produced, dropped, malformed, ...(name === 'synthetic' && { requestedRate: run.rate }) },
      ]),
    ),
    ...(kernel && { kernel: { captured: kernel.produced, lost: kernel.lost } }),
    ...(run.correlated && { correlated: run.correlated }),
    exports: byName(run.exported, ({ taken, delivered, dropped, retried }) => ({
      ...{ taken, delivered, dropped, retried },
    })),
    served: byName(run.served, ({ streamed, dropped, discarded }) => ({ streamed, dropped, discarded })),
  };
}

/** Undefined where there is none. */
function byName<C, S>(
  counts: Readonly<Record<string, C>> = {},
  shown: (counts: C) => S,
): Record<string, S> | undefined {
  const entries = Object.entries(counts).map(([name, of]) => [name, shown(of)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * One message for each pair of figures that must be equal and are not. The sources, the buffer and the sink
 * have each counted for themselves; an event lost or doubled anywhere between them shows.
 */
export function conservationErrors(
  sources: ReadonlyMap<string, SourceTotals>,
  sink: Pick<Sink, 'delivered' | 'lost'>,
  metrics: PerCPUBufferMetrics,
  correlated: CorrelatedCounts = { produced: 0, delivered: 0, dropped: 0, bursts: 0, chains: 0 },
  exported: Readonly<Record<string, ExportCounts>> = {},
): string[] {
  const produced = total(sources, 'produced');
  const dropped = total(sources, 'dropped');
  const equal: [string, number, string, number][] = [
    ['produced', produced, 'delivered + dropped', sink.delivered + dropped + sink.lost],
    ['events the sources had stored', produced - dropped, "the buffer's writes", metrics.writes],
    ['events the consumer took', sink.delivered + sink.lost, "the buffer's reads", metrics.reads],
    ['events refused to the sources', total(sources, 'refused'), "the buffer's dropped", metrics.dropped],
    ['events the buffer discarded', metrics.discarded, 'none asked for', 0],
    [
      'correlated events',
      correlated.produced,
      'delivered + dropped',
      correlated.delivered + correlated.dropped,
    ],
    ...Object.entries(exported).flatMap(([name, { taken, delivered, dropped: lost }]) => {
      const offered = sink.delivered + sink.lost + correlated.delivered + correlated.dropped;
      return [
        [`events that ${name} took`, taken, 'those of the sink', offered],
        [`events that ${name} took`, taken, 'delivered + dropped', delivered + lost],
      ] satisfies typeof equal;
    }),
  ];
  return equal
    .filter(([, left, , right]) => left !== right)
    .map(([what, left, other, right]) => `counts disagree: ${what} ${left}, ${other} ${right}`);
}

const LABEL = 15;
/** With fewer columns, labels have no column of their own. */
const WIDE = 40;
const INDENT = ' '.repeat(4);
/** Where a line may end: not between a figure and its unit, or what it is the figure of. */
const WORDS = /(?<!\bp\d\d) +(?!(?:%|[um]?s\b))/;

/** The lines for people. columns: of the terminal that shows them; what is longer goes on in another line. */
export function formatSummary(
  summary: Summary,
  types: [type: string, count: number][],
  notes: SummaryNotes,
  columns = Infinity,
): string[] {
  const { produced, delivered, dropped, droppedBy, latencyMicros, sources, correlated } = summary;
  const sign = produced === delivered + dropped ? '=' : 'is not';
  const rows: [string, string][] = [
    [
      'events',
      `${count(produced)} produced ${sign} ${count(delivered)} delivered + ${count(dropped)} dropped`,
    ],
    ...Object.entries(sources).map(([name, source]): [string, string] => [
      `  ${name}`,
      `${count(source.produced)} produced, ${count(source.dropped)} dropped` +
        (source.malformed > 0 ? `, ${count(source.malformed)} malformed, skipped` : ''),
    ]),
    ...optionalRow(
      '  sink',
      droppedBy.sink > 0 && `${count(droppedBy.sink)} not delivered (${notes.lostBecause})`,
    ),
    ...optionalRow('correlated', correlated && correlatedText(correlated)),
    ...Object.entries(summary.exports ?? {}).map(([name, counts]): [string, string] => [
      name,
      exportText(counts, notes.exports?.[name]?.note),
    ]),
    ...Object.entries(summary.served ?? {}).map(([name, counts]): [string, string] => [
      name,
      servedText(counts),
    ]),
    ['rate', rateText(summary)],
    ...optionalRow('', notes.rate),
    ['CPU', `consumer thread ${cpuText(summary.consumerCpuPercent, summary.durationMs)}${notes.cpu}`],
    ['', `all threads ${cpuText(summary.processCpuPercent, summary.durationMs)}`],
    ['latency', latencyText(latencyMicros)],
    ...optionalRow(
      'kernel',
      summary.kernel &&
        `${count(summary.kernel.captured)} captured, ${count(summary.kernel.lost)} lost before they could be read`,
    ),
    ['overflow', `${count(summary.overflows)} events went through the overflow ring`],
    ...typeRows(types, columns - (columns < WIDE ? INDENT.length : LABEL)),
  ];
  return ['', 'Summary', ...rows.flatMap(([label, text]) => row(label, visible(text), columns))];
}

function row(label: string, text: string, columns: number): string[] {
  const line = `  ${label}`.padEnd(LABEL) + text;
  if (cellsOf(line) <= columns) return [line];
  const words = text.split(WORDS);
  if (columns < WIDE)
    return flow([label === '' ? INDENT.slice(1) : `  ${label}`, ...words], columns, ' ', INDENT);
  return flow([`  ${label}`.padEnd(LABEL) + words[0], ...words.slice(1)], columns, ' ', ' '.repeat(LABEL));
}

/** A run that is over before a second says nothing of what goes on; its times are told as they are. */
const SHORTEST_FOR_RATES_MS = 1000;

function rateText({ delivered, eventsPerSecond, durationMs }: Summary): string {
  return durationMs < SHORTEST_FOR_RATES_MS
    ? `${count(delivered)} delivered in ${durationMs} ms, too short for a rate`
    : `${count(eventsPerSecond)} events/s delivered for ${(durationMs / 1000).toFixed(1)} s`;
}

function cpuText(ofCore: number, durationMs: number): string {
  return durationMs < SHORTEST_FOR_RATES_MS
    ? `${((ofCore / 100) * durationMs).toFixed(0)} ms`
    : `${percent(ofCore)} of a core`;
}

function latencyText({ p50, p99 }: LatencyMicros): string {
  return p50 === null
    ? `not measured: no event of the sample (1 of ${LATENCY_SAMPLE}) tells when it was put`
    : `p50 ${micros(p50)}, p99 ${micros(p99)}, put to delivery, 1 event of ${LATENCY_SAMPLE}`;
}

/** Of names, and of what stands behind them. */
const TYPE_COLUMNS = { least: 22, most: 42, figures: 23 };
const SHORT = 8;

/** room: columns. Where there is little, shares are left out. */
function typeRows(
  types: readonly [type: string, count: number][],
  room: number,
): [label: string, text: string][] {
  const { least, most, figures } = TYPE_COLUMNS;
  const taken = types.reduce((sum, [, events]) => sum + events, 0);
  // As long as it will be when it is shown.
  const names = types.map(([type]) => visible(type));
  const hasShares = room >= least + figures;
  const longest = Math.min(most, Math.max(least, ...names.map(cellsOf)));
  const width = hasShares ? Math.min(longest, room - figures) : room - SHORT;
  return types.map(([, events], index) => [
    index === 0 ? 'types' : '',
    padCells(fit(names[index], width), width) +
      (hasShares
        ? ` ${count(events).padStart(13)}  ${percent((events / taken) * 100).padStart(7)}`
        : shortCount(events, 1e6).padStart(SHORT)),
  ]);
}

function correlatedText({ produced, delivered, dropped, bursts, chains }: CorrelatedCounts): string {
  const sign = produced === delivered + dropped ? '=' : 'is not';
  return (
    `${count(bursts)} bursts + ${count(chains)} chains ${sign} ` +
    `${count(delivered)} delivered + ${count(dropped)} dropped`
  );
}

function exportText({ taken, delivered, dropped, retried }: ExportSummary, note?: string): string {
  const sign = taken === delivered + dropped ? '=' : 'is not';
  return (
    `${count(taken)} taken ${sign} ${count(delivered)} delivered + ${count(dropped)} dropped` +
    (retried > 0 ? `, ${count(retried)} retries` : '') +
    (dropped > 0 && note !== undefined ? ` (${note})` : '')
  );
}

function servedText({ streamed, dropped, discarded }: ServedSummary): string {
  return (
    `${count(streamed)} streamed to clients, ${count(dropped)} dropped for slow or gone ones` +
    (discarded > 0 ? `, ${count(discarded)} dropped for all` : '')
  );
}

function optionalRow(label: string, text: string | false | undefined): [label: string, text: string][] {
  return text ? [[label, text]] : [];
}
