/**
 * Fan-in by gRPC: takes the events that other processes and machines publish, counts them, and shows them to whoever looks in. A
 * publisher waits while the buffer is full; one that looks in and is slow loses the oldest.
 *
 *   npm install @grpc/grpc-js
 *   node examples/grpc-server.mjs [ADDRESS]    # default 127.0.0.1:50051; beyond loopback with TLS and a token
 */
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { EventBuffer } from '@tapio/performance';
import { EventService } from '@tapio/performance/grpc';

const published = new EventBuffer(8192);
// What has not been looked at is of no use later.
const shown = new EventBuffer(8192, { onFull: 'drop-oldest' });
const service = new EventService({ publishTo: published, events: shown });
const server = new Server();
service.addTo(server);

const bind = promisify(server.bindAsync.bind(server));
console.log(`port ${await bind(process.argv[2] ?? '127.0.0.1:50051', ServerCredentials.createInsecure())}`);
process.once('SIGTERM', async () => {
  await service.close(); // what has been answered is in the buffer
  server.tryShutdown(() => {}); // clients have the ends of their streams
  setTimeout(() => process.exit(), 1000).unref(); // but for those that read nothing
  published.close();
});

const bySource = new Map();
for await (const batch of published.batches({ maxCount: 256 })) {
  for (const { source } of batch) bySource.set(source, (bySource.get(source) ?? 0) + 1);
  shown.putBatch(batch);
}
for (const [source, count] of [...bySource].sort()) console.log(`${source}: ${count} events`);
