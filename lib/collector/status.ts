/** What a running collection looks like at one moment, for the live table. */
import type { PerCPUBufferMetrics } from '../index';
import type { Consumer } from './consumer';
import type { CpuMeter, CpuPercent } from './cpu-meter';
import type { LatencyMicros } from './latency';
import type { CollectOptions } from './options';
import type { Sink } from './sinks';
import type { SourceThread } from './source-thread';
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
  /** What its rings and its overflow ring use is the highest seen since the status before. */
  readonly metrics: PerCPUBufferMetrics;
}

interface Parts {
  readonly sink: Sink;
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
    this.title = `${names.join(', ')} -> ${sink.kind === 'file' ? sink.path : sink.kind}`;
  }

  sample(): Status {
    const { sink, consumer, cpu, threads, startedAt } = this.parts;
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
      metrics: consumer.fill.takeMetrics(),
    };
  }
}
