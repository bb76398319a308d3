/**
 * Writes the ES module side of every entry of package.json that has one: named re-exports of the CommonJS
 * module, so that `import` and `require` give the same classes. And says in their types that they need those of Node, which a project
 * without `"types": ["node"]` would not have.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './shell.mjs';

const require = createRequire(import.meta.url);
const NODE_TYPES = '/// <reference types="node" />\n';

/** Returns the absolute paths of the files it wrote. Loads each entry, so the addon must be built. */
export function writeEsmWrappers() {
  const { exports: entries } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const written = [];
  const write = (file, text) => {
    const target = path.join(root, file);
    fs.writeFileSync(target, text);
    written.push(target);
  };

  for (const [subpath, entry] of Object.entries(entries)) {
    if (typeof entry !== 'object' || !entry.import) continue;
    const names = Object.keys(require(path.join(root, entry.require.default))).filter(
      (name) => name !== 'default',
    );
    if (names.length === 0) throw new Error(`${subpath}: ${entry.require.default} exports nothing`);
    const source = `./${path.relative(path.dirname(entry.import.default), entry.require.default)}`;
    write(
      entry.import.default,
      [
        `import api from '${source}';`,
        ...names.sort().map((name) => `export const ${name} = api.${name};`),
        '',
      ].join('\n'),
    );
    write(entry.import.types, `export * from '${source}';\n`);
    const types = path.join(root, entry.require.types);
    fs.writeFileSync(types, NODE_TYPES + fs.readFileSync(types, 'utf8'));
  }
  return written;
}
