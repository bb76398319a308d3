/** --grpc: the events of the run, and what it is at, for clients of EventService. */
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { EventBuffer, TapioError, type UnifiedEvent } from '../../index';
import { formatAddress, parseAddress, type ListenAddress } from '../listen-address';
import type { Export, ExportContext, ExportDefinition } from './export';
import type { GrpcOrder, GrpcReport } from './grpc-protocol';

/** Events that wait for the thread that serves them; the oldest give way. */
const CAPACITY = 16_384;

export const GRPC: ExportDefinition<ListenAddress> = {
  name: 'grpc',
  options: [],
  usage: `  --grpc ADDRESS    serves events by gRPC, for EventClient and tapio top, on
                    HOST:PORT, [IPV6]:PORT or, for this machine only, PORT;
                    without TLS; needs @grpc/grpc-js
`,
  parse: (value) => parseAddress('--grpc', value),
  open,
};

async function open(address: ListenAddress, context: ExportContext): Promise<Export> {
  const sampler = context.activity();
  const buffer = new EventBuffer(CAPACITY, { onFull: 'drop-oldest' });
  const clients = new SharedArrayBuffer(4);
  const order: GrpcOrder = {
    buffer: buffer.handle,
    address: formatAddress(address),
    clients,
    activity: sampler.latest(),
  };
  const worker = new Worker(path.join(__dirname, 'grpc-worker.js'), { workerData: order });
  const exited = once(worker, 'exit');
  const [report] = (await once(worker, 'message')) as [GrpcReport];
  if ('error' in report) {
    buffer.close();
    await worker.terminate();
    throw new TapioError(report.code as TapioError['code'], report.error);
  }
  worker.on('error', (error) => context.fail(error.message));
  const forget = sampler.onSample((activity) => worker.postMessage(activity));
  context.warn(`serving on ${formatAddress({ ...address, port: report.port })}`);
  const open = new Int32Array(clients);
  return {
    isTaking: () => Atomics.load(open, 0) > 0,
    take(event: UnifiedEvent) {
      try {
        buffer.put(event);
      } catch {
        // Larger than the buffer takes: no client gets it.
      }
    },
    counts: () => undefined,
    async close(hurry) {
      forget();
      buffer.close();
      worker.postMessage('stop');
      const abandon = (): void => void worker.terminate();
      hurry.addEventListener('abort', abandon);
      if (hurry.aborted) abandon();
      await exited;
      hurry.removeEventListener('abort', abandon);
    },
  };
}
