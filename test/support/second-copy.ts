/** Another copy of the package, with an addon and a table of interned texts of its own. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Removed when the process ends. */
export function secondCopy(): typeof import('@tapio/performance') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-copy-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const binary = 'build/Release/tapio_performance.node';
  for (const name of ['dist', 'prebuilds', 'package.json', ...(fs.existsSync(binary) ? [binary] : [])])
    fs.cpSync(path.resolve(name), path.join(folder, name), { recursive: true });
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- its path is known only here
  return require(path.join(folder, 'dist/index.js')) as typeof import('@tapio/performance');
}
