/** Runs the real `tapio` command as a child process, and reaches the collector's own modules. */
import { spawn, type ChildProcessWithoutNullStreams, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { eventFromJSON } from '@tapio/performance';

/** Of build/test/collector, where this runs. */
const root = path.resolve(__dirname, '..', '..', '..');
const { bin } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { bin: unknown };
export const main = path.join(root, 'dist', 'collector', 'main.js');
/** What is installed as the command `tapio`. */
export const command = path.join(root, (bin as { tapio: string }).tapio);

/** Of a module of lib/collector, as compiled. */
export function fileOf(name: string): string {
  return path.join(root, 'dist', 'collector', name);
}

export function internal<T>(name: string): T {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- found at run time, built beside the tests
  return require(fileOf(name)) as T;
}

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Summary {
  produced: number;
  delivered: number;
  dropped: number;
  droppedBy: { buffer: number; sink: number };
  durationMs: number;
  eventsPerSecond: number;
  consumerCpuPercent: number;
  processCpuPercent: number;
  latencyMicros: { p50: number | null; p99: number | null };
  overflows: number;
  sources: Record<string, { produced: number; dropped: number; malformed: number; requestedRate?: number }>;
  kernel?: { captured: number; lost: number };
  correlated?: { produced: number; delivered: number; dropped: number; bursts: number; chains: number };
}

/** The command, started by the words before it: `unshare --net`, for example. */
export function behind(...command: string[]): string[] {
  return [...command, process.execPath, main];
}

/** A running `tapio`, whose output can be waited for. */
export class Tapio {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output = { stdout: '', stderr: '' };
  private readonly closed: Promise<unknown>;

  /** start: the program that is run with `args`, and what comes before them; see `behind`. */
  constructor(
    args: string[],
    env: NodeJS.ProcessEnv = {},
    start: string[] = behind(),
    options: SpawnOptions = {},
  ) {
    const [file, ...words] = [...start, ...args];
    this.child = spawn(file, words, { ...options, stdio: 'pipe', env: { ...process.env, ...env } });
    this.closed = once(this.child, 'close');
    // A child that has ended no longer reads its input.
    this.child.stdin.on('error', () => {});
    running.add(this.child);
    void this.closed.then(() => running.delete(this.child));
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name].setEncoding('utf8').on('data', (text: string) => (this.output[name] += text));
    }
  }

  /** Resolves when the stream has had what `test` looks for; rejects with the output if the child ends first. */
  async until(name: 'stdout' | 'stderr', test: (text: string) => boolean): Promise<void> {
    const stream = this.child[name];
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!test(this.output[name])) return;
        stream.off('data', look);
        resolve();
      };
      stream.on('data', look);
      look();
      void this.closed.then(() => {
        const { stdout, stderr } = this.output;
        reject(
          new Error(`ended before that\nstdout: ${stdout.slice(-2000)}\nstderr: ${stderr.slice(-2000)}`),
        );
      });
    });
  }

  /** Until the sources run: the first line about the run, on stderr where stdout carries data. */
  started(name: 'stdout' | 'stderr'): Promise<void> {
    return this.until(name, (text) => /^ +\d+:\d\d {2}/m.test(text));
  }

  async end(): Promise<Result> {
    await this.closed;
    return { code: this.child.exitCode, signal: this.child.signalCode, ...this.output };
  }
}

const running = new Set<ChildProcessWithoutNullStreams>();

/** For afterEach: ends what a failed test has left running. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

export async function tapio(args: string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const run = new Tapio(args, env);
  run.child.stdin.end(input);
  return run.end();
}

/** What the summary for people says of events. */
export function toldBy(text: string): Pick<Summary, 'produced' | 'delivered' | 'dropped'> {
  const figures = /([\d,]+) produced = ([\d,]+) delivered \+ ([\d,]+) dropped/.exec(text);
  if (!figures) throw new Error(`no summary: ${text}`);
  const [produced, delivered, dropped] = figures.slice(1).map((figure) => Number(figure.replaceAll(',', '')));
  return { produced, delivered, dropped };
}

/** How many whole lines a text has, each an event, and what is behind the last of them. */
export function linesIn(text: string): { events: number; rest: string } {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  return { events: lines.map((line) => eventFromJSON(line)).length, rest };
}

/** The object on the last line of stdout. */
export function summaryOf({ stdout, stderr }: Result): Summary {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`no summary\nstdout: ${stdout.slice(-2000)}\nstderr: ${stderr}`);
  return JSON.parse(last) as Summary;
}
