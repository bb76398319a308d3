/**
 * The packed package in an emulated arm64 Linux: a table of what it did with each of the two binaries.
 *
 *   npm run test:arm64              (needs Debian's g++-aarch64-linux-gnu and qemu-user-static)
 *   npm run test:arm64 -- --quick   the glibc one only
 *
 * The emulator runs on x64, whose memory keeps an order that real arm64 does not: functions are tested here, not their ordering.
 */
import { EMULATOR, needEmulator, NODE_FILE, NODE_PACKAGE, SYSROOT } from './arm64.mjs';
import { installedFolder, musl, runScenarios } from './scenarios.mjs';
import { fail, root, run } from './shell.mjs';

needEmulator();
const isQuick = process.argv.includes('--quick');
const built = isQuick ? ['linux-arm64'] : ['linux-arm64', 'linux-arm64-musl'];
const { code, output } = await run(process.execPath, ['scripts/prebuild.mjs', ...built], { cwd: root });
if (code !== 0) fail(output.trimEnd());
if (output) console.log(output.trimEnd());

const folder = await installedFolder(NODE_PACKAGE);
const command = [EMULATOR, '-L', SYSROOT, `${folder}/${NODE_FILE}`];
const rows = [{ label: 'glibc', command }];
if (!isQuick) rows.push({ label: 'musl, in glibc', command, env: musl(folder, 'linux-arm64') });
if (!(await runScenarios(folder, rows, 180_000))) process.exitCode = 1;
