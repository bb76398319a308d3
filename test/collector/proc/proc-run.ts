/** Runs of `tapio collect --source proc`, here or in namespaces, beside processes that do as they are told. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams, type SpawnOptions } from 'node:child_process';
import { eventFromJSON, type UnifiedEvent } from '@tapio/performance';
import { behind, endAll, Tapio } from '../cli';

const ARGUMENTS = ['collect', '--source', 'proc', '--proc-interval', '50', '--sink', 'stdout', '--json'];

/** For afterEach: also ends what a failed test has left running. */
export function endAllRuns(): void {
  for (const child of helpers.splice(0)) child.kill('SIGKILL');
  endAll();
}

const helpers: ChildProcessWithoutNullStreams[] = [];

export class ProcRun {
  readonly tapio: Tapio;

  constructor(options: { command?: string[]; spawn?: SpawnOptions; env?: NodeJS.ProcessEnv } = {}) {
    this.tapio = new Tapio(ARGUMENTS, options.env, behind(...(options.command ?? [])), options.spawn);
  }

  static async started(options?: ConstructorParameters<typeof ProcRun>[0]): Promise<ProcRun> {
    const run = new ProcRun(options);
    await run.tapio.started('stderr');
    return run;
  }

  private readonly parsed: UnifiedEvent[] = [];
  private parsedUpTo = 0;

  /** Each line is parsed once: a busy machine has tens of thousands of them. */
  get events(): readonly UnifiedEvent[] {
    const { stdout } = this.tapio.output;
    const end = stdout.lastIndexOf('\n') + 1;
    if (end > this.parsedUpTo) {
      for (const line of stdout.slice(this.parsedUpTo, end).split('\n'))
        if (line.includes('"timestamp"')) this.parsed.push(eventFromJSON(line));
      this.parsedUpTo = end;
    }
    return this.parsed;
  }

  /** The first event that is so. */
  async seen(test: (event: UnifiedEvent) => unknown): Promise<UnifiedEvent> {
    let found: UnifiedEvent | undefined;
    let looked = 0;
    await this.tapio.until('stdout', () => {
      for (const { events } = this; found === undefined && looked < events.length; looked++)
        if (test(events[looked])) found = events[looked];
      return found !== undefined;
    });
    return found!;
  }

  /** The first event of this type about this process. */
  seenOf(type: string, pid: number): Promise<UnifiedEvent> {
    return this.seen((event) => event.type === type && event.kernel?.pid === pid);
  }

  warned(text: RegExp): Promise<void> {
    return this.tapio.until('stderr', (stderr) => text.test(stderr));
  }
}

/** A process that answers a line with a line. */
export class Helper {
  readonly child: ChildProcessWithoutNullStreams;
  private output = '';
  private wake: () => void = () => undefined;

  constructor([file, ...args]: string[], options: SpawnOptions = {}) {
    this.child = spawn(file, args, { ...options, stdio: 'pipe' });
    helpers.push(this.child);
    this.child.stdin.on('error', () => undefined);
    const append = (text: string): void => {
      this.output += text;
      this.wake();
    };
    this.child.stdout.setEncoding('utf8').on('data', append);
    this.child.stderr.setEncoding('utf8').on('data', append);
    this.child.on('close', () => this.wake());
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The next line it says. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.output.indexOf('\n');
      if (end >= 0) {
        const line = this.output.slice(0, end);
        this.output = this.output.slice(end + 1);
        return line;
      }
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error('it has ended');
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  ask(line: string): Promise<string> {
    this.child.stdin.write(`${line}\n`);
    return this.line();
  }
}

/** Why a command cannot be run here; undefined where it can. */
function refusalOf([file, ...args]: string[]): string | undefined {
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `${[file, ...args].join(' ')}: ${(error?.message ?? stderr).trim()}`;
}

/** A test that needs what these commands need; where one fails it says so, and does nothing. */
export function testWith(needs: string[][], name: string, run: () => Promise<void>): void {
  const refusal = process.platform === 'linux' ? needs.map(refusalOf).find(Boolean) : 'no Linux';
  if (refusal === undefined) test(name, run);
  else test(`${name} (skipped)`, () => console.log(`skipped: ${refusal}`));
}

export const NEEDS = {
  root: ['sh', '-c', 'test "$(id -u)" = 0 || { echo not root >&2; exit 1; }'],
  python: ['python3', '-c', 'import ctypes'],
  mounts: ['unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'],
  timens: ['unshare', '--time', '--boottime', '5', 'true'],
  pidns: ['unshare', '--pid', '--fork', '--mount-proc', 'true'],
  netns: ['unshare', '--net', 'ip', 'link', 'set', 'lo', 'up'],
} satisfies Record<string, string[]>;

/** Words that run what follows them in a mount namespace of its own, after `setup`. */
export function inMountNamespace(setup: string, ...flags: string[]): string[] {
  return ['unshare', '--mount', '--kill-child', '--fork', ...flags, 'sh', '-c', `${setup}; exec "$@"`, 'sh'];
}
