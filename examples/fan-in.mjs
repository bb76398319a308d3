/**
 * Fan-in: four worker threads put into one buffer, this thread takes from it. A full buffer makes the workers wait (`onFull: 'block'`),
 * so nothing is lost, and what comes from one worker comes in its order.
 *
 *   node examples/fan-in.mjs
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { EventBuffer, createEvent } from '@tapio/performance';

const WORKERS = 4;
const EVENTS = 25_000;

if (isMainThread) await collect();
else produce(EventBuffer.attach(workerData.handle), workerData.name);

async function collect() {
  const buffer = new EventBuffer(8192, { onFull: 'block' });
  const workers = Array.from({ length: WORKERS }, (_, i) => {
    const data = { handle: buffer.handle, name: `worker-${i}` };
    return new Worker(fileURLToPath(import.meta.url), { workerData: data });
  });
  // A consumer's loop ends when the buffer is closed: by whoever knows that all have finished.
  const finished = Promise.all(workers.map((worker) => once(worker, 'exit'))).finally(() => buffer.close());

  const next = new Map();
  let misplaced = 0;
  for await (const batch of buffer.batches({ maxCount: 1024 })) {
    for (const { source, kernel } of batch) {
      const expected = next.get(source) ?? 0;
      if (kernel.pid !== expected) misplaced++;
      next.set(source, kernel.pid + 1);
    }
  }
  await finished; // rejects if one of them threw
  const { gets, rejected } = buffer.getStats();
  const each = [...next.keys()].sort().map((name) => `${name} ${next.get(name)}`);
  console.log(`${gets} events: ${each.join(', ')}; ${misplaced} out of order, ${rejected} rejected`);
}

function produce(buffer, source) {
  for (let pid = 0; pid < EVENTS; pid++)
    buffer.put(createEvent({ type: 'process.exec', source, kernel: { pid } }));
}
