/**
 * Fan-out: events of one stream go to three worker threads by their process, so that all of one process are in one place, in order,
 * and each worker can keep its state without asking the others.
 *
 *   node examples/fan-out.mjs
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { EventBuffer, FanOut, createEvent } from '@tapio/performance';

const PROCESSES = 30;

if (isMainThread) await distribute();
else await count(EventBuffer.attach(workerData));

async function distribute() {
  const input = new EventBuffer(4096);
  const outputs = [0, 1, 2].map(() => new EventBuffer(1024));
  const reports = outputs.map(async ({ handle }) => {
    const [report] = await once(
      new Worker(fileURLToPath(import.meta.url), { workerData: handle }),
      'message',
    );
    return report;
  });
  // Moves all from the input, waits for an output that is full, and closes the outputs when the input has ended.
  const running = new FanOut(outputs, ({ kernel }) => kernel.pid).run(input);
  for (let i = 0; i < 30_000; i++) {
    const kernel = { pid: i % PROCESSES, args: { step: String(i) } };
    await input.putAsync(createEvent({ type: 'kernel.syscall', source: 'example', kernel }));
  }
  input.close();
  await running;
  for (const [i, report] of (await Promise.all(reports)).entries()) console.log(`worker ${i}: ${report}`);
}

async function count(buffer) {
  const lastStep = new Map();
  let events = 0;
  let misplaced = 0;
  for await (const batch of buffer.batches()) {
    for (const { kernel } of batch) {
      const step = Number(kernel.args.step);
      if (step < (lastStep.get(kernel.pid) ?? -1)) misplaced++;
      lastStep.set(kernel.pid, step);
      events++;
    }
  }
  parentPort.postMessage(`${events} events of ${lastStep.size} processes, ${misplaced} out of order`);
}
