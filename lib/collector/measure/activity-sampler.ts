/** What a running collection tells of itself, measured once a second for all who ask. */
import type { PerCPUEventBuffer } from '../../index';
import type { Activity, Tally } from '../../integrations/activity';
import { ActivityMeter } from './activity-meter';
import type { LatencyMicros } from './latency';
import { NameTally } from './name-tally';

const INTERVAL_MS = 1000;
/** Names of each kind. */
const MOST_TOLD = 10;

/** Counts since the start of the run. */
export interface ActivitySource {
  readonly types: NameTally;
  delivered(): number;
  dropped(): number;
}

const NOTHING: ActivitySource = { types: new NameTally(), delivered: () => 0, dropped: () => 0 };

/** One thread's. Its timer keeps no process alive. */
export class ActivitySampler {
  readonly meter: ActivityMeter;
  private source = NOTHING;
  private startedAt: bigint;
  private current: Activity | undefined;
  private sampledAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private before: Record<'types' | 'processes' | 'containers', ReadonlyMap<string, number>>;
  private readonly listeners = new Set<(activity: Activity) => void>();

  constructor(buffer: PerCPUEventBuffer) {
    this.meter = new ActivityMeter(buffer);
    this.startedAt = BigInt(Date.now()) * 1_000_000n;
    this.before = { types: new Map(), processes: new Map(), containers: new Map() };
  }

  /** startedAt: nanoseconds since the epoch. */
  start(source: ActivitySource, startedAt: bigint): void {
    this.source = source;
    this.startedAt = startedAt;
    this.sampledAt = performance.now();
    this.current = undefined;
    this.timer = setInterval(() => this.refresh(), INTERVAL_MS);
    this.timer.unref();
  }

  /** At most a second old. It must not be changed. */
  latest(): Activity {
    return (this.current ??= this.sample());
  }

  /** Of the whole run, also the types that are not among the most frequent; bounded in number. */
  types(): [type: string, count: number][] {
    return this.source.types.top(Infinity);
  }

  /** Calls with each new one. The result ends that. */
  onSample(listener: (activity: Activity) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Idempotent. The latest one stays. */
  stop(): void {
    clearInterval(this.timer);
    this.listeners.clear();
  }

  private refresh(): void {
    this.current = this.sample();
    for (const listener of this.listeners) listener(this.current);
  }

  private sample(): Activity {
    const now = performance.now();
    const perSecond = 1000 / Math.max(1, now - this.sampledAt);
    this.sampledAt = now;
    const { meter, source } = this;
    const delivered = source.delivered();
    const { cpus, overflowUsed, overflowSize } = meter.fill.takeMetrics();
    return {
      startedAt: this.startedAt,
      delivered,
      dropped: source.dropped(),
      rate: (delivered - (this.current?.delivered ?? 0)) * perSecond,
      latency: told(meter.latency.takeRecent()),
      fill: [
        ...cpus.map(({ cpu, utilization }) => ({ name: `cpu ${cpu}`, ratio: utilization })),
        { name: 'overflow', ratio: overflowSize > 0 ? overflowUsed / overflowSize : 0 },
      ],
      types: this.most('types', source.types, perSecond),
      processes: this.most('processes', meter.processes, perSecond),
      containers: this.most('containers', meter.containers, perSecond),
    };
  }

  /** The names with most events in all, most first. */
  private most(kind: keyof typeof this.before, tally: NameTally, perSecond: number): Tally[] {
    const before = this.before[kind];
    const counts = (this.before[kind] = tally.snapshot());
    return [...counts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, MOST_TOLD)
      .map(([name, count]) => ({ name, count, rate: (count - (before.get(name) ?? 0)) * perSecond }));
  }
}

function told({ p50, p99 }: LatencyMicros): Activity['latency'] {
  return p50 === null || p99 === null ? undefined : { p50, p99 };
}
