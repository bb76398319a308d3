/**
 * Pipeline: two worker threads read lines of a log, this thread parses, enriches and filters them and writes what is left to a file, in
 * stages with bounded queues between them. A slow stage holds up the workers instead of filling the memory.
 *
 *   node examples/pipeline.mjs [FILE]
 */
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { EventBuffer, Pipeline, createEvent, eventToJSON } from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';

if (isMainThread) await run(process.argv[2] ?? path.join(os.tmpdir(), 'tapio-example.ndjson'));
else readLines(EventBuffer.attach(workerData.handle), workerData.service);

async function run(target) {
  const lines = new EventBuffer(1024, { onFull: 'block' });
  const workers = ['cart', 'payments'].map((service) => {
    const data = { handle: lines.handle, service };
    return new Worker(fileURLToPath(import.meta.url), { workerData: data });
  });
  Promise.all(workers.map((worker) => once(worker, 'exit'))).finally(() => lines.close());

  const reader = createFormatReader('logfmt');
  const file = await open(target, 'w');
  const pipeline = Pipeline.from(lines)
    .stage('parse', (batch) =>
      batch.flatMap(({ message, source }) => reader.push(message).map((event) => ({ ...event, source }))),
    )
    .stage('filter', (batch) => batch.filter(({ severity }) => severity === 'error'))
    .stage('enrich', enrich, { concurrency: 4 })
    .to((batch) => file.write(batch.map((event) => `${eventToJSON(event)}\n`).join('')));
  await pipeline.run();
  await file.close();
  const { parse, filter, enrich: enriched } = pipeline.getStats();
  const { gets } = lines.getStats();
  console.log(
    `${gets} lines, ${parse.gets} parsed, ${filter.gets} errors, ${enriched.gets} written to ${target}`,
  );
}

/** A lookup somewhere else: several batches wait for it at a time. */
async function enrich(batch) {
  await delay(1);
  for (const event of batch) event.entity = { type: 'service', name: event.source, namespace: 'shop' };
  return batch;
}

function readLines(lines, source) {
  for (let i = 0; i < 5000; i++) {
    const message = i % 10 === 0 ? `level=error msg="no stock" item=${i}` : `level=info msg=sold item=${i}`;
    lines.put(createEvent({ type: 'line', source, message }));
  }
}
