/**
 * What a get and the put that follows cost, for each pool, in nanoseconds and in bytes of garbage.
 *
 *   node --expose-gc build/bench/pools.bench.js [repeats]
 *
 * The cases take turns, so that a slow moment of the machine falls on all of them; the median counts. `fresh`
 * lines make the same thing without a pool. Without --expose-gc the bytes are left out.
 */
import os from 'node:os';
import { ByteSlicePool, ObjectPool, UnifiedEventPool, type UnifiedEvent } from '@tapio/performance';

const repeats = Number(process.argv[2] ?? 21);
const gc = (globalThis as { gc?: () => void }).gc;

interface Point {
  x: number;
  name: string;
}

const points = new ObjectPool<Point>({
  create: () => ({ x: 0, name: '' }),
  reset: (point) => {
    point.x = 0;
    point.name = '';
  },
});
const slices = new ByteSlicePool();
const clearedSlices = new ByteSlicePool({ zero: true });
const events = new UnifiedEventPool();

/** What is read last, so that no loop is dead code. */
let sink: unknown;

function fillEvent(event: UnifiedEvent, i: number): void {
  event.id = 'a';
  event.type = 'kernel';
  event.source = 'ebpf';
  event.timestamp = 7n;
  event.severity = 'info';
  event.message = 'm';
  event.kernel = { pid: i, comm: 'c' };
}

function sliceCase(pool: ByteSlicePool, size: number): (count: number) => void {
  return (count) => {
    for (let i = 0; i < count; i++) {
      const slice = pool.get(size);
      slice[0] = i;
      pool.put(slice);
    }
  };
}

const cases: Record<string, { count: number; run: (count: number) => void }> = {
  'ObjectPool get + put': {
    count: 1_000_000,
    run(count) {
      for (let i = 0; i < count; i++) {
        const point = points.get();
        point.x = i;
        points.put(point);
      }
    },
  },
  'ByteSlicePool 64 B get + put': { count: 1_000_000, run: sliceCase(slices, 64) },
  'ByteSlicePool 4 KiB get + put': { count: 1_000_000, run: sliceCase(slices, 4096) },
  'ByteSlicePool 1000 B get + put': { count: 1_000_000, run: sliceCase(slices, 1000) },
  'ByteSlicePool 4 KiB zero get + put': { count: 200_000, run: sliceCase(clearedSlices, 4096) },
  'fresh Uint8Array of 4 KiB': {
    count: 50_000,
    run(count) {
      for (let i = 0; i < count; i++) sink = new Uint8Array(4096);
    },
  },
  'UnifiedEventPool get + put, required fields': {
    count: 200_000,
    run(count) {
      for (let i = 0; i < count; i++) {
        const event = events.get();
        event.id = 'a';
        events.put(event);
      }
    },
  },
  'UnifiedEventPool get + put, 3 optional fields': {
    count: 200_000,
    run(count) {
      for (let i = 0; i < count; i++) {
        const event = events.get();
        fillEvent(event, i);
        events.put(event);
      }
    },
  },
  'fresh event, 3 optional fields': {
    count: 200_000,
    run(count) {
      for (let i = 0; i < count; i++) {
        const event: UnifiedEvent = { id: '', type: '', source: '', timestamp: 0n };
        fillEvent(event, i);
        sink = event;
      }
    },
  },
};

const names = Object.keys(cases);
const nanoseconds = new Map<string, number[]>(names.map((name) => [name, []]));
for (let repeat = -3; repeat < repeats; repeat++) {
  for (const name of names) {
    const { count, run } = cases[name];
    const start = process.hrtime.bigint();
    run(count);
    const elapsed = Number(process.hrtime.bigint() - start) / count;
    // The first three rounds warm up.
    if (repeat >= 0) nanoseconds.get(name)?.push(elapsed);
  }
}

console.log(
  `Node ${process.version}, ${os.cpus()[0]?.model ?? 'unknown CPU'}, medians of ${repeats} interleaved repeats`,
);
for (const name of names) {
  const sorted = (nanoseconds.get(name) ?? []).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)].toFixed(1);
  const spread = `${at(0.25)} to ${at(0.75)}`;
  console.log(`${name.padEnd(48)} ${at(0.5).padStart(8)} ns  (half of them ${spread})${garbage(name)}`);
}
if (sink === names) console.log(sink);

/** Bytes of heap for one round of the case; the least of five, since the engine allocates for itself meanwhile. */
function garbage(name: string): string {
  if (gc === undefined) return '';
  const { run } = cases[name];
  const count = 10_000;
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    run(count);
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / count);
  }
  return `  ${Math.max(0, least).toFixed(1)} B`;
}
