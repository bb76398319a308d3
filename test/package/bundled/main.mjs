/** Bundled, and then run where there are no node_modules. The first line is not in the bundles that find a folder prebuilds. */
import '@tapio/performance/STATIC';
import assert from 'node:assert';
import { Worker } from 'node:worker_threads';
import { EventBuffer, RingBuffer } from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';

const COUNT = 1000;

const ring = new RingBuffer(8);
ring.put(new Uint8Array([7]));
assert.deepStrictEqual(Array.from(ring.get()), [7]);
const reader = createFormatReader('logfmt');
const [event] = [...reader.push('level=info msg=hello'), ...reader.end()];
assert.strictEqual(event.message, 'hello');

async function main() {
  const buffer = new EventBuffer(1024);
  // Its file is built beside this one, and its own entry of the bundle.
  const [own] = process.argv.slice(1);
  const worker = new Worker(own.replace(/main(\.\w+)$/, 'worker$1'), {
    workerData: { handle: buffer.handle, count: COUNT },
  });
  worker.on('error', (error) => {
    throw error;
  });
  let seen = 0;
  for await (const batch of buffer.batches()) seen += batch.length;
  assert.strictEqual(seen, COUNT);
  console.log(`${seen} events`);
}
void main();
