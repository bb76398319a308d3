/** Child processes that run an entry point of test/fixtures. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From start to end. */
  milliseconds: number;
}

/** How many times as long things may take here as on a machine that is not emulated. */
export const PATIENCE = Number(process.env.TEST_PATIENCE ?? 1);

/** The compiled file of an entry point, by its name without extension. */
export function fixture(name: string): string {
  return path.join(__dirname, '..', 'fixtures', `${name}.js`);
}

/** Runs a fixture in a process of its own to its end, however it ends. Kills it after `limit` milliseconds, TEST_PATIENCE times as many. */
export function runChild(
  name: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
  limit = 60_000,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const start = performance.now();
  const child: ChildProcess = spawn(process.execPath, [...flags, fixture(name), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit * PATIENCE,
    killSignal: 'SIGKILL',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout, stderr, milliseconds: performance.now() - start }),
    );
  });
}

/** Likewise, and fails unless it exits with 0 and says nothing on stderr. */
export async function runFixture(
  name: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
  limit?: number,
): Promise<Outcome> {
  const outcome = await runChild(name, args, flags, limit);
  const { code, signal, stderr } = outcome;
  if (code !== 0 || signal !== null || stderr !== '') {
    throw new Error(
      `${name} ${args.join(' ')}: exit code ${code}, signal ${signal}\n${outcome.stdout}\n${stderr}`,
    );
  }
  return outcome;
}
