/**
 * What a release must be, one line each: `npm run release:check [-- NAME...]` runs all, or those. `-- --complete` wants the binary of
 * every platform, as the workflow that publishes has them; without it those that are in prebuilds/ are checked.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkBinary } from './check-binary.mjs';
import { readArguments, root, run } from './shell.mjs';
import { binaryFile, targets } from './targets.mjs';
import { checkTarball } from './published-files.mjs';
import { expect, installPackages, newFolder, pack, runSteps, succeed } from './user-project.mjs';

const VERSIONS = { publint: '0.3.25', '@arethetypeswrong/cli': '0.18.5' };
const UNPACKED_BUDGET = 8 << 20;

/** What publint says of things that are meant. */
const MEANT = {
  // It begins with a line for the shell, which then starts Node.
  BIN_FILE_NOT_EXECUTABLE: ([, command]) => command === 'tapio',
  // A checkout has few binaries; --complete looks for each.
  EXPORTS_GLOB_NO_MATCHED_FILES: ([, entry]) => /^\.\/(linux|darwin|win32)-\*$/.test(entry),
};

/** Licences that what is installed with this package, and what it is built with, may have. */
const LICENCES = /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|Unlicense|CC0-1\.0)$/;
/** Tools of a checkout, of which nothing is published. */
const TOOL_LICENCES = { 'caniuse-lite': 'CC-BY-4.0', argparse: 'Python-2.0' };

const { positionals, values } = readArguments({
  allowPositionals: true,
  options: { complete: { type: 'boolean', default: false } },
});
const read = (file) => fs.readFileSync(file, 'utf8');
const manifest = JSON.parse(read(path.join(root, 'package.json')));
const folder = newFolder();
const tools = path.join(folder, 'tools');
const packed = await pack(folder);

/** Installs the tool on first use; the other may be there already. */
async function install(name) {
  fs.mkdirSync(tools, { recursive: true });
  if (!fs.existsSync(path.join(tools, 'package.json')))
    fs.writeFileSync(path.join(tools, 'package.json'), '{ "private": true }');
  await installPackages(tools, `${name}@${VERSIONS[name]}`);
  return path.join(tools, 'node_modules', name);
}

/** Each licence that an expression asks for is allowed; of alternatives one is. */
function isAllowed(expression) {
  const inner = expression.replace(/^\(|\)$/g, '');
  const parts = inner.split(/ (?:AND|OR) /);
  return / OR /.test(inner)
    ? parts.some((part) => LICENCES.test(part))
    : parts.every((part) => LICENCES.test(part));
}

/** The folders of all that is in node_modules. */
function installedPackages() {
  const lock = JSON.parse(read(path.join(root, 'package-lock.json')));
  return Object.entries(lock.packages)
    .filter(([place]) => place !== '' && fs.existsSync(path.join(root, place, 'package.json')))
    .map(([place, { dev = false, peer = false }]) => ({
      folder: path.join(root, place),
      published: !dev && !peer,
    }));
}

