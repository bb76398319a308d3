/**
 * The kernel's events in JavaScript: how many a second with nothing lost under two `dd bs=1`, what the consumer costs at a
 * steady 165,000 a second, and what the same costs that come as JSON lines from a child process.
 *
 *   npm run bench:kernel [-- SECONDS]
 *   npm run bench:kernel -- --against REV [SECONDS]     ours alone, beside ours of another commit, REPEATS (7) times in turn
 *
 * Needs the permission to trace (root); says so and ends where there is none.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { eventToJSON, PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { diagnoseTracing, KernelTracer, type KernelFilters } from '@tapio/performance/kernel';
import { type OtherBuild, printHead, printPair, verdictOn } from './measure/against';
import { describe, machine } from './measure/machine';
import { progress, progressDone } from './measure/progress';
import { repeats } from './measure/session';
import { spreadOf } from './measure/spread';

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
const { values, positionals } = parseArgs({
  options: { against: { type: 'string' }, folder: { type: 'string' }, role: { type: 'string' } },
  allowPositionals: true,
});
const seconds = (values.role === undefined && Number(positionals[0])) || 4;

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
  time: number,
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
  while (performance.now() - since < time * 1000) {
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

function self(role: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [__filename, '--role', role, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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

/** What is measured of ours, by name. */
const cases: Record<string, (steady: KernelFilters, time: number) => Promise<Figures>> = {
  'flood, views': (_, time) => flood(takers.views, time),
  'flood, objects': (_, time) => flood(takers.objects, time),
  'steady, views': (filters, time) => measure(filters, takers.views, STEADY, time),
  'steady, objects': (filters, time) => measure(filters, takers.objects, STEADY, time),
};

function flood(take: (buffer: PerCPUEventBuffer) => number, time: number): Promise<Figures> {
  return withLoad([dd(), dd()], () => measure({ syscalls: ['read', 'write'] }, take, FLOOD, time));
}

/** The load of the steady cases, and the filters that select it. */
async function withSteadyLoad<T>(run: (filters: KernelFilters, generator: number) => Promise<T>): Promise<T> {
  const generator = self('generate', String(STEADY_RATE));
  return withLoad([generator], () => run({ pids: [generator.pid!], syscalls: ['write'] }, generator.pid!));
}

async function main(): Promise<void> {
  console.log(`${describe(machine())}; ${seconds} s each`);
  console.log('\nEverything that two dd bs=1 do, three fields read');
  for (const name of ['views', 'objects']) print(`as ${name}`, await cases[`flood, ${name}`]({}, seconds));

  console.log(
    `\n${STEADY_RATE.toLocaleString('en-US')} writes a second of one process, three fields read, woken every ${STEADY.wakeIntervalMicros / 1000} ms`,
  );
  await withSteadyLoad(async (filters, generator) => {
    const views = await cases['steady, views'](filters, seconds);
    print('as views, native thread too', views);
    print('as objects, the same', await cases['steady, objects'](filters, seconds));
    const lines = await measureLines(generator);
    print('as JSON lines, reader only', lines);
    console.log(
      `  JSON lines cost ${(lines.cpuNsPerEvent / views.cpuNsPerEvent).toFixed(1)} times the CPU of views for each event`,
    );
  });
  if (checksum === 0) throw new Error('nothing was read');
}

/** A case on one of the builds, in a process of its own. */
async function measureApart(name: string, filters: KernelFilters, folder?: string): Promise<Figures> {
  const child = spawn(
    process.execPath,
    [
      ...(folder === undefined ? [] : ['--require', path.join(__dirname, 'measure/preload-build.js')]),
      ...[__filename, '--role', 'case', name, JSON.stringify(filters), String(seconds)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, BENCH_BUILD: folder } },
  );
  return JSON.parse(await text(child.stdout)) as Figures;
}

async function compareBuilds({ name: revision, folder }: OtherBuild): Promise<void> {
  console.log(`${describe(machine())}; ${repeats} x ${seconds} s in turn, medians; against ${revision}`);
  console.log('CPU of the whole process, ns for each event');
  printHead();
  const slower: string[] = [];
  await withSteadyLoad(async (filters, generator) => {
    for (const name of Object.keys(cases)) {
      const [before, now]: Figures[][] = [[], []];
      // A steady load beside a flood would be measured with it.
      process.kill(generator, name.startsWith('flood') ? 'SIGSTOP' : 'SIGCONT');
      for (let repeat = 0; repeat < repeats; repeat++) {
        progress(`${name}: repeat ${repeat + 1} of ${repeats}`);
        const measureOther = async (): Promise<number> =>
          before.push(await measureApart(name, filters, folder));
        if (repeat % 2 === 0) await measureOther();
        now.push(await measureApart(name, filters));
        if (repeat % 2 === 1) await measureOther();
      }
      progressDone();
      const compare = (what: string, of: (figures: Figures) => number): void => {
        const ratios = now.map((figures, repeat) => of(figures) / of(before[repeat]));
        if (printPair(`${name}, ${what}`, spreadOf(before.map(of)), spreadOf(now.map(of)), spreadOf(ratios)))
          slower.push(`${name}, ${what}`);
      };
      compare('CPU ns', ({ cpuNsPerEvent }) => cpuNsPerEvent);
      compare('ns between events', ({ perSecond }) => 1e9 / perSecond);
      const lost = (all: readonly Figures[]): number => all.reduce((sum, figures) => sum + figures.lost, 0);
      console.log(`    lost ${lost(before)} before, ${lost(now)} now`);
    }
  });
  process.exitCode = verdictOn(slower);
}

const roles: Record<string, (...args: string[]) => void | Promise<void>> = {
  generate: (rate) => generate(Number(rate)),
  lines: (pid) => printLines(Number(pid)),
  async case(name, filters, time) {
    const figures = await cases[name](JSON.parse(filters) as KernelFilters, Number(time));
    process.stdout.write(JSON.stringify(figures));
  },
};

if (values.role !== undefined) {
  void roles[values.role](...positionals);
} else {
  const { permitted, reason } = diagnoseTracing();
  const { against: name, folder } = values;
  if (!permitted) console.log(`skipped: ${reason}`);
  else if (name === undefined || folder === undefined) void main();
  else void compareBuilds({ name, folder });
}
