import type * as PromClient from 'prom-client';
import { invalidArgument } from '../../validate';
import { type Figure, figures } from '../metrics/figures';
import type { Watched } from '../metrics/watched';

type Metric = PromClient.Gauge | PromClient.Counter;

/**
 * One metric of prom-client for each figure; all are set together, once for each scrape, by whichever is asked first.
 *
 * Threads: that of the registry. Guaranteed: a label set that is not told in a scrape is gone from it. Memory: held by the registry
 * while registered.
 */
export class MetricsOfParts {
  readonly #metrics: ReadonlyMap<Figure, { readonly name: string; readonly metric: Metric }>;
  readonly #registry: PromClient.Registry;
  readonly #prefix: string;
  readonly #watched: Watched;
  #isFresh = false;

  constructor(client: typeof PromClient, registry: PromClient.Registry, prefix: string, watched: Watched) {
    this.#registry = registry;
    this.#prefix = prefix;
    this.#watched = watched;
    const collect = (): void => this.#refresh();
    this.#metrics = new Map(
      figures.map((figure) => {
        const { help, kind, labels, together: aggregator } = figure;
        const name = `${prefix}tapio_${figure.name}`;
        const config = { name, help, labelNames: labels, aggregator, registers: [], collect };
        const metric = kind === 'gauge' ? new client.Gauge(config) : new client.Counter(config);
        return [figure, { name, metric }];
      }),
    );
  }

  /** Idempotent, and undone as a whole when one of the names is another metric's. @throws TapioError ERR_INVALID_ARGUMENT */
  register(): void {
    const all = [...this.#metrics.values()];
    const taken = all.find(({ name, metric }) => ![undefined, metric].includes(this.#registered(name)));
    if (taken !== undefined)
      throw invalidArgument('prefix', this.#prefix, `one for which ${taken.name} is free in this registry`);
    for (const { name, metric } of all)
      if (this.#registered(name) === undefined) this.#registry.registerMetric(metric);
  }

  unregister(): void {
    for (const { name, metric } of this.#metrics.values())
      if (this.#registered(name) === metric) this.#registry.removeSingleMetric(name);
  }

  #registered(name: string): Metric | undefined {
    return this.#registry.getSingleMetric(name) as Metric | undefined;
  }

  #refresh(): void {
    if (this.#isFresh) return;
    // A registry asks all metrics of a scrape before it waits for the first answer.
    this.#isFresh = true;
    queueMicrotask(() => (this.#isFresh = false));
    for (const { metric } of this.#metrics.values()) metric.reset();
    this.#watched.read((figure, labels, value) => {
      const { metric } = this.#metrics.get(figure)!;
      if ('set' in metric) metric.set(labels, value);
      else metric.inc(labels, value);
    });
  }
}
