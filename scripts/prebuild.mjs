/**
 * Builds published binaries into prebuilds/, from scratch and without touching build/Release, then holds each against
 * scripts/check-binary.mjs. A compiler warning fails it too.
 *
 *   npm run prebuild                          that of this machine
 *   npm run prebuild -- linux-arm64 ...       those, by names of scripts/targets.mjs
 *   npm run prebuild -- all                   all that this machine can build
 *   npm run prebuild -- --again linux-arm64   builds twice, in two places: the bytes must be the same
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkBinary } from './check-binary.mjs';
import { buildForWindows } from './mingw.mjs';
import { stage } from './native-stage.mjs';
import { nodeDirectory } from './node-headers.mjs';
import { fail, has, readArguments, root, runBin } from './shell.mjs';
import { binaryFile, compilerOf, isForeign, ownTarget, targets } from './targets.mjs';

/** The scripts that decide what a binary is made of. */
const RECIPE = ['prebuild', 'mingw', 'compiler-flags', 'native-stage', 'node-headers', 'targets'];

const { positionals, values } = readArguments({
  allowPositionals: true,
  options: { again: { type: 'boolean', default: false } },
});
const buildable = Object.keys(targets).filter(
  (name) => !isForeign(targets[name]) || hasCompiler(targets[name]),
);
const names = positionals.includes('all') ? buildable : positionals.length > 0 ? positionals : [ownTarget];

for (const name of names) {
  const target = targets[name];
  if (!target) fail(`no target ${name}; there are ${Object.keys(targets).join(', ')}`);
  if (!buildable.includes(name)) {
    fail(
      `${name}: ${target.tools ? `no compiler ${compilerOf(target)} (Debian package: ${debianPackage(target)})` : 'builds on that platform only'}`,
    );
  }
  const file = binaryFile(target);
  // npm runs a script of this name before every `npm run build` as well.
  const isBuilt = values.again || !isUpToDate(file);
  if (isBuilt) await build(name, file);
  if (values.again) {
    const first = fs.readFileSync(file);
    await build(name, file, '-again');
    if (!first.equals(fs.readFileSync(file))) fail(`${name}: a second build gave other bytes`);
    console.log(`${name}: a second build in another place gave the same bytes`);
  }
  await check(target, file, isBuilt);
}

async function build(name, file, place = '') {
  const target = targets[name];
  fs.rmSync(file, { force: true });
  const cwd = stage(`prebuild-${name}${place}`);
  const { code, output } = await (target.platform === 'win32' && isForeign(target)
    ? buildForWindows(target, cwd, file)
    : buildByGyp(target, cwd));
  if (code !== 0) fail(`${output.trimEnd()}\n\nThe prebuild of ${name} failed.`);
  if (/\bwarning:/.test(output)) fail(`${output.trimEnd()}\n\nThe compiler warned.`);
  if (!fs.existsSync(file)) fail(`${name}: there is no ${path.relative(root, file)}`);
}

function buildByGyp(target, cwd) {
  const env = { ...process.env, PREBUILD_NODE_GYP: path.join(root, 'node_modules', '.bin', 'node-gyp') };
  const directory = nodeDirectory();
  if (directory) env.npm_config_nodedir = directory;
  if (isForeign(target)) {
    env.CC = `${target.tools}gcc`;
    env.CXX = compilerOf(target);
    env.PREBUILD_STRIP_BIN = `${target.tools}strip`;
  }
  if (target.libc) env.PREBUILD_LIBC = target.libc;
  if (target.libc === 'musl') env.GYP_DEFINES = 'any_libc=1';
  const libc = target.libc ? ['--tag-libc'] : [];
  const args = ['--napi', '--strip', '--arch', target.arch, '--target', process.versions.node, '--out', root];
  return runBin('prebuildify', [...args, ...libc], { cwd, env });
}

/** What fails is removed: a later run, and whoever packs, would take it for good. */
async function check(target, file, isBuilt) {
  const shown = path.relative(root, file);
  // Of others than macOS the gate reads by binutils.
  if (process.platform !== 'linux' && target.platform !== 'darwin') {
    if (isBuilt) console.log(`${shown}: ${fs.statSync(file).size} bytes`);
    return;
  }
  const { versions, needed, size, problems } = await checkBinary(file, target).catch((error) => ({
    problems: [error.message],
  }));
  if (problems.length > 0) {
    fs.rmSync(file);
    fail(`${shown}: failed the gate:\n  ${problems.join('\n  ')}`);
  }
  if (!isBuilt) return;
  const highest = Object.entries(versions).map(([family, version]) => `${family} ${version}`);
  const needs = needed.length > 0 ? `needs ${needed.join(' ')}` : 'needs no library';
  console.log(`${shown}: ${[`${size} bytes`, ...highest, needs].join(', ')}`);
}

function hasCompiler(target) {
  return target.tools !== undefined && has(compilerOf(target));
}

function debianPackage({ tools, debian }) {
  return debian ?? `g++-${tools.slice(0, -1).replaceAll('_', '-')}`;
}

/** Whether the binary is newer than all it is made of. */
function isUpToDate(file) {
  if (!fs.existsSync(file)) return false;
  const built = modified(file);
  const sources = ['native/core', 'native/addon', 'native/kernel']
    .map((name) => path.join(root, name))
    .flatMap((name) => fs.readdirSync(name).map((source) => path.join(name, source)));
  sources.push(path.join(root, 'binding.gyp'), path.join(root, 'package-lock.json'));
  for (const name of RECIPE) sources.push(path.join(root, 'scripts', `${name}.mjs`));
  return sources.every((source) => modified(source) < built);
}

function modified(file) {
  return fs.statSync(file).mtimeMs;
}
