/**
 * The other side of grpc-server.mjs: a worker thread makes events and this one publishes them, or it looks in at what others publish.
 *
 *   npm install @grpc/grpc-js
 *   node examples/grpc-client.mjs publish [ADDRESS [NAME]]
 *   node examples/grpc-client.mjs watch [ADDRESS]     # errors only, until Ctrl+C
 */
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { EventBuffer, createEvent } from '@tapio/performance';
import { EventClient } from '@tapio/performance/grpc';

if (!isMainThread) produce(EventBuffer.attach(workerData.handle), workerData.name);
else await main(process.argv[2], process.argv[3] ?? '127.0.0.1:50051', process.argv[4] ?? 'host');

async function main(what, address, name) {
  const client = new EventClient(address);
  try {
    if (what === 'publish') await publish(client, name);
    else await watch(client);
  } finally {
    client.close();
  }
}

async function publish(client, name) {
  // A server that is slow fills it, and the worker waits: nothing is lost on the way.
  const buffer = new EventBuffer(4096, { onFull: 'block' });
  new Worker(fileURLToPath(import.meta.url), { workerData: { handle: buffer.handle, name } });
  const { accepted } = await client.publish(buffer.batches({ maxCount: 256 }));
  console.log(`${accepted} of ${buffer.getStats().puts} events accepted`);
}

async function watch(client) {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  const onDropped = (count) => console.log(`(${count} more)`);
  try {
    for await (const batch of client.stream({ minSeverity: 'error' }, { signal: stop.signal, onDropped }))
      // As JSON: text from elsewhere may hold what a terminal obeys.
      for (const { source, message } of batch) console.log(JSON.stringify({ source, message }));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

function produce(buffer, source) {
  for (let i = 0; i < 5000; i++) {
    const severity = i % 100 === 0 ? 'error' : 'info';
    buffer.put(createEvent({ type: 'application.log', source, severity, message: `line ${i}` }));
  }
  buffer.close();
}
