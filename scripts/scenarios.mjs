/**
 * Installs the packed package as a user does, and runs there, with any runtime, what must work in every one: the README's first
 * program and the scenarios of test/package/runtime.mjs.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './shell.mjs';
import { installPackages, namedTarball, pack } from './user-project.mjs';

const TAPIO = 'node_modules/@tapio/performance/bin/tapio.js';
const collect = ['collect', '--source', 'synthetic', '--rate', '5000', '--duration', '2', '--json'];

/** How each is called, and what its output says when all went well: undefined, when it did not. */
const scenarios = {
  demo: { script: ['demo.mjs'], seen: demoOutcome },
  ...Object.fromEntries(
    ['flood', 'steady', 'batches', 'waits', 'aborts', 'terminate', 'sizing', 'idle'].map((name) => [
      name,
      { script: ['runtime.mjs', name], seen: (output) => /^ok (.*)$/m.exec(output)?.[1] },
    ]),
  ),
  doctor: { script: [TAPIO, 'doctor'], isCommand: true, seen: doctorOutcome },
  collect: { script: [TAPIO, ...collect], isCommand: true, seen: collectOutcome },
};
/** Those that use the package from a program, without its command. */
export const inPrograms = Object.keys(scenarios).filter((name) => !scenarios[name].isCommand);

/** A new folder with the package and the others named in it; no script of any runs. Removed when the process ends. */
export async function installedFolder(...packages) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-runtimes-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const tarball = namedTarball() ?? (await pack(folder)).file;
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  // Also for other platforms than this one.
  await installPackages(folder, '--force', tarball, ...packages);

  fs.copyFileSync(path.join(root, 'test/package/runtime.mjs'), path.join(folder, 'runtime.mjs'));
  const [, demo] = /```js\n(.*?)```/s.exec(fs.readFileSync(path.join(root, 'README.md'), 'utf8'));
  fs.writeFileSync(path.join(folder, 'demo.mjs'), demo);
  return folder;
}

/** Variables that have the binary for any C library taken. */
export function musl(folder, platform) {
  const file = `node_modules/@tapio/performance/prebuilds/${platform}/@tapio+performance.musl.node`;
  return { TAPIO_BINARY: path.join(folder, file) };
}

/** Ends with what it wrote. By way of a file, since Node cannot write to a pipe under wine. */
function outcome([command, ...args], { cwd, env, limit }) {
  const log = path.join(cwd, 'output.txt');
  const file = fs.openSync(log, 'w');
  return new Promise((resolve) => {
    const end = (code) => {
      fs.closeSync(file);
      resolve({ code, output: fs.readFileSync(log, 'utf8').trim() });
    };
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', file, file], timeout: limit });
    child.on('error', (error) => {
      fs.writeSync(file, error.message);
      end(127);
    });
    child.on('close', (code, signal) => end(code ?? signal));
  });
}

/**
 * Runs scenarios in `folder` by each runtime, prints a table, and says whether all passed.
 * @param runtimes `command` and `env` start it, `forTapio` the package's own command, if that takes another one; `only`: the scenarios
 *   it takes part in
 * @param limit milliseconds for one
 */
export async function runScenarios(folder, runtimes, limit = 60_000) {
  const names = Object.keys(scenarios);
  const failures = [];
  console.log(`| | ${names.join(' | ')} |\n|---${'|---'.repeat(names.length)}|`);
  for (const { label, command, env, forTapio = command, only = names } of runtimes) {
    const cells = [];
    for (const name of names) {
      if (!only.includes(name)) {
        cells.push('');
        continue;
      }
      const { script, seen, isCommand } = scenarios[name];
      const line = [...(isCommand ? forTapio : command), ...script];
      const options = { cwd: folder, env: { ...process.env, ...env }, limit };
      const { code, output } = await outcome(line, options);
      const cell = code === 0 ? seen(output) : undefined;
      cells.push(cell ?? 'FAILED');
      if (cell === undefined) failures.push(`${label}, ${name}: ended with ${code}\n${output}`);
    }
    console.log(`| ${label} | ${cells.join(' | ')} |`);
  }
  for (const failure of failures) console.error(`\n${failure}`);
  return failures.length === 0;
}

function demoOutcome(output) {
  const batches = [...output.matchAll(/^(\d+) events, first [0-9a-f]{32}\s*$/gm)];
  const events = batches.reduce((sum, [, count]) => sum + Number(count), 0);
  return events === 1000 ? `${events} events` : undefined;
}

/** The binary that was loaded. */
function doctorOutcome(output) {
  return /^binary .*?(prebuilds\S+)/m.exec(output)?.[1].replace('@tapio+performance.', '');
}

function collectOutcome(output) {
  const line = /^\{.*\}\s*$/m.exec(output)?.[0];
  if (!line) return undefined;
  const { produced, delivered, dropped, processCpuPercent } = JSON.parse(line);
  if (!(produced > 0) || produced !== delivered + dropped) return undefined;
  return `${delivered} events, ${processCpuPercent} % CPU`;
}
