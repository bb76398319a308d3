import type * as PromClient from 'prom-client';
import { checkOptions, invalidArgument } from '../../validate';
import { loadPeer } from '../peer';
import { Watched, type WatchedParts } from '../metrics/watched';
import { MetricsOfParts } from './metrics-of-parts';

export interface CollectOptions {
  /** Goes before every name, which stays `tapio_...` behind it; default none. */
  prefix?: string;
}

interface Shared {
  readonly watched: Watched;
  readonly metrics: MetricsOfParts;
}

/** By registry and prefix, as a name can be registered once only. */
const collections = new WeakMap<PromClient.Registry, Map<string, Shared>>();

/**
 * Tells the figures of buffers and pools in a registry of prom-client 15, read when it is scraped: nothing is added to puts and
 * takes. A PerCPU buffer has `tapio_percpu_*`, other buffers `tapio_buffer_*`, pools `tapio_pool_*`; docs/guides/prometheus.md lists
 * them. Buffers that other threads fill and drain tell the figures of all threads. Several calls may share a registry.
 *
 * A part that throws, or tells what is no number, is left out of that scrape and counted in `tapio_read_errors_total`. A buffer
 * that is closed and drained is left out from then on.
 *
 * @returns `stop`, which takes the figures of this call out of the registry; idempotent
 * @throws TapioError ERR_UNSUPPORTED without prom-client, ERR_INVALID_ARGUMENT for a bad argument, or a name that this registry has
 *   already
 */
export function collectMetrics(
  registry: PromClient.Registry,
  what: WatchedParts,
  options?: CollectOptions,
): { stop(): void } {
  const { prefix = '' } = checkOptions(options);
  if (typeof prefix !== 'string' || !/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix))
    throw invalidArgument('prefix', prefix, 'the beginning of a metric name: letters, digits, _ and :');
  if (typeof (registry as Partial<PromClient.Registry> | null | undefined)?.registerMetric !== 'function')
    throw invalidArgument('registry', registry, 'a Registry of prom-client');
  const client = loadPeer(
    'prom-client',
    '^15.0.0',
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    () => require('prom-client') as typeof PromClient,
  );
  const ofRegistry = collections.get(registry) ?? new Map<string, Shared>();
  const shared = ofRegistry.get(prefix) ?? collection(client, registry, prefix);
  const forget = shared.watched.add(what);
  ofRegistry.set(prefix, shared);
  collections.set(registry, ofRegistry);
  try {
    shared.metrics.register();
  } catch (error) {
    forget();
    throw error;
  }
  return {
    stop() {
      forget();
      if (!shared.watched.isEmpty) return;
      shared.metrics.unregister();
      if (ofRegistry.get(prefix) === shared) ofRegistry.delete(prefix);
    },
  };
}

function collection(client: typeof PromClient, registry: PromClient.Registry, prefix: string): Shared {
  const watched = new Watched();
  return { watched, metrics: new MetricsOfParts(client, registry, prefix, watched) };
}
