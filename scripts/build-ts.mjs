/**
 * Builds the TypeScript: lib/ into dist/ (what is published), test/ and bench/ into build/ (what is run here).
 * Output files without a source are removed only after a compile succeeded, so whoever uses dist/ meanwhile
 * never finds it half empty.
 */
import fs from 'node:fs';
import path from 'node:path';
import { forgetMaps, writeBundle } from './bundle.mjs';
import { writeEsmWrappers } from './esm-wrappers.mjs';
import { fail, root, run, runBin } from './shell.mjs';
import { writeStaticEntries } from './static-entries.mjs';

async function generate() {
  const { code, output } = await run(process.execPath, ['scripts/generate-codec.mjs']);
  if (code !== 0) fail(output.trimEnd());
}

/** Compiles a project and returns the absolute paths of what it wrote. */
async function compile(project, ...options) {
  const args = ['-p', project, '--pretty', 'false', '--listEmittedFiles', ...options];
  const { code, output } = await runBin('tsc', args);
  const written = [];
  const messages = [];
  for (const line of output.split('\n')) {
    if (line.startsWith('TSFILE: ')) written.push(path.resolve(root, line.slice('TSFILE: '.length)));
    else if (line.trim() !== '') messages.push(line);
  }
  if (code !== 0) fail(`${messages.join('\n')}\n\n${project}: not built.`);
  return written;
}

function removeStale(directory, keep) {
  const kept = new Set(keep);
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(file)) fs.rmSync(file);
  }
}

/** The live page is files that a browser gets as they are, with the charting library among them. */
function copyPage() {
  const target = path.join(root, 'dist/collector/page/files');
  const own = path.join(root, 'lib/collector/page/files');
  const library = path.join(root, 'node_modules/uplot');
  const copies = [
    ...fs.readdirSync(own).map((name) => [path.join(own, name), name]),
    [path.join(library, 'dist/uPlot.iife.min.js'), 'uplot.js'],
    [path.join(library, 'dist/uPlot.min.css'), 'uplot.css'],
    [path.join(library, 'LICENSE'), 'uplot-license.txt'],
  ];
  fs.mkdirSync(target, { recursive: true });
  return copies.map(([source, name]) => {
    const file = path.join(target, name);
    fs.copyFileSync(source, file);
    return file;
  });
}

await generate();
const compiled = await compile('tsconfig.json', '--sourceMap');
const published = compiled.filter((file) => !file.endsWith('.map'));
forgetMaps(published);
published.push(...writeBundle('index.js', 'core.js'));
const { bin } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
for (const command of Object.values(bin)) fs.chmodSync(path.join(root, command), 0o755);
published.push(...copyPage(), ...writeEsmWrappers(), ...writeStaticEntries(root));
removeStale(path.join(root, 'dist'), published);

const internal = await compile('tsconfig.test.json');
for (const directory of ['build/test', 'build/bench']) {
  if (fs.existsSync(path.join(root, directory))) removeStale(path.join(root, directory), internal);
}
