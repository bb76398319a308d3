/** --grpc: the events of the run, and what it is at, for clients of EventService. */
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { EventBuffer, TapioError, type UnifiedEvent } from '../../index';
import { isTapioError } from '../../errors';
import { formatAddress, parseAddress, type ListenAddress } from '../listen-address';
import type { Export, ExportContext, ExportDefinition } from './export';
import type { GrpcOrder, GrpcReport } from './grpc-protocol';

/** Events that wait for the thread that serves them; the oldest give way. */
const CAPACITY = 16_384;
/** Put at once: each put may wake that thread, at the cost of this one. */
const BATCH = 256;
/** Longest time that an event waits for a batch. */
const BATCH_MS = 10;

export const grpcExport: ExportDefinition<ListenAddress> = {
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
  const worker = new Worker(path.join(__dirname, 'grpc-worker.js'), {
    workerData: order,
    name: 'grpc',
    // The library would print what is told here.
    env: { GRPC_VERBOSITY: 'NONE', ...process.env },
  });
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
  let waiting: UnifiedEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    putAll(buffer, waiting);
    waiting = [];
  };
  return {
    isTaking: () => Atomics.load(open, 0) > 0,
    take(event: UnifiedEvent) {
      waiting.push(event);
      if (waiting.length >= BATCH) flush();
      else timer ??= setTimeout(flush, BATCH_MS);
    },
    counts: () => undefined,
    async close(hurry) {
      forget();
      flush();
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

/** Leaves out those that are larger than the buffer takes. */
function putAll(buffer: EventBuffer, events: readonly UnifiedEvent[]): void {
  for (let next = 0; next < events.length; next++) {
    try {
      buffer.putBatch(next === 0 ? events : events.slice(next));
      return;
    } catch (error) {
      if (!isTapioError(error, 'ERR_EVENT_TOO_LARGE')) throw error;
      next += error.stored ?? 0;
    }
  }
}
