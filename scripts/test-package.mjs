/**
 * Installs the package the way a user does, from its tarball, without scripts, into an empty folder, and uses
 * it from there: by require, by import, by the TypeScript compiler and from the command line.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkBinary } from './check-binary.mjs';
import { root, run, runBin } from './shell.mjs';

const name = '@tapio/performance';
const fixtures = path.join(root, 'test', 'package');
const unpackedBudget = 3 * 1024 * 1024;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-package-'));
const installed = path.join(folder, 'node_modules', name);

// What npm hands down to its scripts must not reach the user's npm that we play here.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([key]) => !/^npm_(package|lifecycle|command|execpath|node)/.test(key) && key !== 'INIT_CWD',
  ),
);

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

async function succeed(command, args, cwd = folder) {
  const { code, stdout, output } = await run(command, args, { cwd, env });
  expect(code === 0, `${command} ${args.join(' ')} ended with ${code}:\n${output.trimEnd()}`);
  return stdout;
}

/** Into the new user's folder, without running anything of theirs. */
async function installPackages(...packages) {
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await succeed('npm', ['install', ...options, ...packages]);
}

/** The anchors of a document's headings, as npm's and GitHub's pages make them. */
function anchorsOf(text) {
  const headings = text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links of a document to files that are not there, or to headings that these do not have. */
function deadLinks(file) {
  const links = [...fs.readFileSync(file, 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  return links.flatMap(([link, target, anchor]) => {
    const to = target === '' ? file : path.join(path.dirname(file), target);
    const isAlive =
      fs.existsSync(to) && (anchor === undefined || anchorsOf(fs.readFileSync(to, 'utf8')).includes(anchor));
    return isAlive ? [] : [`${path.relative(installed, file)}: ${link.slice(1)}`];
  });
}

let tarball;
let manifest;

const steps = {
  async 'npm pack'() {
    const stdout = await succeed(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      root,
    );
    const report = JSON.parse(stdout);
    const [packed] = Array.isArray(report) ? report : Object.values(report);
    tarball = path.join(folder, packed.filename);
    const files = packed.files.map((file) => file.path);
    const allowed =
      /^(package\.json|bin\/tapio\.js|README\.md|LICENSE|(CHANGELOG|CONTRIBUTING|bench\/README)\.md|docs\/(guides\/)?[^/]+\.md|examples\/(kubernetes\/)?[^/]+\.mjs|dist\/.+\.(js|mjs|d\.ts|d\.mts)|dist\/collector\/page\/files\/[^/]+\.(html|css|txt)|proto\/tapio\/v1\/events\.proto|prebuilds\/(README\.md|[^/]+\/[^/]+\.node))$/;
    const foreign = files.filter((file) => !allowed.test(file));
    expect(foreign.length === 0, `these do not belong into the tarball: ${foreign.join(', ')}`);
    for (const wanted of [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/index.js',
      'dist/index.mjs',
      'dist/collector/page/files/uplot-license.txt',
      'proto/tapio/v1/events.proto',
    ]) {
      expect(files.includes(wanted), `the tarball lacks ${wanted}`);
    }
    expect(
      packed.unpackedSize <= unpackedBudget,
      `${packed.unpackedSize} bytes, the budget is ${unpackedBudget}`,
    );
    return `${files.length} files, ${packed.size} bytes, ${packed.unpackedSize} unpacked`;
  },

  async 'npm install --ignore-scripts'() {
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    await installPackages(tarball);
    manifest = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
    const modules = fs
      .readdirSync(path.join(folder, 'node_modules'))
      .filter((entry) => !entry.startsWith('.'));
    expect(
      modules.sort().join() === '@tapio,node-gyp-build',
      `an installation brings more than node-gyp-build: ${modules.join(', ')}`,
    );
  },

  async 'no install script'() {
    const scripts = ['preinstall', 'install', 'postinstall'].filter((script) => manifest.scripts?.[script]);
    expect(scripts.length === 0, `package.json has the scripts ${scripts.join(', ')}`);
    expect(manifest.gypfile === false, 'package.json must say "gypfile": false');
    expect(
      !fs.existsSync(path.join(installed, 'binding.gyp')),
      'binding.gyp is in the tarball: npm would compile',
    );
  },

  async 'every entry of exports and bin exists'() {
    const targets = [manifest.main, manifest.types, ...Object.values(manifest.bin)];
    const collect = (entry) =>
      typeof entry === 'string' ? targets.push(entry) : Object.values(entry).forEach(collect);
    collect(manifest.exports);
    const missing = targets.filter((target) => !fs.existsSync(path.join(installed, target)));
    expect(missing.length === 0, `package.json names files that are not there: ${missing.join(', ')}`);
    return `${targets.length} files`;
  },

  async 'every link of a document leads to something in the package'() {
    const documents = fs.readdirSync(installed, { recursive: true }).filter((file) => file.endsWith('.md'));
    const problems = documents.flatMap((file) => deadLinks(path.join(installed, file)));
    expect(problems.length === 0, problems.join('\n'));
    return `${documents.length} documents`;
  },

  async examples() {
    const output = await succeed(process.execPath, [path.join(installed, 'examples', 'priority.mjs')]);
    expect(output.includes('critical: 100 arrived'), output);
  },

  async 'prebuilt binary'() {
    const place = path.join(installed, 'prebuilds', `${process.platform}-${process.arch}`);
    const binaries = fs.existsSync(place)
      ? fs.readdirSync(place).filter((file) => file.endsWith('.node'))
      : [];
    expect(
      binaries.length === 1,
      `${binaries.length} binaries for ${process.platform}-${process.arch}: npm run prebuild`,
    );
    if (process.platform !== 'linux') return binaries[0];
    const { problems } = await checkBinary(path.join(place, binaries[0]), process.arch);
    expect(problems.length === 0, problems.join('\n'));
    return binaries[0];
  },

  async 'require and import'() {
    for (const file of ['smoke.cjs', 'smoke.mjs'])
      fs.copyFileSync(path.join(fixtures, file), path.join(folder, file));
    await succeed(process.execPath, ['smoke.cjs']);
    await succeed(process.execPath, ['smoke.mjs']);
  },

  /** Only now: what comes before must work without them. */
  async 'install of the optional peers'() {
    const peers = Object.keys(manifest.peerDependencies).map((peer) => {
      const { version } = JSON.parse(
        fs.readFileSync(path.join(root, 'node_modules', peer, 'package.json'), 'utf8'),
      );
      return `${peer}@${version}`;
    });
    await installPackages(...peers);
    return peers.join(', ');
  },

  async 'types, strict, by node16 and bundler'() {
    const consumer = fs.readFileSync(path.join(fixtures, 'consumer.ts.txt'), 'utf8');
    const subpaths = Object.entries(manifest.exports).filter(
      ([, entry]) => typeof entry === 'object' && entry.import,
    );
    const imports = subpaths.map(
      ([subpath], index) =>
        `import * as entry${index} from '${name}${subpath.slice(1)}';\nvoid entry${index};\n`,
    );
    for (const file of ['consumer.mts', 'consumer.cts', 'consumer.ts']) {
      fs.writeFileSync(path.join(folder, file), imports.join('') + consumer);
    }
    const common = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--typeRoots'];
    const options = [...common, path.join(root, 'node_modules', '@types')];
    const problems = [];
    for (const [resolution, ...files] of [
      [['--module', 'node16'], 'consumer.mts', 'consumer.cts'],
      [['--module', 'esnext', '--moduleResolution', 'bundler'], 'consumer.ts'],
    ]) {
      const { code, output } = await runBin('tsc', [...options, ...resolution, ...files], {
        cwd: folder,
        env,
      });
      if (code !== 0) problems.push(`tsc ${resolution.join(' ')}:\n${output.trimEnd()}`);
    }
    expect(problems.length === 0, problems.join('\n'));
    return `${subpaths.length} entries`;
  },

  async 'npx tapio --help'() {
    // Without the command npx would ask the registry for a foreign package of that name.
    expect(
      fs.existsSync(path.join(folder, 'node_modules', '.bin', 'tapio')),
      'the command tapio was not installed',
    );
    const help = await succeed('npx', ['--no', '--', 'tapio', '--help']);
    expect(/\btapio\b/.test(help) && /\bcollect\b/.test(help), `not a help text:\n${help}`);
  },
};

let failed = 0;
for (const [step, check] of Object.entries(steps)) {
  try {
    const detail = await check();
    console.log(`ok      ${step}${detail ? ` (${detail})` : ''}`);
  } catch (error) {
    failed++;
    console.log(`failed  ${step}\n${error.message.replace(/^/gm, '        ')}`);
    if (!manifest) break;
  }
}
fs.rmSync(folder, { recursive: true, force: true });
console.log(failed === 0 ? 'package: all ok' : `package: ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
