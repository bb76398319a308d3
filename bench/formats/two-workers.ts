/**
 * Two workers read lines of Tetragon into one PerCPUEventBuffer under the policy `block`, while this thread takes what comes as views. Every line
 * is accounted for: read, put, taken, and by what is left in the buffer.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type BufferHandle, PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';

const WORKERS = 2;
const BATCH = 64;

interface Work {
  handle: BufferHandle;
  lines: string[];
  seconds: number;
}

interface Done {
  lines: number;
  put: number;
}

/** Reads the lines over and over until the time is over. */
function readIntoBuffer({ handle, lines, seconds }: Work): Done {
  const buffer = PerCPUEventBuffer.attach(handle);
  const reader = createFormatReader('tetragon', { forBuffer: true });
  const end = Date.now() + seconds * 1000;
  let put = 0;
  while (Date.now() < end) {
    for (let from = 0; from < lines.length && Date.now() < end; from += BATCH) {
      const batch: UnifiedEvent[] = [];
      for (let at = from; at < Math.min(from + BATCH, lines.length); at++)
        for (const event of reader.push(lines[at])) batch.push(event);
      put += buffer.putBatch(batch);
    }
  }
  return { lines: reader.getStats().lines, put };
}

export async function runTwoWorkers(lines: string[], seconds: number): Promise<void> {
  const buffer = new PerCPUEventBuffer({ bufferSizePerCPU: 1 << 22, onFull: 'block' });
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  const workers = Array.from({ length: WORKERS }, () => {
    const work: Work = { handle: buffer.handle, lines, seconds };
    const worker = new Worker(__filename, { workerData: work });
    return new Promise<Done>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  });
  const isEmpty = (): boolean => {
    const { totalWrites, totalReads } = buffer.getStats();
    return totalWrites === totalReads;
  };
  let taken = 0;
  let pids = 0;
  const all = Promise.all(workers);
  let done: Done[] | undefined;
  void all.then((reports) => (done = reports));
  while (done === undefined || !isEmpty()) {
    taken += buffer.consume((view) => {
      pids += view.kernel?.pid ?? 0;
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  const elapsed = Number(process.hrtime.bigint() - start) / 1e9;
  const reports = await all;
  const sum = (key: keyof Done): number => reports.reduce((total, report) => total + report[key], 0);
  const figures = { lines: sum('lines'), put: sum('put'), taken, lost: sum('lines') - taken };
  console.log(
    `${Object.entries(figures)
      .map(([name, count]) => `${name} ${count.toLocaleString('en-US')}`)
      .join(', ')}`,
  );
  console.log(
    `${Math.round(taken / elapsed).toLocaleString('en-US')} lines a second through ${WORKERS} workers`,
  );
  const cpu = ((user + system) / taken).toFixed(2);
  console.log(`${cpu} µs of CPU time a line, of all threads, with their start`);
  if (figures.lost !== 0 || pids === 0) process.exitCode = 1;
}

if (!isMainThread && parentPort !== null) parentPort.postMessage(readIntoBuffer(workerData as Work));
