/**
 * A directory below build/ in which node-gyp finds our sources. node-gyp builds into ./build of its working
 * directory and may delete that whole folder; a stage gives a second kind of build a place of its own.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './shell.mjs';

export function stage(name) {
  const directory = path.join(root, 'build', name);
  fs.mkdirSync(directory, { recursive: true });
  for (const entry of ['binding.gyp', 'native', 'package.json']) {
    const link = path.join(directory, entry);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(path.join('..', '..', entry), link);
  }
  return directory;
}
