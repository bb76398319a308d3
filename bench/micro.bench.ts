/**
 * The microbenchmarks of single operations, by benchmark.js: `npm run bench [name]`.
 *
 * One thread and one operation at a time; how threads work together is another matter. The loop that
 * benchmark.js puts around each operation is measured first and shown.
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

const suite = new Benchmark.Suite();
for (const [name, fn] of Object.entries(operations)) {
  if (name.includes(filter)) suite.add(name, fn);
}
console.log(describe(machine()));
suite
  .on('cycle', ({ target: { name, stats } }: { target: Benchmark }) => {
    const nanoseconds = stats.mean * 1e9;
    console.log(`${name!.padEnd(60)}${nanoseconds.toFixed(1).padStart(10)} ns  +-${stats.rme.toFixed(1)} %`);
  })
  .on('complete', () => {
    if (suite.length === 0) console.error(`no benchmark has "${filter}" in its name`);
    if (sink === 0 || suite.length === 0) process.exitCode = 1;
  })
  .run();
