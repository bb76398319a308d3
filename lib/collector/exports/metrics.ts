/** --metrics: what the run is at, for Prometheus and for people with a browser. */
import { parseAddress, type ListenAddress } from '../command-line/listen-address';
import type { ExportDefinition } from './export';

export const metricsExport: ExportDefinition<ListenAddress> = {
  name: 'metrics',
  memory: 5,
  options: [],
  usage: `  --metrics ADDRESS serves /metrics for Prometheus and a live page at /, on
                    HOST:PORT, [IPV6]:PORT or, for this machine only, PORT;
                    needs prom-client
`,
  parse: (value) => parseAddress('--metrics', value),
  // Loaded only where it is asked for: a server of HTTP takes long to load.
  open: async (address, context) => {
    const { openMetrics } = await import('./metrics-work.js');
    return openMetrics(address, context);
  },
};
