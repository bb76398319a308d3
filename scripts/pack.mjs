/**
 * Packs what is published: `npm run pack [-- FOLDER]`, into the root by default. What npm would pack is copied into build/package/ first,
 * to a package.json without scripts (npm warns of each, though it would run none) and without what only a checkout needs, and with the
 * sources of the addon in source/, where npm does not take their binding.gyp for an order to compile.
 *
 * Prints one line of JSON: { file, files, size, unpackedSize }, and on stderr the published platforms that it has no binary for.
 */
import fs from 'node:fs';
import path from 'node:path';
import { writeStaticEntries } from './static-entries.mjs';
import { root, runOrFail } from './shell.mjs';
import { binaryFile, targets } from './targets.mjs';

const staging = path.join(root, 'build', 'package');
const OF_A_CHECKOUT = ['scripts', 'devDependencies', 'files'];
/** A checkout's own build; what is published is in prebuilds/. */
const OWN_BUILD = 'build/';

async function npmPack(folder, ...options) {
  const args = ['pack', '--json', '--ignore-scripts', ...options];
  const report = JSON.parse(await runOrFail('npm', args, { cwd: folder }));
  return Array.isArray(report) ? report[0] : Object.values(report)[0];
}

function copy(from, to = from) {
  const target = path.join(staging, to);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.copyFileSync(path.join(root, from), target);
}

const listed = await npmPack(root, '--dry-run');
fs.rmSync(staging, { recursive: true, force: true });
for (const { path: file } of listed.files) if (!file.startsWith(OWN_BUILD)) copy(file);

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
for (const key of OF_A_CHECKOUT) delete manifest[key];
fs.writeFileSync(path.join(staging, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);

copy('binding.gyp', 'source/binding.gyp');
for (const layer of ['core', 'kernel', 'addon'])
  for (const file of fs.readdirSync(path.join(root, 'native', layer)))
    copy(`native/${layer}/${file}`, `source/native/${layer}/${file}`);

writeStaticEntries(staging);
const absent = Object.keys(targets).filter(
  (name) => !fs.existsSync(path.join(staging, path.relative(root, binaryFile(targets[name])))),
);
if (absent.length > 0)
  console.error(`The tarball has no binary for ${absent.join(', ')}: npm run prebuild -- all`);
const destination = path.resolve(process.argv[2] ?? root);
fs.mkdirSync(destination, { recursive: true });
const packed = await npmPack(staging, '--pack-destination', destination);
const { filename, files, size, unpackedSize } = packed;
console.log(
  JSON.stringify({
    file: path.join(destination, filename),
    files: files.map((file) => file.path),
    size,
    unpackedSize,
  }),
);
