/** The thread of --grpc: serves what the run puts into its buffer, and what it tells of itself. */
import { parentPort, workerData } from 'node:worker_threads';
import { EventBuffer } from '../../index';
import type { Activity } from '../../integrations/activity';
import { EventService } from '../../integrations/grpc';
import { listen } from '../../integrations/grpc/listen';
import { MEMORY } from '../memory-plan';
import { GRPC_COUNTS, type GrpcOrder, type GrpcReport, type ToGrpc } from './grpc-protocol';

/** How often it is told who is there. */
const LOOK_MS = 50;
/** The run decides: it hurries. */
const PATIENCE_MS = 2 ** 31 - 1;

const { buffer, address, counts, activity } = workerData as GrpcOrder;
let latest: Activity = activity;

async function serve(): Promise<void> {
  const events = EventBuffer.attach(buffer);
  const service = new EventService({
    events,
    activity: () => latest,
    ...MEMORY.grpcService,
  });
  const server = await listen(service, address);
  const told = new BigInt64Array(counts);
  let left = 0;
  const tell = (): void => {
    const stats = service.getStats();
    // A client that comes later gets what happens later.
    if (stats.clients === 0) left += events.consume(() => undefined);
    const counts = { ...stats, left };
    GRPC_COUNTS.forEach((name, at) => Atomics.store(told, at, BigInt(counts[name])));
  };
  const timer = setInterval(tell, LOOK_MS);
  const stop = async (): Promise<void> => {
    await service.close({ timeoutMs: PATIENCE_MS });
    clearInterval(timer);
    tell();
    await server.close();
    // A connection that was shut down by force stays until the other side has read what is written.
    process.exit();
  };
  parentPort!.on('message', (message: ToGrpc) => {
    if (message === 'stop') void stop();
    else if (message === 'hurry') void service.close({ timeoutMs: 0 });
    else latest = message;
  });
  report({ port: server.port });
}

function report(report: GrpcReport): void {
  parentPort!.postMessage(report);
}

serve().catch((error: { code?: string; message: string }) => {
  report({ code: error.code, error: error.message });
});
