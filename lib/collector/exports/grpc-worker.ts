/** The thread of --grpc: serves what the run puts into its buffer, and what it tells of itself. */
import { parentPort, workerData } from 'node:worker_threads';
import { EventBuffer } from '../../index';
import type { Activity } from '../../integrations/activity';
import { EventService } from '../../integrations/grpc';
import { listen } from '../../integrations/grpc/listen';
import { MEMORY } from '../memory-plan';
import type { GrpcOrder, GrpcReport } from './grpc-protocol';

/** Between two looks at who is there. */
const LOOK_MS = 50;

const { buffer, address, clients, activity } = workerData as GrpcOrder;
let latest: Activity = activity;

async function serve(): Promise<void> {
  const service = new EventService({
    events: EventBuffer.attach(buffer),
    activity: () => latest,
    ...MEMORY.grpcService,
  });
  const server = await listen(service, address);
  const count = new Int32Array(clients);
  const look = setInterval(() => Atomics.store(count, 0, service.getStats().clients), LOOK_MS);
  const stop = async (): Promise<void> => {
    clearInterval(look);
    await service.close();
    server.close();
    parentPort!.unref();
  };
  parentPort!.on('message', (message: Activity | 'stop') => {
    if (message === 'stop') void stop();
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
