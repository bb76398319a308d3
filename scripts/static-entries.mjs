/**
 * Writes the static entries, one for each binary in a folder `prebuilds` (`linux-x64`, `linux-x64-musl`, ...): what a program imports so
 * that its bundler finds the binary. A static require serves Node, esbuild, ncc and Bun; webpack, which parses what it requires, gets a
 * `new URL`. Both tell the loader of the package before it looks for itself.
 */
import fs from 'node:fs';
import path from 'node:path';

const BINARY = /^@tapio\+performance(?:\.(glibc|musl))?\.node$/;

/** The entries that a binary is for. On Linux, one without a libc in its name is for both. */
function namesOf(system, libc) {
  if (libc === 'musl') return [`${system}-musl`];
  return libc === undefined && system.startsWith('linux-') ? [system, `${system}-musl`] : [system];
}

/** [name of the entry, path of the file below prebuilds/], sorted. */
export function staticEntries(prebuilds) {
  if (!fs.existsSync(prebuilds)) return [];
  const systems = fs.readdirSync(prebuilds, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return systems
    .flatMap(({ name: system }) =>
      fs.readdirSync(path.join(prebuilds, system)).flatMap((file) => {
        const match = BINARY.exec(file);
        return match ? namesOf(system, match[1]).map((name) => [name, `${system}/${file}`]) : [];
      }),
    )
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Into dist/static/ of a package. Returns the absolute paths of the files it wrote. */
export function writeStaticEntries(packageFolder) {
  const folder = path.join(packageFolder, 'dist', 'static');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const written = [];
  const write = (name, lines) => {
    written.push(path.join(folder, name));
    fs.writeFileSync(written.at(-1), `${lines.join('\n')}\n`);
  };
  write('entry.d.ts', ['export {};']);
  for (const [name, file] of staticEntries(path.join(packageFolder, 'prebuilds'))) {
    write(`${name}.js`, [
      "'use strict';",
      "const { addStaticEntry } = require('../binary/static-entries.js');",
      `addStaticEntry('${name}', () => require('../../prebuilds/${file}'));`,
    ]);
    write(`${name}.mjs`, [
      "import { fileURLToPath } from 'node:url';",
      "import entries from '../binary/static-entries.js';",
      `const url = () => new URL('../../prebuilds/${file}', import.meta.url);`,
      `entries.addStaticEntry('${name}', () => fileURLToPath(url()));`,
    ]);
  }
  return written;
}
