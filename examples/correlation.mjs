/**
 * Correlates events by urgency: a worker thread reports what a host does into a PriorityBuffer, this thread takes the most urgent
 * first, and a Correlator finds what belongs together.
 *
 *   node examples/correlation.mjs
 */
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { PriorityBuffer, createEvent } from '@tapio/performance';
import { Correlator } from '@tapio/performance/correlation';

if (isMainThread) await correlate();
else report(PriorityBuffer.attach(workerData));

async function correlate() {
  // A critical event never waits behind a flood of mild ones, and finds room of its own.
  const events = new PriorityBuffer({ critical: 256, high: 1024, normal: 1024, low: 8192 });
  const found = new PriorityBuffer({ critical: 256, high: 1024, normal: 1024 });
  const correlator = new Correlator({ windowMs: 2000, burstEvents: 20 });
  new Worker(fileURLToPath(import.meta.url), { workerData: events.handle });

  for await (const batch of events.batches({ maxCount: 1024 })) {
    for (const event of batch) for (const correlated of correlator.observe(event)) found.tryPut(correlated);
    for (let next = found.tryGet(); next; next = found.tryGet()) {
      const { groupId, pattern, relatedEvents } = next.correlation;
      console.log(
        `[${next.severity}] ${groupId} ${pattern}, ${relatedEvents.length} events: ${next.message}`,
      );
    }
  }
  const { observed, bursts, chains } = correlator.getStats();
  console.log(`${observed} events observed: ${bursts} burst, ${chains} chain`);
}

/** What an agent would see of a host: a program that starts, cannot reach its database and fails; a pod under load. */
function report(events) {
  const payments = { pid: 4242, comm: 'payments' };
  const pod = { type: 'pod', namespace: 'shop', name: 'cart-7d4f' };
  const put = (type, fields) => events.put(createEvent({ type, source: 'example', ...fields }));
  put('process.exec', { kernel: payments });
  put('tcp.open', { kernel: payments, network: { destIP: '10.0.0.7', destPort: 5432, direction: 'egress' } });
  for (let i = 0; i < 300; i++) put('network.request', { entity: pod, network: { statusCode: 200 } });
  put('application.log', { severity: 'critical', kernel: payments, message: 'database unreachable' });
  events.close();
}
