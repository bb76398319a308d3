/**
 * `npm run bench:peers [-- NAME...]`: installs the peers in bench/peers, builds what has to be built of them, and runs the
 * comparison. With `--against REV` it builds that commit of this repository and compares the two instead.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { nodeDirectory } from './node-headers.mjs';
import { withOtherBuild } from './other-build.mjs';
import { fail, root, runBin } from './shell.mjs';

const folder = path.join(root, 'bench/peers');
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

function installed({ dependencies }) {
  return Object.entries(dependencies).every(([name, version]) => {
    const manifest = path.join(folder, 'node_modules', name, 'package.json');
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  });
}

if (!installed(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')))) {
  console.error('installing the peers...');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], folder);
}

async function build(addon, name, sources = []) {
  const built = path.join(addon, 'build/Release', `${name}.node`);
  const isNewer = (file) => statSync(path.join(addon, file)).mtimeMs > statSync(built).mtimeMs;
  if (existsSync(built) && !sources.some(isNewer)) return;
  console.error(`building ${path.basename(addon)}...`);
  const directory = nodeDirectory();
  const { code, output } = await runBin(
    'node-gyp',
    ['rebuild', '--loglevel=warn', ...(directory ? [`--nodedir=${directory}`] : [])],
    { cwd: addon },
  );
  if (code !== 0) fail(output);
}

await build(path.join(folder, 'node_modules/shared-memory-disruptor'), 'disruptor');
if (process.platform === 'linux') {
  await build(path.join(root, 'bench/eventfd'), 'eventfd', ['eventfd.cc', 'binding.gyp']);
}

mkdirSync(path.join(folder, 'build'), { recursive: true });
const platform = { linux: 'linux', darwin: 'macos', win32: 'windows' }[process.platform];
const compiler = path.join(folder, 'node_modules/bebop-tools/tools', platform, process.arch, 'bebopc');
chmodSync(compiler, 0o755);
run(compiler, ['-i', 'schema.bop', 'build', '-g', 'ts:build/schema.ts'], folder);
const { outputText } = ts.transpileModule(readFileSync(path.join(folder, 'build/schema.ts'), 'utf8'), {
  compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
});
writeFileSync(path.join(folder, 'build/schema.js'), outputText);

try {
  execFileSync(
    process.execPath,
    ['build/bench/peers.bench.js', ...(await withOtherBuild(process.argv.slice(2)))],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
} catch (error) {
  process.exit(error.status ?? 1);
}
