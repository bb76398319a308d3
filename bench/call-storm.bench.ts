/**
 * Opens and connects as fast as a process for each CPU makes them: how many come into JavaScript as views with path or address, and what each costs,
 * beside bpftrace whose lines a Node process reads. Both in turn; what the Perl programs did is the truth.
 *
 *   npm run bench:calls [-- CALLS [REPEATS]]
 *
 * Needs the permission to trace (root), perl, and Debian's bpftrace for the second row; says so where there is none.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { PerCPUEventBuffer, type EventView } from '@tapio/performance';
import { diagnoseTracing, KernelTracer } from '@tapio/performance/kernel';
import { bpftrace, hasTool, LineTool, ownMicros } from './measure/line-tool';
import { describe, machine } from './measure/machine';

const CPUS = os.availableParallelism();
const calls = CPUS * Math.ceil(Number(process.argv[2] ?? 1_000_000) / CPUS);
const repeats = Number(process.argv[3] ?? 3);
/** There is no such file: what an open and a close cost by themselves would be most of the time. */
const PATH = '/no-such-file';
const PORT = 9;

interface Kind {
  readonly event: 'open' | 'connect';
  /** Perl that does it, `$n` times. */
  readonly perl: string;
  readonly isOurs: (view: EventView) => boolean;
  readonly script: string;
}

const KINDS: readonly Kind[] = [
  {
    event: 'open',
    perl: `use Fcntl; for (1..$n) { sysopen(F, '${PATH}', O_RDONLY); }`,
    isOurs: (view) => view.kernel?.args?.path === PATH,
    script:
      'tracepoint:syscalls:sys_enter_openat /comm == "perl"/ { @path[tid] = args->filename; } ' +
      'tracepoint:syscalls:sys_exit_openat /@path[tid]/ ' +
      '{ printf("%d %d %s\\n", pid, args->ret, str(@path[tid])); delete(@path[tid]); }',
  },
  {
    event: 'connect',
    perl:
      'use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); ' +
      `my $to = sockaddr_in(${PORT}, INADDR_LOOPBACK); for (1..$n) { connect(S, $to); }`,
    isOurs: (view) => view.network?.destPort === PORT,
    script:
      'tracepoint:syscalls:sys_enter_connect /comm == "perl"/ { @to[tid] = args->uservaddr; } ' +
      'tracepoint:syscalls:sys_exit_connect /@to[tid]/ ' +
      '{ printf("%d %d %r\\n", pid, args->ret, buf(@to[tid], 8)); delete(@to[tid]); }',
  },
];

interface Figures {
  /** Calls that were told. */
  told: number;
  perSecond: number;
  /** Of the processes that trace and read, for each call that was told. */
  cpuMicros: number;
}

function perl(kind: Kind, n: number): ReturnType<typeof spawn> {
  return spawn('perl', ['-e', `my $n = ${n}; ${kind.perl}`], { stdio: 'ignore' });
}

/** Makes the calls, a share of them on each CPU; milliseconds. */
async function storm(kind: Kind): Promise<number> {
  const since = performance.now();
  await Promise.all(Array.from({ length: CPUS }, () => once(perl(kind, calls / CPUS), 'exit')));
  return performance.now() - since;
}

async function ours(kind: Kind): Promise<Figures> {
  const target = new PerCPUEventBuffer({
    slotSize: 256,
    bufferSizePerCPU: 2 ** 25,
    wakeIntervalMicros: 5000,
  });
  const tracer = new KernelTracer({
    target,
    events: [kind.event],
    filters: { comms: ['perl'] },
    ringSize: 2 ** 25,
    wakeIntervalMicros: 5000,
  }).start();
  let told = 0;
  const count = (view: EventView): void => {
    if (kind.isOurs(view)) told++;
  };
  const since = ownMicros();
  const reading = (async () => {
    for (;;) {
      try {
        await target.ready();
      } catch {
        return;
      }
      target.consume(count);
    }
  })();
  const ms = await storm(kind);
  tracer.stop();
  target.close();
  await reading;
  const used = ownMicros() - since;
  const { lost, dropped } = tracer.getStats();
  if (lost + dropped > 0) console.log(`  ${lost} lost, ${dropped} dropped`);
  return { told, perSecond: (told * 1000) / ms, cpuMicros: used / told };
}

async function byLines(kind: Kind): Promise<Figures> {
  const trace = await LineTool.start(bpftrace(kind.script), () => perl(kind, 1));
  let told = 0;
  const since = trace.micros;
  trace.lines.on('line', (line) => {
    const [pid, result] = line.split(' ', 2);
    if (Number(pid) > 0 && Number.isInteger(Number(result))) told++;
  });
  const ms = await storm(kind);
  const used = (await trace.rest(() => told >= calls)) - since;
  return { told, perSecond: (told * 1000) / ms, cpuMicros: used / told };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

async function main(): Promise<void> {
  const hasBpftrace = hasTool('bpftrace');
  console.log(`${describe(machine())}; ${calls.toLocaleString('en')} calls, ${repeats} times in turn`);
  for (const kind of KINDS) {
    console.log(`${kind.event}:`);
    const costs = new Map<string, number[]>();
    const take = async (name: string, measured: Promise<Figures>): Promise<void> => {
      const { told, perSecond, cpuMicros } = await measured;
      console.log(
        `  ${name.padEnd(26)}${told.toLocaleString('en').padStart(9)} told  ` +
          `${Math.round(perSecond).toLocaleString('en').padStart(8)}/s  ${cpuMicros.toFixed(2)} us of CPU each`,
      );
      costs.set(name, [...(costs.get(name) ?? []), cpuMicros]);
    };
    for (let repeat = 0; repeat < repeats; repeat++) {
      await take('ours, as views', ours(kind));
      if (hasBpftrace) await take('bpftrace, lines in Node', byLines(kind));
    }
    for (const [name, values] of costs)
      console.log(`  median: ${name.padEnd(26)}${median(values).toFixed(2)} us of CPU each`);
  }
  if (!hasBpftrace) console.log('no bpftrace here');
}

const { permitted, reason } = diagnoseTracing();
if (permitted) void main();
else console.log(`skipped: ${reason}`);