const steps = {
  async publint() {
    const place = await install('publint');
    const { publint } = await import(pathToFileURL(path.join(place, 'src', 'index-node.js')));
    const bytes = fs.readFileSync(packed.file);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const { messages } = await publint({ pack: { tarball } });
    const problems = messages.filter(
      ({ type, code, path: where }) => type !== 'suggestion' && !MEANT[code]?.(where),
    );
    expect(
      problems.length === 0,
      problems
        .map(({ code, path: where, args }) => `${code} ${where.join('.')} ${JSON.stringify(args)}`)
        .join('\n'),
    );
    return VERSIONS.publint;
  },

  async arethetypeswrong() {
    const place = await install('@arethetypeswrong/cli');
    const entries = packed.files
      .map((file) => /^dist\/static\/(.+)\.js$/.exec(file)?.[1])
      .filter((name) => name !== undefined);
    const include = entries.length > 0 ? ['--include-entrypoints', ...entries] : [];
    const { code, stdout, output } = await run(process.execPath, [
      ...[path.join(place, 'dist', 'index.js'), packed.file, '--format', 'json', ...include],
      // No module: a file to be read.
      ...['--exclude-entrypoints', 'proto/tapio/v1/events.proto'],
    ]);
    const { analysis } = code === 0 ? JSON.parse(stdout) : {};
    expect(code === 0 && analysis.problems.length === 0, output.slice(0, 4000));
    return `${VERSIONS['@arethetypeswrong/cli']}, ${Object.keys(analysis.entrypoints).length} entries`;
  },

  'files of the tarball'() {
    checkTarball(packed);
    const missing = [manifest.main, manifest.types, manifest.bin.tapio]
      .map((file) => path.posix.normalize(file))
      .filter((file) => !packed.files.includes(file));
    expect(missing.length === 0, `missing: ${missing.join(', ')}`);
    return `${packed.files.length} files`;
  },

  async 'package.json of the tarball'() {
    const text = await succeed('tar', ['-xOf', packed.file, 'package/package.json'], { cwd: folder });
    const { scripts, devDependencies, version } = JSON.parse(text);
    expect(!scripts && !devDependencies, 'has scripts or devDependencies');
    expect(version === manifest.version, `version ${version}, the checkout has ${manifest.version}`);
    return `version ${version}`;
  },

  size() {
    const { size, unpackedSize } = packed;
    expect(
      unpackedSize <= UNPACKED_BUDGET,
      `${unpackedSize} bytes unpacked, the budget is ${UNPACKED_BUDGET}`,
    );
    return `${size} bytes packed, ${unpackedSize} unpacked`;
  },

  'binaries for every platform'() {
    const missing = Object.keys(targets).filter((name) => !fs.existsSync(binaryFile(targets[name])));
    expect(missing.length < Object.keys(targets).length, 'prebuilds/ is empty: npm run prebuild');
    expect(!values.complete || missing.length === 0, `no binary for ${missing.join(', ')}`);
    return missing.length === 0 ? 'all' : `not here: ${missing.join(', ')}; --complete asks for them`;
  },

  ...Object.fromEntries(
    Object.entries(targets)
      .filter(([, target]) => fs.existsSync(binaryFile(target)))
      .map(([name, target]) => [`binary ${name}`, () => binary(target)]),
  ),

  licences() {
    const problems = [];
    const packages = installedPackages();
    for (const { folder: place, published } of packages) {
      const { name, license } = JSON.parse(read(path.join(place, 'package.json')));
      if (typeof license !== 'string') problems.push(`${name} tells no licence`);
      else if (!isAllowed(license) && (published || TOOL_LICENCES[name] !== license))
        problems.push(`${name} has ${license}`);
      if (published && !fs.readdirSync(place).some((file) => /^licen[cs]e/i.test(file)))
        problems.push(`${name} brings no text of its licence`);
    }
    expect(problems.length === 0, problems.join('\n'));
    expect(/Apache License/.test(read(path.join(root, 'LICENSE'))), 'LICENSE is not that of package.json');
    const count = packages.filter(({ published }) => published).length;
    return `${count} installed with it, ${packages.length - count} of a checkout`;
  },

  async 'changelog and version'() {
    const sections = [...read(path.join(root, 'CHANGELOG.md')).matchAll(/^## \[(.+?)\](.*)$/gm)];
    const tag = (await run('git', ['describe', '--exact-match', '--tags', '--match', 'v*'])).stdout.trim();
    const wanted = tag === '' ? ['Unreleased', manifest.version] : [manifest.version];
    const text = read(path.join(root, 'CHANGELOG.md'));
    const entry = sections.find(([, name]) => wanted.includes(name));
    expect(entry, `CHANGELOG.md has no section [${wanted.join('] or [')}]`);
    const rest = text.slice(entry.index + entry[0].length).split(/^## /m)[0];
    expect(/^- /m.test(rest), `section [${entry[1]}] of CHANGELOG.md is empty`);
    expect(tag === '' || tag === `v${manifest.version}`, `the tag ${tag} is not v${manifest.version}`);
    return tag === '' ? `section [${entry[1]}], no tag` : `section [${entry[1]}], tag ${tag}`;
  },
};

async function binary(target) {
  const { problems, size, versions } = await checkBinary(binaryFile(target), target);
  expect(problems.length === 0, problems.join('\n'));
  const needs = Object.entries(versions).map(([family, version]) => `${family} ${version}`);
  return [`${size} bytes`, ...needs].join(', ');
}

await runSteps('release', steps, { only: positionals });
fs.rmSync(folder, { recursive: true, force: true });
