/**
 * The packed package in Node, Bun and Deno: a table of what each did. The two come from npm, at the versions that are promised.
 *
 *   npm run test:runtimes
 *   npm run test:runtimes -- --node-only
 *
 * TAPIO_TARBALL names the folder and file of a tarball to take instead of packing this tree.
 */
import fs from 'node:fs';
import path from 'node:path';
import { installedFolder, runScenarios } from './scenarios.mjs';

const BUN = '1.4.5';
const DENO = '2.9.6';

/** Where their executables are, in packages for one platform each. None for Windows: the binary there loads in NODE.EXE alone. */
const executables = {
  'linux-x64': ['@oven/bun-linux-x64/bin/bun', '@deno/linux-x64-glibc/deno'],
  'linux-arm64': ['@oven/bun-linux-aarch64/bin/bun', '@deno/linux-arm64-glibc/deno'],
  'darwin-x64': ['@oven/bun-darwin-x64/bin/bun', '@deno/darwin-x64/deno'],
  'darwin-arm64': ['@oven/bun-darwin-aarch64/bin/bun', '@deno/darwin-arm64/deno'],
};

const packageOf = (file) => file.split('/').slice(0, 2).join('/');
const [bun, deno] = process.argv.includes('--node-only')
  ? []
  : (executables[`${process.platform}-${process.arch}`] ?? []);
const packages = bun ? [`${packageOf(bun)}@${BUN}`, `${packageOf(deno)}@${DENO}`] : [];
const folder = await installedFolder(...packages);
const rows = [{ label: `Node ${process.versions.node}`, command: [process.execPath] }];
if (bun) {
  const [bunFile, denoFile] = [bun, deno].map((file) => path.join(folder, 'node_modules', file));
  // Their packages' own scripts, which do not run, would do that.
  for (const file of [bunFile, denoFile]) fs.chmodSync(file, 0o755);
  rows.push({ label: `Bun ${BUN}`, command: [bunFile] });
  rows.push({
    label: `Deno ${DENO}`,
    // What the package needs: the addon, the variables that name a binary, the files of the package. The command reads /sys, too.
    command: [denoFile, 'run', '--allow-ffi', '--allow-env', '--allow-read'],
    forTapio: [denoFile, 'run', '--allow-all'],
    env: { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
  });
}
if (!(await runScenarios(folder, rows))) process.exitCode = 1;
