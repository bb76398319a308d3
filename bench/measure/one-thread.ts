/**
 * Times contenders of one thread side by side. Each lives in a worker of its own, so that none is compiled for what
 * another one did, and they take turns, so that a slow moment of the machine falls on all.
 */
import { withLargeYoungGeneration } from './allocation';
import { processCpuMs } from './cpu';
import { progress } from './progress';
import type { ContenderResult } from './result';
import type { OneThreadRow } from './row';
import { spreadOf } from './spread';
import { Thread } from './threads';

/** How long one contender works in one repeat. */
const SLICE_MS = 100;
const ALLOCATIONS = 4096;

export async function compareInOneThread(row: OneThreadRow, repeats: number): Promise<ContenderResult[]> {
  const threads: Thread[] = [];
  const start = async (): Promise<void> => {
    for (const [index, { name, place }] of row.contenders.entries()) {
      const contender = place ?? { index };
      threads.push(await Thread.start({ row: row.name, contender, role: 'alone' }, `${row.name}, ${name}`));
    }
  };
  const stop = (): Promise<unknown> => Promise.all(threads.splice(0).map((thread) => thread.stop()));
  try {
    await start();
    const counts = [];
    for (const [i, thread] of threads.entries()) {
      progress(`${row.name}: ${row.contenders[i].name}: warming up`);
      counts.push(await calibrate(row, i, thread));
    }
    const samples: number[][] = threads.map(() => []);
    const cpu: number[][] = threads.map(() => []);
    for (let repeat = 0; repeat < repeats; repeat++) {
      progress(`${row.name}: repeat ${repeat + 1} of ${repeats}`);
      for (let turn = 0; turn < threads.length; turn++) {
        const i = (turn + repeat) % threads.length;
        const before = processCpuMs();
        samples[i].push(((await run(row, i, threads[i], counts[i])) * 1e6) / counts[i]);
        cpu[i].push(((processCpuMs() - before) * 1000) / counts[i]);
      }
    }
    await stop();
    progress(`${row.name}: garbage`);
    await withLargeYoungGeneration(start);
    const bytes: number[] = [];
    for (const [i, thread] of threads.entries()) {
      await run(row, i, thread, counts[i]);
      bytes.push((await thread.ask({ ask: 'allocate', first: 0, count: ALLOCATIONS })).bytes);
    }
    return row.contenders.map(({ name, ours }, i) => ({
      name,
      ours,
      samples: samples[i],
      ns: spreadOf(samples[i]),
      cpuSeconds: spreadOf(cpu[i]).median,
      bytes: bytes[i],
    }));
  } finally {
    await stop();
  }
}

/** Warms a contender up and finds how many operations fill a slice. */
async function calibrate(row: OneThreadRow, index: number, thread: Thread): Promise<number> {
  const { most = 64 } = row.contenders[index];
  const wanted = (ms: number): number => Math.max(1, Math.round(ms / most)) * most;
  for (let count = wanted(1024); ; count = wanted(2 * count)) {
    const ms = await run(row, index, thread, count);
    if (ms > SLICE_MS) return wanted((SLICE_MS / ms) * count);
  }
}

/** Milliseconds of `count` operations, after checking that all of them took place. */
async function run(row: OneThreadRow, index: number, thread: Thread, count: number): Promise<number> {
  const { most = count } = row.contenders[index];
  const { sum, work } = await thread.ask({ ask: 'run', first: 0, count });
  const expected = Math.floor(count / most) * row.expected(most) + row.expected(count % most);
  if (sum !== expected)
    throw new Error(`${row.name}, ${row.contenders[index].name}: read ${sum}, not ${expected}`);
  return work;
}
