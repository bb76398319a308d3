/**
 * The kernel's events in JavaScript: how many a second with nothing lost under two `dd bs=1`, what the consumer costs at a
 * steady 165,000 a second, and what the same costs that come as JSON lines from a child process.
 *
 *   node build/bench/kernel.bench.js [seconds]
 *
 * Needs the permission to trace (root); says so and ends where there is none.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { eventToJSON, PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { diagnoseTracing, KernelTracer, type KernelFilters } from '@tapio/performance/kernel';
import { describe, machine } from './measure/machine';

const STEADY_RATE = 165_000;

interface Sizes {
  /** Bytes of the kernel's ring, of each CPU's and of the overflow ring. */
  ringSize: number;
  /** Of the native thread and of the consumer. */
  wakeIntervalMicros: number;
}
/** A fifth of a second of the most that two cores can do. */
const FLOOD: Sizes = { ringSize: 2 ** 25, wakeIntervalMicros: 1000 };
/** 50 ms of the steady rate, which stays in the processor's caches. */
const STEADY: Sizes = { ringSize: 2 ** 20, wakeIntervalMicros: 5000 };
const [role, argument] = process.argv.slice(2);
const seconds = Number(role) || 4;

interface Figures {
  events: number;
  perSecond: number;
  /** Of this process, all threads: percent of one core, and for each event. */
  cpuPercent: number;
  cpuNsPerEvent: number;
  lost: number;
}

/** Counts what `take` handed on while `load` runs. @returns the figures and, of the tracer, what was lost anywhere */
async function measure(
  filters: KernelFilters,
  take: (buffer: PerCPUEventBuffer) => number,
  { ringSize, wakeIntervalMicros }: Sizes,
): Promise<Figures> {
  const buffer = new PerCPUEventBuffer({
    slotSize: 128,
    bufferSizePerCPU: ringSize,
    overflowSize: ringSize,
    wakeIntervalMicros,
  });
  const tracer = new KernelTracer({
    target: buffer,
    events: ['syscall'],
    filters,
    ringSize,
    wakeIntervalMicros,
  }).start();
  let events = 0;
  // A second to warm up, in which the compilers finish.
  const started = performance.now();
  while (performance.now() - started < 1000) {
    await buffer.ready();
    take(buffer);
  }
  const since = performance.now();
  const usage = process.cpuUsage();
  while (performance.now() - since < seconds * 1000) {
    await buffer.ready();
    events += take(buffer);
  }
  const ms = performance.now() - since;
  const { user, system } = process.cpuUsage(usage);
  tracer.stop();
  const { lost, dropped } = tracer.getStats();
  buffer.close();
  const cpuMicros = user + system;
  return {
    events,
    perSecond: (events * 1000) / ms,
    cpuPercent: cpuMicros / ms / 10,
    cpuNsPerEvent: (cpuMicros * 1000) / events,
    lost: lost + dropped,
  };
}

let checksum = 0;
const batch: UnifiedEvent[] = new Array<UnifiedEvent>(1024);
const takers: Record<string, (buffer: PerCPUEventBuffer) => number> = {
  views: (buffer) =>
    buffer.consume(({ kernel }) => {
      checksum += kernel!.pid! + kernel!.syscall!.length + (kernel!.returnCode ?? 0);
    }, 65536),
  objects: (buffer) => {
    const count = buffer.drainTo(batch);
    for (let i = 0; i < count; i++) {
      const { kernel } = batch[i];
      checksum += kernel!.pid! + kernel!.syscall!.length + (kernel!.returnCode ?? 0);
    }
    return count;
  },
};

function print(name: string, { perSecond, cpuPercent, cpuNsPerEvent, lost }: Figures, note = ''): void {
  const rate = Math.round(perSecond).toLocaleString('en-US').padStart(10);
  console.log(
    `  ${name.padEnd(28)}${rate} events/s${String(lost).padStart(6)} lost` +
      `${cpuPercent.toFixed(1).padStart(8)} % of a core${cpuNsPerEvent.toFixed(0).padStart(7)} ns/event${note}`,
  );
}

