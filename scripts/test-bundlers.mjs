/**
 * Bundles a program and its worker with each bundler, copies the output to where there are no node_modules, and runs it there:
 * `npm run test:bundlers [-- NAME...]`. docs/bundling.md tells users what is written here.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './shell.mjs';
import {
  expect,
  installPackages,
  newFolder,
  pack,
  runSteps,
  Skipped,
  succeed,
  userEnv,
} from './user-project.mjs';

const VERSIONS = {
  esbuild: '0.28.2',
  rollup: '4.68.8',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rollup/plugin-commonjs': '29.0.3',
  webpack: '5.113.0',
  'webpack-cli': '7.3.1',
  '@vercel/ncc': '0.45.0',
  vite: '8.4.0',
  postject: '1.0.0-alpha.6',
};
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const fixtures = path.join(root, 'test', 'package', 'bundled');
const system = `${process.platform}-${process.arch}`;

const folder = newFolder();
const elsewhere = newFolder();
const project = path.join(folder, 'project');
const installed = path.join(project, 'node_modules', '@tapio', 'performance');

const bin = (name, ...args) =>
  succeed(process.execPath, [path.join(project, 'node_modules', '.bin', name), ...args], { cwd: project });
const version = (name) => `${name} ${VERSIONS[name]}`;

/** The folder that a bundler writes to. */
const out = (name) => path.join(folder, 'out', name);

/** Writes a file of the user. */
function write(name, text) {
  fs.writeFileSync(path.join(project, name), text);
}

/** Moves an output to where nothing of the project is found, and runs it. */
async function runElsewhere(name, program, { hasPrebuilds = false } = {}) {
  const place = path.join(elsewhere, name);
  fs.renameSync(out(name), place);
  if (hasPrebuilds)
    fs.cpSync(path.join(installed, 'prebuilds'), path.join(place, 'prebuilds'), { recursive: true });
  // What the package was found by must not help here.
  fs.renameSync(path.join(project, 'node_modules'), path.join(project, 'hidden'));
  try {
    const output = await succeed(process.execPath, [path.join(place, program)], { cwd: elsewhere });
    expect(output === '1000 events\n', output);
  } finally {
    fs.renameSync(path.join(project, 'hidden'), path.join(project, 'node_modules'));
  }
}

/** Of both programs, with the static entry and without. */
function writeSources() {
  for (const name of ['main', 'worker']) {
    const text = fs.readFileSync(path.join(fixtures, `${name}.mjs`), 'utf8');
    write(`${name}.mjs`, text.replace('STATIC', system));
    write(`plain/${name}.mjs`, text.replace(/^import '@tapio\/performance\/STATIC';\n/m, ''));
  }
}

function esbuild(format, extension, ...options) {
  const common = ['--bundle', '--platform=node', '--loader:.node=copy', '--log-level=warning'];
  return bin(
    'esbuild',
    'main.mjs',
    'worker.mjs',
    ...common,
    `--format=${format}`,
    `--out-extension:.js=${extension}`,
    ...options,
  );
}

