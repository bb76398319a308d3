/** A single executable: the addon and the worker are assets of it. */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const sea = require('node:sea');
const { Worker } = require('node:worker_threads');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'app-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true }));
// Workers of this process inherit the variable.
process.env.TAPIO_BINARY = path.join(folder, 'tapio.node');
fs.writeFileSync(process.env.TAPIO_BINARY, new Uint8Array(sea.getRawAsset('tapio.node')));
const { EventBuffer } = require('@tapio/performance');

async function main() {
  const buffer = new EventBuffer(1024);
  const workerData = { handle: buffer.handle, count: 1000 };
  const worker = new Worker(sea.getAsset('worker.cjs', 'utf8'), { eval: true, workerData });
  worker.on('error', (error) => {
    throw error;
  });
  let seen = 0;
  for await (const batch of buffer.batches()) seen += batch.length;
  console.log(`${seen} events`);
}
void main();
