/** The files of Jest's tests. */
import fs from 'node:fs';
import path from 'node:path';
import { fail, root } from './shell.mjs';

/** Those that are built, in order, as in `event/codec.test`. */
export function testNames() {
  const folder = path.join(root, 'build', 'test');
  if (!fs.existsSync(folder)) fail('build/test is not there: npm run build');
  return fs
    .readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => file.slice(0, -'.js'.length).split(path.sep).join('/'))
    .sort();
}
