/**
 * The same in Fastify, by one hook: what has been answered becomes an event, with the route's pattern as its path, and errors with
 * what went wrong. The events leave as lines of JSON. GET /stats tells how full the buffer is.
 *
 *   npm install fastify
 *   node examples/fastify-service.mjs [PORT]   # default 8080; then: curl http://127.0.0.1:8080/orders/7
 */
import { once } from 'node:events';
import Fastify from 'fastify';
import { EventBuffer, createEvent, eventToJSON } from '@tapio/performance';

const events = new EventBuffer(8192);
const service = Fastify();

service.addHook('onResponse', async (request, reply) => {
  const network = {
    method: request.method,
    path: request.routeOptions.url, // /orders/:id, not /orders/7: few values
    statusCode: reply.statusCode,
    latencyNs: Math.round(reply.elapsedTime * 1e6),
    direction: 'ingress',
  };
  const severity = reply.statusCode >= 500 ? 'error' : 'info';
  const application = { requestId: request.id, message: request.failure?.message };
  events.tryPut(createEvent({ type: 'network.request', source: 'orders', severity, network, application }));
});
service.addHook('onError', async (request, _reply, error) => {
  request.failure = error;
});

service.get('/orders/:id', async ({ params }) => {
  if (!/^\d+$/.test(params.id)) throw new Error('an order has a number');
  return { id: Number(params.id) };
});
service.get('/stats', async () => events.getStats());
service.addHook('onClose', async () => events.close());
process.once('SIGTERM', () => service.close());

console.error(await service.listen({ port: Number(process.argv[2] ?? 8080), host: '127.0.0.1' }));
for await (const batch of events.batches({ maxCount: 256 })) {
  const lines = batch.map((event) => `${eventToJSON(event)}\n`).join('');
  if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
}
