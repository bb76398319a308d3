import type * as PromClient from 'prom-client';
import type { Activity } from '../activity';
import { loadPeer } from '../peer';

/** What a collector tells: read at each scrape. */
export interface ActivityFigures {
  activity(): Activity;
  /** Events of each type since the start; few enough for a label. */
  types(): readonly (readonly [type: string, count: number])[];
}

function promClient(): typeof PromClient {
  return loadPeer(
    'prom-client',
    '^15.0.0',
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    () => require('prom-client') as typeof PromClient,
  );
}

/** A registry of its own. @throws TapioError ERR_UNSUPPORTED without prom-client */
export function newRegistry(): PromClient.Registry {
  return new (promClient().Registry)();
}

/** Adds `tapio_collector_*` to a registry; docs/guides/see-it-live.md lists them. @throws TapioError ERR_UNSUPPORTED without prom-client */
export function addActivityMetrics(registry: PromClient.Registry, figures: ActivityFigures): void {
  const client = promClient();
  const gauge = (name: string, help: string, labelNames: string[], read: (gauge: PromClient.Gauge) => void) =>
    new client.Gauge({
      name: `tapio_collector_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        read(this);
      },
    });
  const counter = (
    name: string,
    help: string,
    labels: string[],
    read: (counter: PromClient.Counter) => void,
  ) =>
    new client.Counter({
      name: `tapio_collector_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset();
        read(this);
      },
    });
  counter('delivered_events_total', 'Events handed to the sink.', [], (all) =>
    all.inc(figures.activity().delivered),
  );
  counter('dropped_events_total', 'Events lost, in the buffer or by the sink.', [], (all) =>
    all.inc(figures.activity().dropped),
  );
  gauge('events_per_second', 'Events handed to the sink over the last second.', [], (rate) =>
    rate.set(figures.activity().rate),
  );
  gauge(
    'latency_seconds',
    'From put to delivery, over the last second, of a sample of the events.',
    ['quantile'],
    (quantiles) => {
      const { latency } = figures.activity();
      if (latency === undefined) return;
      quantiles.set({ quantile: '0.5' }, latency.p50 / 1e6);
      quantiles.set({ quantile: '0.99' }, latency.p99 / 1e6);
    },
  );
  gauge('start_time_seconds', 'When the run began, since the Unix epoch.', [], (start) =>
    start.set(Number(figures.activity().startedAt / 1_000_000n) / 1000),
  );
  counter('type_events_total', 'Events by type, the rest as (other).', ['type'], (types) => {
    for (const [type, count] of figures.types()) types.inc({ type }, count);
  });
}
