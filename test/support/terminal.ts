/** Programs on a real terminal, by `script` of util-linux. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Why there is no terminal to be had here; undefined where there is. */
const refusal = ((): string | undefined => {
  const { status, error } = spawnSync('script', ['-qec', 'test -t 1', '/dev/null']);
  return status === 0 ? undefined : `no terminal by script: ${error?.message ?? `exit code ${status}`}`;
})();

/** A test that needs a terminal; where there is none it says why, and does nothing. */
export function terminalTest(name: string, run: () => Promise<void>): void {
  if (refusal === undefined) test(name, run);
  else test(`${name} (skipped)`, () => console.log(`skipped: ${refusal}`));
}

const terminals = new Set<ChildProcess>();
// What a failed test has left running would keep Jest from ending.
afterEach(() => {
  for (const terminal of terminals) terminal.kill('SIGKILL');
});

/** Starts a shell command line whose standard streams are a terminal of their own. The child's stdout is what the terminal gets. */
export function onTerminal(line: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const terminal = spawn('script', ['-qefc', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  terminals.add(terminal);
  terminal.once('close', () => terminals.delete(terminal));
  return terminal;
}

/** Everything the terminal gets up to the end of the command. */
export async function terminalOutput(line: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const child = onTerminal(line, env);
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  return output;
}
