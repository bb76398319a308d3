/** The programs of examples/, each as a process of its own, as a reader of its first lines would start it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export const examples = path.join(__dirname, '../../../examples');

export interface Ending {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class Example {
  stdout = '';
  stderr = '';
  readonly process: ChildProcessWithoutNullStreams;
  private readonly closed: Promise<unknown[]>;
  private waiting: (() => void) | undefined;

  /** name: below examples/, without its extension. */
  constructor(name: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    this.process = spawn(process.execPath, [path.join(examples, `${name}.mjs`), ...args], {
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
    this.process.stdin.end();
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.waiting?.();
    });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.waiting?.();
    });
    this.closed = once(this.process, 'close');
  }

  /** What it says, on stdout or stderr, as soon as the pattern matches it. Rejects if it ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match) return match;
      const more = new Promise<boolean>((resolve) => (this.waiting = () => resolve(true)));
      if (!(await Promise.race([more, this.closed.then(() => false)])))
        throw new Error(`it ended without ${String(pattern)}: ${this.stdout}${this.stderr}`);
    }
  }

  async end(): Promise<Ending> {
    const [code] = (await this.closed) as [number | null];
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  /** For afterEach: whatever a test has left running. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.closed;
  }
}