async function withLoad<T>(children: ChildProcess[], run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function dd(): ChildProcess {
  return spawn('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1', 'status=none'], { stdio: 'ignore' });
}

function self(...args: string[]): ChildProcess {
  return spawn(process.execPath, [__filename, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A child's role: writes that are made at a steady rate, the only ones of this process. */
function generate(rate: number): void {
  const file = fs.openSync('/dev/null', 'w');
  const byte = Buffer.from('x');
  const start = performance.now();
  let made = 0;
  setInterval(() => {
    const owed = Math.floor(((performance.now() - start) / 1000) * rate);
    // A child that was held up does not make up for it at once.
    if (owed - made > rate / 20) made = owed - Math.floor(rate / 20);
    for (; made < owed; made++) fs.writeSync(file, byte);
  }, 2);
}

/** A child's role: what bpftrace or tetragon do for a user today, events as lines of JSON on standard output. */
async function printLines(pid: number): Promise<void> {
  const buffer = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 2 ** 25 });
  new KernelTracer({
    target: buffer,
    events: ['syscall'],
    filters: { pids: [pid], syscalls: ['write'] },
  }).start();
  for await (const events of buffer.batches({ maxCount: 512 })) {
    const text = events.map((event) => `${eventToJSON(event)}\n`).join('');
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

/** Reads those lines, the fastest way there is in JavaScript: whole chunks, cut at the line ends. */
async function measureLines(pid: number): Promise<Figures> {
  const child = self('lines', String(pid));
  child.stdout!.setEncoding('utf8');
  let rest = '';
  let events = 0;
  child.stdout!.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const { kernel } = JSON.parse(line) as {
        kernel: { pid: number; syscall: string; return_code: number };
      };
      checksum += kernel.pid + kernel.syscall.length + kernel.return_code;
    }
    events += lines.length;
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const before = events;
  const usage = process.cpuUsage();
  const since = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { user, system } = process.cpuUsage(usage);
  const ms = performance.now() - since;
  const taken = events - before;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return {
    events: taken,
    perSecond: (taken * 1000) / ms,
    cpuPercent: (user + system) / ms / 10,
    cpuNsPerEvent: ((user + system) * 1000) / taken,
    lost: 0,
  };
}

async function main(): Promise<void> {
  const { permitted, reason } = diagnoseTracing();
  if (!permitted) {
    console.log(`skipped: ${reason}`);
    return;
  }
  console.log(`${describe(machine())}; ${seconds} s each`);
  console.log('\nEverything that two dd bs=1 do, three fields read');
  for (const [name, take] of Object.entries(takers))
    print(
      `as ${name}`,
      await withLoad([dd(), dd()], () => measure({ syscalls: ['read', 'write'] }, take, FLOOD)),
    );

  console.log(
    `\n${STEADY_RATE.toLocaleString('en-US')} writes a second of one process, three fields read, woken every ${STEADY.wakeIntervalMicros / 1000} ms`,
  );
  const generator = self('generate', String(STEADY_RATE));
  await withLoad([generator], async () => {
    const filters = { pids: [generator.pid!], syscalls: ['write'] };
    const views = await measure(filters, takers.views, STEADY);
    print('as views, native thread too', views);
    print('as objects, the same', await measure(filters, takers.objects, STEADY));
    const lines = await measureLines(generator.pid!);
    print('as JSON lines, reader only', lines);
    console.log(
      `  JSON lines cost ${(lines.cpuNsPerEvent / views.cpuNsPerEvent).toFixed(1)} times the CPU of views for each event`,
    );
  });
  if (checksum === 0) throw new Error('nothing was read');
}

if (role === 'generate') generate(Number(argument));
else if (role === 'lines') void printLines(Number(argument));
else void main();
