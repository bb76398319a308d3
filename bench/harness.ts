/**
 * Times contenders side by side: they take turns in every repeat, so that a slow moment of the machine falls on
 * all of them, and the median of the repeats counts.
 */
import os from 'node:os';

export interface Contender {
  name: string;
  /** Does the work `count` times. */
  run(count: number): void;
}

export interface Timing {
  name: string;
  /** Nanoseconds for one operation. */
  min: number;
  median: number;
  max: number;
}

/** How long one contender works in one repeat. */
const SLICE_MS = 60;

/** @param repeats at least 5 for figures that are told to others */
export function compare(contenders: readonly Contender[], repeats: number): Timing[] {
  const counts = contenders.map((contender) => calibrate(contender));
  const samples: number[][] = contenders.map(() => []);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (let i = 0; i < contenders.length; i++) {
      const at = (i + repeat) % contenders.length;
      samples[at].push(time(contenders[at], counts[at]));
    }
  }
  return contenders.map(({ name }, i) => {
    const sorted = samples[i].sort((a, b) => a - b);
    return { name, min: sorted[0], median: sorted[sorted.length >> 1], max: sorted[sorted.length - 1] };
  });
}

/** Warms a contender up and finds how many operations fill a slice. */
function calibrate(contender: Contender): number {
  let count = 1000;
  for (;;) {
    const perOperation = time(contender, count);
    if (perOperation * count > (SLICE_MS / 2) * 1e6)
      return Math.max(1, Math.round((SLICE_MS * 1e6) / perOperation));
    count *= 2;
  }
}

function time(contender: Contender, count: number): number {
  const start = process.hrtime.bigint();
  contender.run(count);
  return Number(process.hrtime.bigint() - start) / count;
}

export function printTable(title: string, timings: readonly Timing[]): void {
  console.log(`\n${title}`);
  console.log(`  ${'ns for one'.padEnd(44)}${'min'.padStart(9)}${'median'.padStart(9)}${'max'.padStart(9)}`);
  for (const { name, min, median, max } of timings) {
    console.log(`  ${name.padEnd(44)}${figure(min)}${figure(median)}${figure(max)}`);
  }
}

function figure(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0).padStart(9);
}

/** The machine, for whoever reads the figures. */
export function machine(): string {
  const [cpu] = os.cpus();
  return `${os.cpus().length} x ${cpu.model.trim()}, ${os.type()} ${os.release()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
}
