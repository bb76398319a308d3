/** Small C programs that tests compile when they run. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-c-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

/**
 * The program, whose file name is the command name that the kernel tells of it: at most 15 characters. undefined where no compiler can
 * make it.
 */
export function compile(name: string, source: string, flags: readonly string[] = []): string | undefined {
  const file = path.join(folder, name);
  try {
    execFileSync('gcc', ['-O1', '-w', '-x', 'c', '-', '-o', file, '-pthread', ...flags], {
      input: source,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    return file;
  } catch {
    return undefined;
  }
}
