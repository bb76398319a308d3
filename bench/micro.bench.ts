/**
 * The microbenchmarks of single operations, by benchmark.js: `npm run bench [name]`.
 *
 * One thread and one operation at a time; how threads work together is another matter. The loop that
 * benchmark.js puts around each operation is measured first and shown. What has a counterpart in the document of
 * the Go original is shown beside what that document claims.
 */
import Benchmark from 'benchmark';
import {
  ByteSlicePool,
  EventBuffer,
  type EventView,
  PerCPUEventBuffer,
  RingBuffer,
  UnifiedEventPool,
} from '@tapio/performance';
import { describe, machine } from './measure/machine';
import { kernelEvents } from './sample-events';

const filter = process.argv[2] ?? '';
const events = kernelEvents(64);
let next = 0;
let sink = 0;

const ring = new RingBuffer(1024);
const filling = new RingBuffer(1024);
const record = new Uint8Array(64);
const target = new Uint8Array(64);
const buffer = new EventBuffer(1024);
const hundred = Array.from({ length: 100 }, (_, i) => events[i % events.length]);
const perCPU = new PerCPUEventBuffer();
const eventPool = new UnifiedEventPool();
const slicePool = new ByteSlicePool();
const readPid = (view: EventView): void => {
  sink += view.kernel!.pid!;
};

const operations: Record<string, () => void> = {
  'empty loop': () => {
    sink++;
  },
  'RingBuffer tryPut + tryGetInto, 64 B': () => {
    ring.tryPut(record);
    sink += ring.tryGetInto(target);
  },
  'RingBuffer tryPut, 64 B': () => {
    // A full ring is emptied, which costs each put a thousandth of it.
    if (!filling.tryPut(record)) filling.clear();
  },
  'RingBuffer tryGetInto, empty': () => {
    sink += ring.tryGetInto(target);
  },
  'EventBuffer put + consume, kernel event': () => {
    buffer.put(events[next++ & 63]);
    buffer.consume(readPid);
  },
  'EventBuffer put + get, kernel event': () => {
    buffer.put(events[next++ & 63]);
    sink += buffer.get().kernel!.pid!;
  },
  'EventBuffer putBatch + consume, 100 events': () => {
    buffer.putBatch(hundred);
    buffer.consume(readPid);
  },
  'EventBuffer putBatch of 100, cleared': () => {
    buffer.putBatch(hundred);
    buffer.clear();
  },
  'PerCPUEventBuffer putBatch + get, 100 events': () => {
    perCPU.putBatch(hundred);
    sink += perCPU.get().length;
  },
  'PerCPUEventBuffer putBatch + get by timestamp, 100 events': () => {
    perCPU.putBatch(hundred);
    sink += perCPU.get(undefined, { order: 'timestamp' }).length;
  },
  'UnifiedEventPool get + put': () => {
    eventPool.put(eventPool.get());
  },
  'ByteSlicePool get + put, 4096 B': () => {
    slicePool.put(slicePool.get(4096));
  },
};

/** What the Go document claims, not measured here, and what of ours stands beside it. */
const document: readonly { theirs: string; claim: number; ours(ns: Named): number; measures: string }[] = [
  {
    theirs: 'RingBuffer Put',
    claim: 89,
    ours: (ns) => ns('RingBuffer tryPut, 64 B'),
    measures: 'a copy of 64 B; theirs stores a pointer',
  },
  {
    theirs: 'RingBuffer Get',
    claim: 103,
    ours: (ns) => ns('RingBuffer tryPut + tryGetInto, 64 B') - ns('RingBuffer tryPut, 64 B'),
    measures: 'put and get less put, a copy of 64 B',
  },
  {
    theirs: 'EventPool Get/Put',
    claim: 25,
    ours: (ns) => ns('UnifiedEventPool get + put'),
    measures: 'a blank UnifiedEvent',
  },
  {
    theirs: 'Batch/Process100',
    claim: 612,
    ours: (ns) =>
      ns('EventBuffer putBatch + consume, 100 events') - ns('EventBuffer putBatch of 100, cleared'),
    measures: '100 kernel events through a callback, their bytes copied; theirs reads pointers',
  },
];

type Named = (name: string) => number;

function printDocument(measured: ReadonlyMap<string, number>): void {
  const ns: Named = (name) => measured.get(name) ?? NaN;
  console.log('\nBeside the document of the Go original (its claims, measured on its own machine)');
  console.log(`${'ns'.padEnd(20)}${'claim'.padStart(7)}${'ours'.padStart(9)}  what ours measures`);
  for (const { theirs, claim, ours, measures } of document) {
    const figure = ours(ns);
    const text = Number.isNaN(figure) ? '-' : figure.toFixed(1);
    console.log(`${theirs.padEnd(20)}${String(claim).padStart(7)}${text.padStart(9)}  ${measures}`);
  }
}

const suite = new Benchmark.Suite();
for (const [name, fn] of Object.entries(operations)) {
  if (name.includes(filter)) suite.add(name, fn);
}
const measured = new Map<string, number>();
console.log(describe(machine()));
suite
  .on('cycle', ({ target: { name, stats } }: { target: Benchmark }) => {
    const nanoseconds = stats.mean * 1e9;
    measured.set(name!, nanoseconds);
    console.log(`${name!.padEnd(58)}${nanoseconds.toFixed(1).padStart(9)} ns +-${stats.rme.toFixed(1)} %`);
  })
  .on('complete', () => {
    if (suite.length === 0) console.error(`no benchmark has "${filter}" in its name`);
    else printDocument(measured);
    if (sink === 0 || suite.length === 0) process.exitCode = 1;
  })
  .run();
