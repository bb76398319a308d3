// `npm run bench:core` and `npm run bench:scaling`: builds the program in bench/core, and runs the suite.
//
//   node scripts/bench-core.mjs core|scaling [ARGUMENTS...]
import { spawnSync } from 'node:child_process';
import { fail, root, run } from './shell.mjs';

const [suite, ...args] = process.argv.slice(2);
console.error('building bench/core...');
const { code, output } = await run('make', ['-s', '-C', 'bench/core']);
if (code !== 0) {
  const missing = /No such file or directory/.test(output)
    ? '\nDebian packages: libconcurrentqueue-dev libreaderwriterqueue-dev libboost-dev libtbb-dev libck-dev libxenium-dev'
    : '';
  fail(`${output.trimEnd()}\n\nbench/core was not built.${missing}`);
}
const { status } = spawnSync(process.execPath, [`build/bench/${suite}.bench.js`, ...args], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
