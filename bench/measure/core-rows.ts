/** Runs the benchmark of the native core, a program of its own, and gives its rows the shape of all others. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { progress } from './progress';
import type { RowResult } from './result';
import type { Target } from './row';
import { spreadOf } from './spread';

interface Printed {
  readonly name: string;
  readonly title: string;
  readonly contenders: readonly {
    readonly name: string;
    readonly ours: boolean;
    readonly samples: readonly number[];
    readonly cpuSeconds: readonly number[];
  }[];
}

const program = path.resolve(__dirname, '../../bench-core/core_bench');

/** Calls `each` with every row as it is ready. Rejects when a ring lost something. */
export async function runCore(
  args: readonly string[],
  targets: (row: string) => readonly Target[],
  each: (row: RowResult) => void,
): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let last = '';
  readline.createInterface(child.stderr).on('line', (line) => progress((last = line)));
  readline.createInterface(child.stdout).on('line', (line) => {
    const { name, title, contenders } = JSON.parse(line) as Printed;
    each({
      name,
      title,
      kind: 'native',
      targets: targets(name),
      contenders: contenders.map((contender) => ({
        ...contender,
        ns: spreadOf(contender.samples),
        cpuSeconds: spreadOf(contender.cpuSeconds).median,
        bytes: 0,
      })),
    });
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal ?? 1));
  });
  if (code !== 0) throw new Error(`core_bench ended with ${code}: ${last}`);
}
