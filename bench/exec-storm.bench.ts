/**
 * A shell that starts a program again and again: whether every exec comes with its arguments, and what that costs, beside bpftrace and
 * execsnoop, whose lines a Node process reads. All in turn; the shell's own count is the truth.
 *
 *   npm run bench:execs [-- EXECS [REPEATS]]
 *
 * Needs the permission to trace (root), and Debian's bpftrace and libbpf-tools for the other rows; says so where there is none.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PerCPUEventBuffer } from '@tapio/performance';
import { diagnoseTracing, KernelTracer } from '@tapio/performance/kernel';
import { bpftrace, EXECSNOOP, hasTool, LineTool, ownMicros } from './measure/line-tool';
import { describe, machine } from './measure/machine';

const execs = Number(process.argv[2] ?? 5000);
const repeats = Number(process.argv[3] ?? 3);
/** What the shell starts; nobody else does. */
const PROGRAM = '/bin/true';
/** Of the native thread and of the reader; at this rate waking is most of the cost. */
const PACES = [1000, 10_000];
const MARK = `storm-${process.pid}`;

interface Figures {
  /** Different execs of the storm that were told with their arguments, and all that were told of it. */
  told: number;
  lines: number;
  perSecond: number;
  /** Of the processes that trace and read, for each exec of the storm. */
  cpuMicros: number;
}

/** Runs the storm; milliseconds. */
async function storm(): Promise<number> {
  const script = `i=0; while [ $i -lt ${execs} ]; do ${PROGRAM} ${MARK} $i; i=$((i+1)); done`;
  const since = performance.now();
  await once(spawn('sh', ['-c', script], { stdio: 'ignore' }), 'exit');
  return performance.now() - since;
}

class Count {
  private readonly seen = new Set<string>();
  private lines = 0;

  add(words: readonly string[]): void {
    if (words.length !== 3 || words[0] !== PROGRAM || words[1] !== MARK) return;
    this.lines++;
    this.seen.add(words[2]);
  }

  figures(ms: number, cpuMicros: number): Figures {
    const { seen, lines } = this;
    return { told: seen.size, lines, perSecond: (execs * 1000) / ms, cpuMicros: cpuMicros / execs };
  }

  get isComplete(): boolean {
    return this.seen.size === execs;
  }
}

async function ours(wakeIntervalMicros: number): Promise<Figures> {
  const pace = { wakeIntervalMicros };
  const target = new PerCPUEventBuffer({ slotSize: 512, bufferSizePerCPU: 2 ** 22, ...pace });
  const tracer = new KernelTracer({ target, events: ['exec'], ...pace }).start();
  const count = new Count();
  const since = ownMicros();
  const reading = (async () => {
    for await (const events of target.batches())
      for (const { kernel } of events) {
        const argv = kernel!.args?.argv;
        if (argv !== undefined) count.add(JSON.parse(argv) as string[]);
      }
  })();
  const ms = await storm();
  tracer.stop();
  target.close();
  await reading;
  const { lost, dropped } = tracer.getStats();
  if (lost + dropped > 0) console.log(`  ${lost} lost, ${dropped} dropped`);
  return count.figures(ms, ownMicros() - since);
}

const BPFTRACE = bpftrace('tracepoint:syscalls:sys_enter_execve { join(args->argv); }');
/** Columns of execsnoop before the arguments: name, process, parent, result. */
const EXECSNOOP_COLUMNS = 4;

/** @param columns words of a line before the arguments */
async function byLines(command: readonly string[], columns = 0): Promise<Figures> {
  const trace = await LineTool.start(command, () => spawn(PROGRAM, { stdio: 'ignore' }));
  const count = new Count();
  const since = trace.micros;
  trace.lines.on('line', (line) => count.add(line.trimEnd().split(/ +/).slice(columns)));
  const ms = await storm();
  return count.figures(ms, (await trace.rest(() => count.isComplete)) - since);
}

function print(name: string, { told, lines, perSecond, cpuMicros }: Figures): void {
  console.log(
    `  ${name.padEnd(26)}${told} of ${execs} told, ${lines - told} twice  ${Math.round(perSecond)} execs/s` +
      `  ${cpuMicros.toFixed(1)} us of CPU each`,
  );
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

async function main(): Promise<void> {
  console.log(`${describe(machine())}; ${execs} execs, ${repeats} times in turn`);
  const [hasBpftrace, hasExecsnoop] = [hasTool('bpftrace'), hasTool('execsnoop')];
  const costs = new Map<string, number[]>();
  const take = async (name: string, measured: Promise<Figures>): Promise<void> => {
    const figures = await measured;
    print(name, figures);
    costs.set(name, [...(costs.get(name) ?? []), figures.cpuMicros]);
  };
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const micros of PACES) await take(`ours, woken every ${micros / 1000} ms`, ours(micros));
    if (hasBpftrace) await take('bpftrace, lines in Node', byLines(BPFTRACE));
    if (hasExecsnoop) await take('execsnoop, lines in Node', byLines(EXECSNOOP, EXECSNOOP_COLUMNS));
  }
  console.log('Medians:');
  for (const [name, values] of costs)
    console.log(`  ${name.padEnd(26)}${median(values).toFixed(1)} us of CPU each`);
  if (!hasBpftrace) console.log('  no bpftrace here');
  if (!hasExecsnoop) console.log('  no execsnoop here (Debian package: libbpf-tools)');
}

const { permitted, reason } = diagnoseTracing();
if (permitted) void main();
else console.log(`skipped: ${reason}`);
