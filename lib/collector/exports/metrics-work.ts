import { collectMetrics } from '../../integrations/prometheus';
import { addActivityMetrics, newRegistry } from '../../integrations/prometheus/activity-metrics';
import type { ListenAddress } from '../command-line/listen-address';
import { PageServer } from '../page/page-server';
import { stateOf } from '../page/page-state';
import type { Export, ExportContext } from './export';

export async function openMetrics(
  address: ListenAddress,
  { buffer, activity, warn }: ExportContext,
): Promise<Export> {
  const registry = newRegistry();
  const sampler = activity();
  const collected = collectMetrics(registry, { buffers: { collector: buffer } });
  addActivityMetrics(registry, { activity: () => sampler.latest(), types: () => sampler.types() });
  const page = await PageServer.open(address, {
    metrics: async () => ({ type: registry.contentType, text: await registry.metrics() }),
    state: () => stateOf(sampler.latest()),
  });
  const forget = sampler.onSample(() => page.refresh());
  warn(`live page at ${page.url}, and /metrics`);
  return {
    counts: () => undefined,
    async close() {
      forget();
      collected.stop();
      await page.close();
    },
  };
}
