/**
 * Times contenders whose producer and consumer are two threads. In each repeat each contender gets two fresh
 * workers, is warmed, and then measured once.
 */
import { withLargeYoungGeneration } from './allocation';
import { processCpuMs } from './cpu';
import { progress } from './progress';
import type { ContenderResult } from './result';
import type { CrossThreadRow, PacedRow, Row } from './row';
import { spreadOf } from './spread';
import { type Pair, startPair } from './threads';
import type { Answer, Question } from './worker';

const WARM_MS = 150;
const SLICE_MS = 300;
const PACED_MS = 2000;
const PACED_WARM_MS = 300;
const ALLOCATIONS = 4096;
/** Counts are multiples of this, so that every phase begins with the first of the sample events. */
const ROUND = 64;

interface Sample {
  readonly ns: number;
  readonly cpuSeconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly consumer: number;
  readonly all: number;
}

export async function compareAcrossThreads(
  row: CrossThreadRow | PacedRow,
  repeats: number,
): Promise<ContenderResult[]> {
  const { contenders } = row;
  const samples: Sample[][] = contenders.map(() => []);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const i = (turn + repeat) % contenders.length;
      progress(`${row.name}: repeat ${repeat + 1} of ${repeats}: ${contenders[i].name}`);
      samples[i].push(await measure(row, i));
    }
  }
  const bytes: number[] = [];
  for (const [i, { name }] of contenders.entries()) {
    progress(`${row.name}: garbage: ${name}`);
    bytes.push(await withLargeYoungGeneration(() => measureGarbage(row, i)));
  }
  return contenders.map(({ name, ours }, i) => {
    const all = (field: keyof Sample): number[] => samples[i].map((sample) => sample[field]);
    return {
      name,
      ours,
      samples: all('ns'),
      ns: spreadOf(all('ns')),
      cpuSeconds: spreadOf(all('cpuSeconds')).median,
      bytes: bytes[i],
      paced:
        row.kind === 'paced'
          ? {
              p50: spreadOf(all('p50')),
              p99: spreadOf(all('p99')),
              consumer: spreadOf(all('consumer')),
              all: spreadOf(all('all')),
            }
          : undefined,
    };
  });
}

async function measure(row: CrossThreadRow | PacedRow, index: number): Promise<Sample> {
  await using pair = await startPair(row, index, row.contenders[index]);
  if (row.kind === 'paced') {
    const perMs = row.rate / 1000;
    await phase(row, index, pair, 'pace', 0, rounded(PACED_WARM_MS * perMs));
    return await phase(row, index, pair, 'pace', 0, rounded(PACED_MS * perMs));
  }
  const { first, nsEach } = await warm(row, index, pair);
  return await phase(row, index, pair, 'run', first, rounded((SLICE_MS * 1e6) / nsEach));
}

async function warm(row: Row, index: number, pair: Pair): Promise<{ first: number; nsEach: number }> {
  let first = 0;
  for (let count = 2048; ; count *= 4) {
    const { ns } = await phase(row, index, pair, 'run', first, count);
    first += count;
    if (ns * count > WARM_MS * 1e6) return { first, nsEach: ns };
  }
}

async function phase(
  row: Row,
  index: number,
  pair: Pair,
  ask: Question['ask'],
  first: number,
  count: number,
): Promise<Sample> {
  const cpu = processCpuMs();
  const [producer, consumer] = await askBoth(pair, { ask, first, count });
  const cpuMs = processCpuMs() - cpu;
  const expected = row.expected(count);
  if (consumer.sum !== expected)
    throw new Error(`${row.name}, ${row.contenders[index].name}: read ${consumer.sum}, not ${expected}`);
  const wall = consumer.end - producer.begin;
  const { latencies } = consumer;
  latencies.sort();
  const percentile = (part: number): number => latencies[Math.floor((latencies.length - 1) * part)] ?? 0;
  return {
    ns: (wall * 1e6) / count,
    cpuSeconds: (cpuMs * 1000) / count,
    p50: percentile(0.5),
    p99: percentile(0.99),
    consumer: (100 * consumer.cpu) / wall,
    all: (100 * cpuMs) / wall,
  };
}

function askBoth({ producer, consumer }: Pair, question: Question): Promise<[Answer, Answer]> {
  return Promise.all([producer.ask(question), consumer.ask(question)]);
}

/** Of both threads together. */
async function measureGarbage(row: Row, index: number): Promise<number> {
  await using pair = await startPair(row, index, row.contenders[index] as CrossThreadRow['contenders'][0]);
  const { first } = await warm(row, index, pair);
  const answers = await askBoth(pair, { ask: 'allocate', first, count: ALLOCATIONS });
  return answers[0].bytes + answers[1].bytes;
}

function rounded(count: number): number {
  return Math.max(1, Math.round(count / ROUND)) * ROUND;
}
