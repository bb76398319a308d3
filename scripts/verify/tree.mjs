/** What a proof is of: files, those that they include or import, and whole folders; and one hash of what is in them. */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../shell.mjs';

const INCLUDE = /^#include "([^"]+)"/gm;
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"]+)\1/g;
const isFile = (file) => fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() === true;

/** The files below a folder, or the file, as paths below the root; of names that `filter` takes. */
export function filesBelow(name, filter = () => true) {
  if (isFile(name)) return [name];
  return fs
    .readdirSync(path.join(root, name), { recursive: true })
    .map((file) => path.posix.join(name, file.split(path.sep).join('/')))
    .filter((file) => isFile(file) && filter(file));
}

function includesOf(file, text) {
  const folders = [path.posix.dirname(file), 'native', 'test'];
  return [...text.matchAll(INCLUDE)].map(([, name]) =>
    folders.map((folder) => path.posix.join(folder, name)).find(isFile),
  );
}

function importsOf(file, text) {
  return [...text.matchAll(IMPORT)].map(([, , name]) => {
    if (name === '@tapio/performance') return 'lib/index.ts';
    if (!name.startsWith('.')) return undefined;
    const target = path.posix.join(path.posix.dirname(file), name).replace(/\.m?js$/, '');
    return [`${target}.ts`, `${target}/index.ts`, `${target}.mjs`].find(isFile);
  });
}

/** The files, and all that they include or import, those do, and so on. */
export function withImports(...files) {
  const seen = new Set(files);
  for (const file of seen) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    for (const other of /\.(h|cc)$/.test(file) ? includesOf(file, text) : importsOf(file, text))
      if (other !== undefined) seen.add(other);
  }
  return [...seen];
}

/** The same for the same names and contents. */
export function hashOf(files) {
  const hash = crypto.createHash('sha256');
  for (const file of [...new Set(files)].sort()) {
    const content = fs.readFileSync(path.join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}
