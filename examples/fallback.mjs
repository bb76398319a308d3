/**
 * A collector that must not wait: it puts into a small fast buffer, and what has no room there into a larger one, which gives up
 * its oldest events when it is full, too. Whatever happens, the counts add up.
 *
 *   node examples/fallback.mjs
 */
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { EventBuffer, PerCPUEventBuffer, createEvent } from '@tapio/performance';

const EVENTS = 200_000;

if (isMainThread) await collect();
else produce(PerCPUEventBuffer.attach(workerData.fast), EventBuffer.attach(workerData.fallback));

async function collect() {
  // One ring for each CPU, no larger than a CPU's cache, so that a put rarely leaves it.
  const fast = new PerCPUEventBuffer({ bufferSizePerCPU: 32_768, overflowSize: 32_768, slotSize: 256 });
  const fallback = new EventBuffer(16_384, { slotSize: 256, onFull: 'drop-oldest' });
  const data = { fast: fast.handle, fallback: fallback.handle };
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data });
  worker.once('message', () => [fast, fallback].forEach((buffer) => buffer.close()));

  // Each is read for itself: what comes to the fallback never waits for the fast one to get empty.
  const [direct, later] = await Promise.all([drain(fast), drain(fallback)]);
  const { discarded } = fallback.getStats();
  console.log(`${direct} by the fast buffer, ${later} by the fallback, ${discarded} given up`);
  console.log(`${direct + later + discarded} of ${EVENTS} accounted for`);
}

async function drain(buffer) {
  let count = 0;
  for await (const batch of buffer.batches({ maxCount: 1024 })) count += batch.length;
  return count;
}

function produce(fast, fallback) {
  for (let pid = 0; pid < EVENTS; pid++) {
    const event = createEvent({ type: 'process.exec', source: 'example', kernel: { pid } });
    if (!fast.tryPut(event)) fallback.put(event);
  }
  parentPort.postMessage('done');
}
