/** Time from an event's own timestamp to its delivery, of a sample of the events. */
import { createHistogram } from 'node:perf_hooks';

export interface LatencyMicros {
  /** null: no event with a usable timestamp was sampled. */
  readonly p50: number | null;
  readonly p99: number | null;
}

const HIGHEST_NS = 3_600_000_000_000;

export class LatencyRecorder {
  private readonly total = createHistogram({ lowest: 1, highest: HIGHEST_NS, figures: 3 });
  private readonly recent = createHistogram({ lowest: 1, highest: HIGHEST_NS, figures: 3 });

  record(nanoseconds: number): void {
    this.recent.record(Math.min(HIGHEST_NS, Math.max(1, Math.round(nanoseconds))));
  }

  /** Of what was recorded since the call before; then begins anew. */
  takeRecent(): LatencyMicros {
    const result = percentiles(this.recent);
    this.total.add(this.recent);
    this.recent.reset();
    return result;
  }

  /** Of the whole run. */
  all(): LatencyMicros {
    this.takeRecent();
    return percentiles(this.total);
  }
}

function percentiles(histogram: { count: number; percentile(p: number): number }): LatencyMicros {
  if (histogram.count === 0) return { p50: null, p99: null };
  const micros = (p: number): number => Math.round(histogram.percentile(p) / 100) / 10;
  return { p50: micros(50), p99: micros(99) };
}
