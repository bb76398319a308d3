/** A folder outside of this repository in which a user's commands are run, and the steps of a test on it, printed as they end. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fail, root, run } from './shell.mjs';

// What npm hands down to its scripts must not reach the user's npm that we play here.
export const userEnv = Object.fromEntries(
  Object.entries(process.env).filter(
    ([key]) => !/^npm_(package|lifecycle|command|execpath|node)/.test(key) && key !== 'INIT_CWD',
  ),
);

export function expect(condition, message) {
  if (!condition) throw new Error(message);
}

/** Bundlers print the line that failed, which may be all of the program. */
function short(output) {
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(0, 300));
  return lines.slice(-40).join('\n');
}

/** Runs a command that must end with 0 within some minutes. Returns its stdout. */
export async function succeed(command, args, { cwd, env = userEnv }) {
  const { code, stdout, output } = await run(command, args, { cwd, env });
  expect(code === 0, `${command} ${args.join(' ')} ended with ${code}:\n${short(output)}`);
  return stdout;
}

export function newFolder() {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-package-')));
}

/** The tarball that TAPIO_TARBALL names, whose last part may begin with `tapio-performance-*`; undefined where it names none. */
export function namedTarball() {
  const named = process.env.TAPIO_TARBALL;
  if (!named) return undefined;
  const place = path.resolve(root, path.dirname(named));
  const found = fs.readdirSync(place).filter((file) => /^tapio-performance-.*\.tgz$/.test(file));
  expect(found.length === 1, `expected one tarball in ${place}, found ${found.join(', ') || 'none'}`);
  return path.join(place, found[0]);
}

/** Packs what is published into a folder, unless TAPIO_TARBALL names it. Returns what scripts/pack.mjs tells. */
export async function pack(folder) {
  const file = namedTarball();
  if (file === undefined)
    return JSON.parse(await succeed(process.execPath, ['scripts/pack.mjs', folder], { cwd: root }));
  const told = JSON.parse(await succeed('npm', ['pack', file, '--dry-run', '--json'], { cwd: folder }));
  const { files, size, unpackedSize } = Array.isArray(told) ? told[0] : Object.values(told)[0];
  return { file, files: files.map((each) => each.path), size, unpackedSize };
}

/** npm, by the file that runs it: it is no executable on every platform. */
const npmFile = process.env.npm_execpath;
const npm = npmFile?.endsWith('npm-cli.js') ? [process.execPath, npmFile] : ['npm'];

/** By npm, without running anything of the packages, among which options of npm may be. */
export async function installPackages(folder, ...packages) {
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await succeed(npm[0], [...npm.slice(1), 'install', ...options, ...packages], { cwd: folder });
}

/** Packages as npm is asked for them, at the versions that this checkout has. */
export function atVersionsHere(names) {
  return names.map((name) => {
    const manifest = path.join(root, 'node_modules', name, 'package.json');
    return `${name}@${JSON.parse(fs.readFileSync(manifest, 'utf8')).version}`;
  });
}

/**
 * Runs steps one after another and prints what each returns, or why it failed; Skipped is neither. Sets the exit code.
 * @param title of the last line
 * @param only names of the steps to run; empty: all
 * @param goOn asked after a failed step
 */
export async function runSteps(title, steps, { only = [], goOn = () => true } = {}) {
  let failed = 0;
  const unknown = only.filter((part) => !Object.keys(steps).some((step) => step.includes(part)));
  if (unknown.length > 0) fail(`${title}: no step has in its name: ${unknown.join(', ')}`);
  for (const [step, check] of Object.entries(steps)) {
    if (only.length > 0 && !only.some((part) => step.includes(part))) continue;
    const start = performance.now();
    try {
      const detail = await check();
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`ok      ${step}${detail ? ` (${detail})` : ''}, ${seconds} s`);
    } catch (error) {
      if (error instanceof Skipped) {
        console.log(`skipped ${step}: ${error.message}`);
        continue;
      }
      failed++;
      console.log(`failed  ${step}\n${error.message.replace(/^/gm, '        ')}`);
      if (!goOn()) break;
    }
  }
  console.log(failed === 0 ? `${title}: all ok` : `${title}: ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Thrown by a step that cannot be run here, with the reason. */
export class Skipped extends Error {}
