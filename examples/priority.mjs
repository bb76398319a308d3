/**
 * Priority: a worker floods a buffer that has room for a tenth of it, with a few critical events among the rest. All critical ones
 * arrive, first; what is lost is debug, and counted.
 *
 *   node examples/priority.mjs
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { PriorityBuffer, createEvent } from '@tapio/performance';

if (isMainThread) await collect();
else produce(PriorityBuffer.attach(workerData));

async function collect() {
  // Each level has a ring of its own, so a flood of one takes no room from another.
  const buffer = new PriorityBuffer({ critical: 256, high: 256, normal: 256, low: 1024 });
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: buffer.handle });
  await once(worker, 'exit'); // a consumer that is late: the whole flood is over when it begins
  buffer.close();

  const order = [];
  for await (const batch of buffer.batches({ maxCount: 64 }))
    for (const { severity } of batch) if (severity !== order.at(-1)) order.push(severity);
  console.log(`order: ${order.join(', ')}`);
  for (const [level, { gets, rejected }] of Object.entries(buffer.getStats()))
    console.log(`${level}: ${gets} arrived, ${rejected} refused`);
}

function produce(buffer) {
  for (let i = 0; i < 10_000; i++) {
    const severity = i % 100 === 0 ? 'critical' : i % 50 === 0 ? 'warning' : 'debug';
    buffer.tryPut(createEvent({ type: 'application.log', source: 'example', severity }));
  }
}
