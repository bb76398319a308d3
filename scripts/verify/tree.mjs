/**
 * What a proof is of: files, those that they include or import, and whole folders; and one hash of what is in them. Generated files are
 * left out, as they may not be there before the build: what they are made from is to be named, and what they import.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { GENERATED, importsOf } from '../lib-imports.mjs';
import { root } from '../shell.mjs';
import { read } from '../source-files.mjs';

const INCLUDE = /^#include "([^"]+)"/gm;
const isSource = (file) =>
  !file.startsWith(`${GENERATED}/`) &&
  fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() === true;

/** What was run is no longer what is there. The message names it. */
export class Changed extends Error {}

/** The files below a folder, or the file, as paths below the root; of names that `filter` takes. */
export function filesBelow(name, filter = () => true) {
  if (isSource(name)) return [name];
  return fs
    .readdirSync(path.join(root, name), { recursive: true })
    .map((file) => path.posix.join(name, file.split(path.sep).join('/')))
    .filter((file) => isSource(file) && filter(file));
}

function includesOf(file) {
  const folders = [path.posix.dirname(file), 'native', 'test'];
  return [...read(file).matchAll(INCLUDE)].map(([, name]) =>
    folders.map((folder) => path.posix.join(folder, name)).find(isSource),
  );
}

function importedBy(file) {
  return importsOf(file).map((each) =>
    each.specifier === '@tapio/performance' ? 'lib/index.ts' : each.file,
  );
}

/** The files, and all that they include or import, those do, and so on. */
export function withImports(...files) {
  const seen = new Set(files);
  for (const file of seen)
    for (const other of /\.(h|cc)$/.test(file) ? includesOf(file) : importedBy(file))
      if (other !== undefined && isSource(other)) seen.add(other);
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
