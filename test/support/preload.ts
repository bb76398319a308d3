/** Libraries of test/fixtures that stand between a child process and its kernel. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..', '..');

export interface Preload {
  /** For the child's environment. */
  readonly env: { LD_PRELOAD: string };
  /** Why it could not be compiled; undefined when it could. */
  readonly missing: string | undefined;
  release(): void;
}

/** Compiles `test/fixtures/NAME.c`. */
export function compilePreload(name: string): Preload {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-preload-'));
  const library = path.join(directory, `${name}.so`);
  const source = path.join(root, 'test', 'fixtures', `${name}.c`);
  const { status, error, stderr } = spawnSync(
    process.env.CC ?? 'cc',
    ['-shared', '-fPIC', '-o', library, source, '-ldl'],
    { encoding: 'utf8' },
  );
  return {
    env: { LD_PRELOAD: library },
    missing: status === 0 ? undefined : (error?.message ?? stderr),
    release: () => fs.rmSync(directory, { recursive: true }),
  };
}
