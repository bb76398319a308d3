/** --metrics: what the run is at, for Prometheus and for people with a browser. */
import { addActivityMetrics, newRegistry } from '../../integrations/prometheus/activity-metrics';
import { collectMetrics } from '../../integrations/prometheus';
import type { ActivitySampler } from '../activity-sampler';
import { parseAddress, type ListenAddress } from '../listen-address';
import { stateOf } from '../page/page-state';
import { PageServer } from '../page/page-server';
import type { Export, ExportContext, ExportDefinition } from './export';

export const metricsExport: ExportDefinition<ListenAddress> = {
  name: 'metrics',
  options: [],
  usage: `  --metrics ADDRESS serves /metrics for Prometheus and a live page at /, on
                    HOST:PORT, [IPV6]:PORT or, for this machine only, PORT;
                    needs prom-client
`,
  parse: (value) => parseAddress('--metrics', value),
  open,
};

async function open(address: ListenAddress, { buffer, activity, warn }: ExportContext): Promise<Export> {
  const registry = newRegistry();
  const sampler: ActivitySampler = activity();
  const collected = collectMetrics(registry, { buffers: { collector: buffer } });
  addActivityMetrics(registry, { activity: () => sampler.latest(), types: () => sampler.types() });
  const page = await PageServer.open(address, {
    metrics: async () => ({ type: registry.contentType, text: await registry.metrics() }),
    state: () => stateOf(sampler.latest()),
  });
  const forget = sampler.onSample(() => page.refresh());
  warn(`live page at ${page.url}, metrics at ${page.url}metrics`);
  return {
    counts: () => undefined,
    async close() {
      forget();
      collected.stop();
      await page.close();
    },
  };
}
