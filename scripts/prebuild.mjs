/**
 * Builds the binary that is published for this platform into prebuilds/, from scratch and without touching
 * build/Release, then holds it against scripts/check-binary.mjs. A compiler warning fails it too.
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkBinary } from './check-binary.mjs';
import { stage } from './native-stage.mjs';
import { nodeDirectory } from './node-headers.mjs';
import { fail, root, runBin } from './shell.mjs';

const target = `${process.platform}-${process.arch}`;
const folder = path.join(root, 'prebuilds', target);
// npm runs a script of this name before every `npm run build` as well.
if (isUpToDate()) process.exit(0);
fs.rmSync(folder, { recursive: true, force: true });

const directory = nodeDirectory();
const env = { ...process.env, PREBUILD_NODE_GYP: path.join(root, 'node_modules', '.bin', 'node-gyp') };
if (directory) env.npm_config_nodedir = directory;
const { code, output } = await runBin(
  'prebuildify',
  ['--napi', '--strip', '--tag-libc', '--target', process.versions.node, '--out', root],
  { cwd: stage('prebuild'), env },
);
if (code !== 0) fail(`${output.trimEnd()}\n\nThe prebuild failed.`);
if (/\bwarning:/.test(output)) fail(`${output.trimEnd()}\n\nThe compiler warned.`);

const [name, ...others] = fs.readdirSync(folder).filter((file) => file.endsWith('.node'));
if (!name || others.length > 0)
  fail(`expected one binary in prebuilds/${target}, found ${[name, ...others].join(', ')}`);
const file = path.join(folder, name);
if (process.platform !== 'linux') {
  console.log(`prebuilds/${target}/${name}: ${fs.statSync(file).size} bytes`);
} else {
  const { versions, needed, size, problems } = await checkBinary(file, process.arch);
  const highest = Object.entries(versions).map(([family, version]) => `${family} ${version}`);
  console.log(`prebuilds/${target}/${name}: ${size} bytes, ${highest.join(', ')}, needs ${needed.join(' ')}`);
  if (problems.length > 0) fail(`failed the gate:\n  ${problems.join('\n  ')}`);
}

/** Whether the binary is newer than all it is made of. */
function isUpToDate() {
  if (!fs.existsSync(folder)) return false;
  const binaries = fs.readdirSync(folder).map((file) => modified(path.join(folder, file)));
  const sources = ['native/core', 'native/addon', 'native/kernel']
    .map((name) => path.join(root, name))
    .filter((name) => fs.existsSync(name))
    .flatMap((name) => fs.readdirSync(name).map((file) => path.join(name, file)));
  sources.push(path.join(root, 'binding.gyp'), path.join(root, 'package-lock.json'));
  return binaries.length === 1 && sources.every((source) => modified(source) < binaries[0]);
}

function modified(file) {
  return fs.statSync(file).mtimeMs;
}
