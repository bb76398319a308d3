/** The files of this repository as git sees them: tracked or new, never ignored. Paths are relative to the root. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './shell.mjs';

export const sourceFiles = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((file) => file !== '' && fs.existsSync(path.join(root, file)));

/** All files our C++ tools look at, `native/` and the C++ tests and benchmarks. */
export const cppFiles = sourceFiles.filter((file) =>
  /^(native|test\/core|bench\/core|bench\/eventfd)\/.*\.(h|cc)$/.test(file),
);

export function read(file) {
  return fs.readFileSync(path.join(root, file), 'utf8');
}
