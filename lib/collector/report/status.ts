/** What a running collection looks like at one moment, for the live table. */
import type { PerCPUBufferMetrics } from '../../index';
import type { Tally } from '../../integrations/activity';
import type { ActivitySampler } from '../measure/activity-sampler';
import type { Consumer } from '../delivery/consumer';
import type { CpuMeter, CpuPercent } from '../measure/cpu-meter';
import type { ExportCounts, ServedCounts } from '../exports/export';
import type { Exports } from '../exports/exports';
import type { LatencyMicros } from '../measure/latency';
import type { CollectOptions } from '../options/collect-options';
import type { Sink } from '../sinks/sink';
import type { SourceThread } from '../sources/source-thread';
import { sumSources, type SourceTotals } from './summary';

export interface Status {
  /** For example `proc, synthetic (2 threads) -> none`. */
  readonly title: string;
  readonly elapsedMs: number;
  readonly durationMs: number | undefined;
  readonly sources: ReadonlyMap<string, SourceTotals>;
  /** Of the time since the status before: */
  readonly sourceRates: ReadonlyMap<string, number>;
  readonly eventsPerSecond: number;
  readonly cpu: CpuPercent;
  readonly cpuNote: string;
  readonly latency: LatencyMicros;
  /** Of the whole run: */
  readonly produced: number;
  readonly delivered: number;
  readonly dropped: number;
  /** By name; no part of the figures above. */
  readonly exports: Readonly<Record<string, ExportCounts>>;
  readonly served: Readonly<Record<string, ServedCounts>>;
  /** What had most events. */
  readonly types: readonly Tally[];
  readonly processes: readonly Tally[];
  /** What its rings and its overflow ring use is the highest seen since the status before. */
  readonly metrics: PerCPUBufferMetrics;
}

interface Parts {
  readonly sink: Sink;
  readonly exports: Exports;
  /** Of who is shown who does most. */
  readonly activity: ActivitySampler | undefined;
  readonly consumer: Consumer;
  readonly cpu: CpuMeter;
  readonly threads: readonly SourceThread[];
  readonly startedAt: number;
}

export class StatusSampler {
  private readonly title: string;
  private lastAt: number;
  private lastDelivered = 0;
  private lastProduced = new Map<string, number>();

  constructor(
    private readonly options: CollectOptions,
    private readonly parts: Parts,
  ) {
    this.lastAt = parts.startedAt;
    const { sources, workers, sink } = options;
    const names = sources.map((name) =>
      name === 'synthetic' && workers > 1 ? `${name} (${workers} threads)` : name,
    );
    const outputs = [
      sink.kind === 'file' ? sink.path : sink.kind,
      ...options.exports.map(({ name }) => name),
    ];
    this.title = `${names.join(', ')} -> ${outputs.join(', ')}`;
  }

  sample(): Status {
    const { sink, activity, consumer, cpu, threads, startedAt } = this.parts;
    const { types = [], processes = [] } = activity?.latest() ?? {};
    const now = performance.now();
    const perSecond = 1000 / Math.max(1, now - this.lastAt);
    const sources = sumSources(threads);
    const sourceRates = new Map<string, number>();
    let produced = 0;
    let dropped = sink.lost;
    for (const [name, totals] of sources) {
      sourceRates.set(name, (totals.produced - (this.lastProduced.get(name) ?? 0)) * perSecond);
      this.lastProduced.set(name, totals.produced);
      produced += totals.produced;
      dropped += totals.dropped;
    }
    const eventsPerSecond = (sink.delivered - this.lastDelivered) * perSecond;
    this.lastAt = now;
    this.lastDelivered = sink.delivered;
    return {
      title: this.title,
      elapsedMs: now - startedAt,
      durationMs: this.options.durationMs,
      sources,
      sourceRates,
      eventsPerSecond,
      cpu: cpu.sinceLast(),
      cpuNote: cpu.note,
      latency: consumer.latency.takeRecent(),
      produced,
      delivered: sink.delivered,
      dropped,
      exports: this.parts.exports.counts(),
      served: this.parts.exports.served(),
      types,
      processes,
      metrics: consumer.fill.takeMetrics(),
    };
  }
}
