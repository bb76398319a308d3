/** A tracing tool whose lines a Node process reads: what a Node user would take instead. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createInterface, type Interface } from 'node:readline';

/** Commands. Into a pipe execsnoop, of Debian's libbpf-tools, would write its lines by the block. */
export const bpftrace = (script: string): readonly string[] => ['bpftrace', '-e', script];
export const EXECSNOOP: readonly string[] = ['stdbuf', '-oL', 'execsnoop'];

export function hasTool(name: 'bpftrace' | 'execsnoop'): boolean {
  return spawnSync(name, ['--version']).status === 0;
}

const STREAMS: { stdio: ['ignore', 'pipe', 'ignore'] } = { stdio: ['ignore', 'pipe', 'ignore'] };
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));

/** Where tracefs is not mounted it gets one of its own. */
function start(command: readonly string[]): ChildProcess {
  if (fs.existsSync('/sys/kernel/tracing/events')) return spawn(command[0], command.slice(1), STREAMS);
  // In a mount namespace of its own: nothing of it stays.
  const mount = 'mount -t tracefs none /sys/kernel/tracing && exec "$@"';
  return spawn('unshare', ['--mount', 'sh', '-c', mount, 'sh', ...command], STREAMS);
}

function microsOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/** Of this process. */
export function ownMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export class LineTool {
  private readonly child: ChildProcess;
  readonly lines: Interface;

  private constructor(command: readonly string[]) {
    this.child = start(command);
    this.lines = createInterface({ input: this.child.stdout! });
  }

  /** @param trial does what it tells a line of: a first one comes before it is in the kernel */
  static async start(command: readonly string[], trial: () => void): Promise<LineTool> {
    const trace = new LineTool(command);
    await once(trace.lines, 'line');
    const first = once(trace.lines, 'line');
    const tries = setInterval(trial, 100);
    await first;
    clearInterval(tries);
    return trace;
  }

  /** Of it and of this process, which reads its lines. */
  get micros(): number {
    return ownMicros() + microsOf(this.child.pid!);
  }

  /** Until `isComplete`, or nothing has come for half a second; then what it cost up to here. */
  async rest(isComplete: () => boolean): Promise<number> {
    const pause = (): Promise<'quiet'> => new Promise((resolve) => setTimeout(() => resolve('quiet'), 500));
    while (!isComplete() && (await Promise.race([once(this.lines, 'line'), pause()])) !== 'quiet');
    const used = this.micros;
    this.child.kill('SIGKILL');
    return used;
  }
}
