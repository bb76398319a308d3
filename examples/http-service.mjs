/**
 * A plain HTTP service that tells what it does: each request becomes an event. A put never waits, so the
 * requests do not notice; a worker thread does what takes time with the events. GET /stats tells how full the buffer is.
 *
 *   node examples/http-service.mjs [PORT]      # default 8080; then: curl http://127.0.0.1:8080/stats
 */
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { EventBuffer, createEvent } from '@tapio/performance';

if (isMainThread) await serve(Number(process.argv[2] ?? 8080));
else await watch(EventBuffer.attach(workerData));

async function serve(port) {
  const events = new EventBuffer(8192);
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: events.handle });
  const server = http.createServer((request, response) => {
    const start = process.hrtime.bigint();
    response.once('close', () => {
      const latencyNs = Number(process.hrtime.bigint() - start);
      const { method, url: path } = request;
      const network = { method, path, statusCode: response.statusCode, latencyNs, direction: 'ingress' };
      // Full: false, and counted in rejected. A service does not wait for those who watch it.
      events.tryPut(createEvent({ type: 'network.request', source: 'http-service', network }));
    });
    answer(request, response, events);
  });
  server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
  process.once('SIGTERM', () => server.close());
  await once(server, 'close');
  events.close();
  const [report] = await once(worker, 'message');
  console.log(report);
}

function answer({ url }, response, events) {
  if (url === '/stats') response.end(`${JSON.stringify(events.getStats())}\n`);
  else if (url === '/') response.end('hello\n');
  else response.writeHead(404).end('no such page\n');
}

async function watch(events) {
  const byStatus = new Map();
  for await (const batch of events.batches({ maxCount: 256 }))
    for (const { network } of batch)
      byStatus.set(network.statusCode, (byStatus.get(network.statusCode) ?? 0) + 1);
  parentPort.postMessage([...byStatus].map(([status, count]) => `${count} answers of ${status}`).join(', '));
}
