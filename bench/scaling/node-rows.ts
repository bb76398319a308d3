/** Throughput of worker threads that share one buffer: as many producers as consumers, or one consumer. */
import path from 'node:path';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expectedSum, kernel } from '../contenders/events';
import { processCpuMs } from '../measure/cpu';
import { progress } from '../measure/progress';
import type { ContenderResult, RowResult } from '../measure/result';
import { repeats } from '../measure/session';
import { spreadOf } from '../measure/spread';
import { type Job, type Shape, shapes } from './load';

const EVENTS = 1 << 20;
const WARM_EVENTS = 1 << 17;
const ROUND = 64;
const expected = expectedSum(kernel);

interface Sample {
  readonly ns: number;
  readonly cpuSeconds: number;
}

export async function scaleNode(producers: number, consumers: number): Promise<RowResult> {
  const name = `node-${producers}p${consumers}c`;
  const workers = Array.from(
    { length: producers + consumers },
    () => new Worker(path.join(__dirname, 'worker.js')),
  );
  const samples: Sample[][] = shapes.map(() => []);
  try {
    for (let repeat = -1; repeat < repeats; repeat++) {
      for (const [i, shape] of shapes.entries()) {
        progress(`${name}: repeat ${repeat + 1} of ${repeats}: ${shape.name}`);
        const sample = await measure(shape, workers, producers, repeat < 0 ? WARM_EVENTS : EVENTS);
        if (repeat >= 0) samples[i].push(sample);
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const contenders = shapes.map(({ name }, i): ContenderResult => {
    const ns = samples[i].map((sample) => sample.ns);
    const cpuSeconds = spreadOf(samples[i].map((sample) => sample.cpuSeconds)).median;
    return { name, ours: true, samples: ns, ns: spreadOf(ns), cpuSeconds, bytes: 0 };
  });
  const title = `Kernel events, ${producers} producers, ${consumers} consumers, put + consume`;
  return { name, title, kind: 'cross-thread', targets: [], contenders };
}

async function measure(
  shape: Shape,
  workers: readonly Worker[],
  producers: number,
  events: number,
): Promise<Sample> {
  using buffer = shape.make();
  const each = Math.floor(events / producers / ROUND) * ROUND;
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const cpu = processCpuMs();
  const begin = performance.now();
  const sums = await Promise.all(
    workers.map(async (worker, i): Promise<number> => {
      const producer = i < producers;
      const job: Job = {
        shape: shape.name,
        handle: buffer.handle,
        role: producer ? 'producer' : 'consumer',
        count: producer ? each : each * producers,
        taken,
      };
      worker.postMessage(job);
      const [sum] = (await once(worker, 'message')) as [number];
      return sum;
    }),
  );
  const ms = performance.now() - begin;
  const count = each * producers;
  const sum = sums.reduce((a, b) => a + b, 0);
  if (sum !== producers * expected(each))
    throw new Error(`${shape.name}: ${producers} producers: read ${sum}, not ${producers * expected(each)}`);
  return { ns: (ms * 1e6) / count, cpuSeconds: ((processCpuMs() - cpu) * 1000) / count };
}
