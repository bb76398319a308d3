/**
 * `npm run coverage [-- TESTS...]`: the lines and branches that the C++ tests and Jest reach; of lib/ in the threads of the test files, in
 * workers and in child processes alike; those that are killed or terminated tell nothing. What is in the bundle is told by the lines of
 * lib/, the rest by those of dist/. With TESTS only what those reach. What V8 counted is in build/coverage/v8.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { HANDS_OUT } from './bundle.mjs';
import { root } from './shell.mjs';

const counts = path.join(root, 'build', 'coverage', 'v8');
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const bin = (name) => path.join(root, 'node_modules', '.bin', name);

function succeeds(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status === 0;
}

/** The bundle tells by its source map of the files that only hand out their part of it. */
function bundled() {
  const files = fs
    .readdirSync(path.join(root, 'dist'), { recursive: true })
    .map((file) => path.join('dist', file));
  return files.filter((file) => file.endsWith('.js') && HANDS_OUT.test(read(file)));
}

fs.rmSync(counts, { recursive: true, force: true });
fs.mkdirSync(counts, { recursive: true });
const tests = process.argv.slice(2);
const core = tests.length > 0 || succeeds('make', ['-s', '-j2', '-C', 'test/core', 'coverage']);
const reporters = ['--reporters=default', '--reporters=./scripts/coverage-reporter.cjs'];
const jest = succeeds(
  process.execPath,
  [bin('jest'), ...tests, '--coverage', '--coverageProvider=v8', '--coverageReporters=none', ...reporters],
  { NODE_V8_COVERAGE: counts },
);
const told = succeeds(process.execPath, [
  bin('c8'),
  'report',
  ...['--temp-directory', counts, '--merge-async', '--all', '--src', 'dist', '--include', 'dist/**/*.js'],
  ...['dist/collector/page/files/**', ...bundled()].flatMap((file) => ['--exclude', file]),
  ...['--skip-full', '--reporter', 'text', '--reporter', 'text-summary'],
]);
process.exitCode = core && jest && told ? 0 : 1;
