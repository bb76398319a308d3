/**
 * Jest's tests in an emulated arm64 Linux, a process for each file, which take hours (`verify:long` does them in slices):
 *
 *   npm run test:arm64:suite [-- NAME...]    those whose path below test/ has one of the names in it
 *
 * Tests that start programs need root, or a kernel that runs arm64 by qemu already.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EMULATOR, needEmulator, NODE_FILE, NODE_PACKAGE, runByKernel, SYSROOT } from './arm64.mjs';
import { root, run, runOrFail } from './shell.mjs';
import { testNames } from './test-names.mjs';
import { installPackages, runSteps, Skipped } from './user-project.mjs';

/** For a test, and for a file. The emulator is some ten times as slow. */
const TEST_MS = 600_000;
const FILE_MS = 1_800_000;
/** For a child process of a test: so many times as long as where nothing is emulated. */
const PATIENCE = 10;
/** What an emulator fails by what it is: whole files, or those of their tests that have one of the names. */
const NOT_EMULATED = {
  'collector/commands/doctor.test': {
    names: ['tells what it found'],
    reason: 'what was built here is for the machine itself',
  },
  'collector/memory-plan.test': { reason: 'the emulator by itself takes more than the 64 MB' },
  'collector/proc/connection-watcher.test': {
    reason: 'qemu 7.2 has no netlink socket that tells of connections',
  },
  'collector/proc/process-watcher.test': {
    reason: 'a helper of the machine itself makes system calls by the numbers of arm64',
  },
  'collector/run/collect.test': {
    names: ['at the rate asked for', 'splits the rate'],
    reason: 'the rate is not reached',
  },
  'collector/run/failures.test': {
    names: ['told in one line: .*--json', 'failed with the events is told'],
    reason: 'it takes longer than the second after which figures are printed, too',
  },
  'examples/programs.test': {
    names: ['who-opens', 'who-connects', 'ebpf-to-grpc'],
    reason: 'qemu has no bpf, where they ask for a capability',
  },
  'kernel/ring-source.test': {
    names: ['no/such/map', 'without a ring buffer a file'],
    reason: 'qemu has no bpf, and so no reason of it',
  },
  'threads/on-full.test': { names: ['within 100 ms'], reason: 'it takes longer than that' },
  'collector/sinks/file-sink.test': {
    names: ['in a stdout that reaches the limit of its size'],
    reason: 'it takes longer than the 25 s after which a run is killed',
  },
};

const folder = path.join(root, 'build', 'arm64');
const node = path.join(folder, NODE_FILE);

/** Node, and the one native part of Jest; once. */
async function install() {
  const { version } = createRequire(import.meta.url)('unrs-resolver/package.json');
  const wanted = [NODE_PACKAGE, `@unrs/resolver-binding-linux-arm64-gnu@${version}`];
  const list = path.join(folder, 'installed.txt');
  if (fs.existsSync(list) && fs.readFileSync(list, 'utf8') === wanted.join('\n')) return;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  // Also for other platforms than this one.
  await installPackages(folder, '--force', ...wanted);
  fs.writeFileSync(list, wanted.join('\n'));
}

async function runFile(name) {
  const { reason, names } = NOT_EMULATED[name] ?? {};
  if (reason !== undefined && names === undefined) throw new Skipped(reason);
  const others = names === undefined ? [] : [`--testNamePattern=^(?!.*(${names.join('|')}))`];
  const { code, output } = await run(
    EMULATOR,
    [
      node,
      'node_modules/.bin/jest',
      '--runInBand',
      `--testTimeout=${TEST_MS}`,
      ...others,
      `build/test/${name}.js`,
    ],
    {
      timeout: FILE_MS,
      env: {
        ...process.env,
        TAPIO_BINARY: undefined,
        TEST_PATIENCE: String(PATIENCE),
        FORCE_COLOR: '0',
        QEMU_LD_PREFIX: SYSROOT,
        NAPI_RS_NATIVE_LIBRARY_PATH: path.join(
          folder,
          'node_modules/@unrs/resolver-binding-linux-arm64-gnu/resolver.linux-arm64-gnu.node',
        ),
      },
    },
  );
  if (code !== 0) throw new Error(output.trimEnd());
  const counts = /^Tests: +(.*), \d+ total$/m.exec(output)?.[1];
  return names === undefined ? counts : `${counts}: ${reason}`;
}

needEmulator();
const steps = Object.fromEntries(testNames().map((name) => [name, () => runFile(name)]));
await runOrFail(process.execPath, ['scripts/prebuild.mjs', 'linux-arm64']);
await install();
const problem = runByKernel();
if (problem !== undefined)
  console.log(`tests that start programs cannot pass: the kernel does not run arm64: ${problem}`);
await runSteps('tests on arm64', steps, { only: process.argv.slice(2) });
