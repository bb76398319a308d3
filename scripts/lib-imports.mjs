/** What each file of lib/ imports, types too: the generated ones as well, once they are there. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './shell.mjs';
import { read, sourceFiles } from './source-files.mjs';

export const GENERATED = 'lib/event/generated';
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"]+)\1/g;

function generatedFiles() {
  const folder = path.join(root, GENERATED);
  return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => `${GENERATED}/${name}`) : [];
}

export const libFiles = [...sourceFiles.filter((file) => /^lib\/.*\.ts$/.test(file)), ...generatedFiles()];

/** The file that a relative import means; a path without a file of TypeScript is given as it is. */
function resolve(file, specifier) {
  const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '');
  return (
    [`${target}.ts`, `${target}/index.ts`].find((name) => fs.existsSync(path.join(root, name))) ?? target
  );
}

/** Also of a file outside lib/. @returns of each import the specifier, and of a relative one the file */
export function importsOf(file) {
  return [...read(file).matchAll(IMPORT)].map(([, , specifier]) => ({
    specifier,
    file: specifier.startsWith('.') ? resolve(file, specifier) : undefined,
  }));
}
