/** `npm run bench:kernel [-- --against REV] [SECONDS]`: builds that commit of this repository, if one is named, and runs the benchmark. */
import { spawnSync } from 'node:child_process';
import { withOtherBuild } from './other-build.mjs';
import { root } from './shell.mjs';

const args = await withOtherBuild(process.argv.slice(2));
const { status } = spawnSync(process.execPath, ['build/bench/kernel.bench.js', ...args], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
