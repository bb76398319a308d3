/**
 * Installs the package the way a user does, from its tarball, without scripts, into an empty folder, and uses
 * it from there: by require, by import, by the TypeScript compiler and from the command line.
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkBinary } from './check-binary.mjs';
import { checkTarball } from './published-files.mjs';
import { root, runBin } from './shell.mjs';
import { staticEntries } from './static-entries.mjs';
import {
  atVersionsHere,
  expect,
  installPackages,
  newFolder,
  pack,
  runSteps,
  succeed as succeedIn,
  userEnv as env,
} from './user-project.mjs';

const name = '@tapio/performance';
const fixtures = path.join(root, 'test', 'package');
const folder = newFolder();
const installed = path.join(folder, 'node_modules', name);
const succeed = (command, args) => succeedIn(command, args, { cwd: folder });

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
  async 'npm run pack'() {
    const packed = await pack(folder);
    tarball = packed.file;
    const files = packed.files;
    checkTarball(packed);
    return `${files.length} files, ${packed.size} bytes, ${packed.unpackedSize} unpacked`;
  },

  async 'npm install --ignore-scripts'() {
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    await installPackages(folder, tarball);
    manifest = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
    const modules = fs
      .readdirSync(path.join(folder, 'node_modules'))
      .filter((entry) => !entry.startsWith('.'));
    expect(
      modules.sort().join() === '@tapio,node-gyp-build',
      `an installation brings more than node-gyp-build: ${modules.join(', ')}`,
    );
  },

  async 'no script, and nothing that npm would compile'() {
    expect(manifest.scripts === undefined, `package.json has scripts: ${JSON.stringify(manifest.scripts)}`);
    expect(manifest.gypfile === false, 'package.json must say "gypfile": false');
    expect(!fs.existsSync(path.join(installed, 'binding.gyp')), 'binding.gyp is in the root of the tarball');
  },

  async 'every entry of exports and bin exists'() {
    const targets = [manifest.main, manifest.types, ...Object.values(manifest.bin)];
    const collect = (entry) =>
      typeof entry === 'string' ? targets.push(entry) : Object.values(entry).forEach(collect);
    collect(manifest.exports);
    const statics = staticEntries(path.join(installed, 'prebuilds')).map(([entry]) => entry);
    // Of a pattern, what it is for the binaries that there are.
    const files = targets.flatMap((target) => {
      if (!target.includes('*')) return [target];
      const [before, after] = target.split('*');
      const system = path.basename(before);
      return statics
        .filter((entry) => entry.startsWith(system))
        .map((entry) => before + entry.slice(system.length) + after);
    });
    const missing = files.filter((file) => !fs.existsSync(path.join(installed, file)));
    expect(missing.length === 0, `package.json names files that are not there: ${missing.join(', ')}`);
    return `${files.length} files, static entries for ${statics.join(', ')}`;
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
    expect(binaries.length > 0, `no binary for ${process.platform}-${process.arch}: npm run prebuild`);
    for (const binary of process.platform === 'linux' ? binaries : []) {
      const libc = /\.(glibc|musl)\.node$/.exec(binary)?.[1];
      const target = { platform: process.platform, arch: process.arch, libc };
      const { problems } = await checkBinary(path.join(place, binary), target);
      expect(problems.length === 0, problems.join('\n'));
    }
    return binaries.join(', ');
  },

  async 'require and import'() {
    for (const file of ['smoke.cjs', 'smoke.mjs'])
      fs.copyFileSync(path.join(fixtures, file), path.join(folder, file));
    await succeed(process.execPath, ['smoke.cjs']);
    await succeed(process.execPath, ['smoke.mjs']);
  },

  /** Only now: what comes before must work without them. */
  async 'install of the optional peers'() {
    const peers = atVersionsHere(Object.keys(manifest.peerDependencies));
    await installPackages(folder, ...peers);
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
    const options = ['--noEmit', '--strict', '--target', 'es2022'];
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

await runSteps('package', steps, { goOn: () => manifest !== undefined });
fs.rmSync(folder, { recursive: true, force: true });