const steps = {
  async 'bundlers, and the package from its tarball'() {
    fs.mkdirSync(path.join(project, 'plain'), { recursive: true });
    write('package.json', '{ "private": true }\n');
    const { file } = await pack(folder);
    await installPackages(project, file, ...Object.entries(VERSIONS).map((pair) => pair.join('@')));
    writeSources();
  },

  async 'esbuild, CommonJS'() {
    await esbuild('cjs', '.cjs', `--outdir=${out('esbuild-cjs')}`);
    await runElsewhere('esbuild-cjs', 'main.cjs');
    return version('esbuild');
  },

  async 'esbuild, ES modules'() {
    await esbuild('esm', '.mjs', `--outdir=${out('esbuild-esm')}`, `--banner:js=${REQUIRE}`);
    await runElsewhere('esbuild-esm', 'main.mjs');
    return version('esbuild');
  },

  async webpack() {
    write(
      'webpack.config.cjs',
      `module.exports = {
  mode: 'production',
  target: 'node',
  entry: { main: './main.mjs', worker: './worker.mjs' },
  output: { path: ${JSON.stringify(out('webpack'))}, filename: '[name].js' },
};`,
    );
    await bin('webpack');
    await runElsewhere('webpack', 'main.js');
    return version('webpack');
  },

  async ncc() {
    await bin('ncc', 'build', 'main.mjs', '-o', out('ncc'), '-q');
    await bin('ncc', 'build', 'worker.mjs', '-o', out('ncc-worker'), '-q');
    fs.renameSync(path.join(out('ncc'), 'index.mjs'), path.join(out('ncc'), 'main.mjs'));
    fs.renameSync(path.join(out('ncc-worker'), 'index.mjs'), path.join(out('ncc'), 'worker.mjs'));
    await runElsewhere('ncc', 'main.mjs');
    return version('@vercel/ncc');
  },

  async 'rollup, with the folder prebuilds'() {
    write(
      'rollup.config.mjs',
      `import commonjs from '@rollup/plugin-commonjs';
import resolve from '@rollup/plugin-node-resolve';
export default {
  input: ['plain/main.mjs', 'plain/worker.mjs'],
  plugins: [resolve({ preferBuiltins: true }), commonjs()],
  output: { dir: ${JSON.stringify(out('rollup'))}, format: 'es', entryFileNames: '[name].mjs' },
};`,
    );
    await bin('rollup', '-c', '--silent');
    await runElsewhere('rollup', 'main.mjs', { hasPrebuilds: true });
    return version('rollup');
  },

  async 'Vite SSR, the package left outside'() {
    await bin('vite', 'build', '--ssr', 'plain/main.mjs', '--outDir', 'dist', '--logLevel', 'error');
    await bin(
      'vite',
      'build',
      '--ssr',
      'plain/worker.mjs',
      '--outDir',
      'dist',
      '--emptyOutDir',
      'false',
      '--logLevel',
      'error',
    );
    const output = await succeed(process.execPath, ['dist/main.mjs'], { cwd: project });
    expect(output === '1000 events\n', output);
    return version('vite');
  },

  async 'Vite SSR, noExternal, with the folder prebuilds'() {
    write('vite.config.mjs', 'export default { ssr: { noExternal: true } };');
    const common = ['--emptyOutDir', 'false', '--logLevel', 'error', '--outDir', out('vite')];
    for (const name of ['main', 'worker'])
      await bin('vite', 'build', '--ssr', `plain/${name}.mjs`, ...common);
    await runElsewhere('vite', 'main.mjs', { hasPrebuilds: true });
    return version('vite');
  },

  async 'single executable of Node'() {
    if (process.platform !== 'linux') throw new Skipped('written for Linux');
    const place = out('single');
    fs.copyFileSync(path.join(fixtures, 'single.cjs'), path.join(project, 'single.cjs'));
    for (const name of ['single.cjs', 'plain/worker.mjs'])
      await bin(
        'esbuild',
        name,
        '--bundle',
        '--platform=node',
        `--outdir=${place}`,
        '--out-extension:.js=.cjs',
        '--log-level=warning',
      );
    const [binary] = fs
      .readdirSync(path.join(installed, 'prebuilds', system))
      .filter((file) => /(glibc|performance)\.node$/.test(file));
    const assets = {
      'tapio.node': path.join(installed, 'prebuilds', system, binary),
      'worker.cjs': path.join(place, 'worker.cjs'),
    };
    const config = {
      main: path.join(place, 'single.cjs'),
      output: path.join(place, 'blob'),
      assets,
      disableExperimentalSEAWarning: true,
    };
    fs.writeFileSync(path.join(place, 'sea.json'), JSON.stringify(config));
    await succeed(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: place });
    const app = path.join(elsewhere, 'app');
    fs.copyFileSync(process.execPath, app);
    await bin(
      'postject',
      app,
      'NODE_SEA_BLOB',
      config.output,
      '--sentinel-fuse',
      'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
    );
    const output = await succeed(app, [], { cwd: elsewhere, env: { ...userEnv, TAPIO_BINARY: '' } });
    expect(output === '1000 events\n', output);
    return `Node ${process.versions.node}`;
  },
};

const only = process.argv.slice(2);
if (only.length > 0) only.push('bundlers, and the package');
await runSteps('bundlers', steps, { only });
fs.rmSync(folder, { recursive: true, force: true });
fs.rmSync(elsewhere, { recursive: true, force: true });
