/**
 * Puts the modules that an entry of dist/ loads into one file, since finding and reading some eighty of them takes longer than all
 * that they do. Each file stays as a line that hands out its part, so that whoever loads it by another way gets the same module.
 */
import fs from 'node:fs';
import path from 'node:path';
import { encodedMap, FlattenMap } from '@jridgewell/trace-mapping';
import { root } from './shell.mjs';

const dist = path.join(root, 'dist');
const REQUIRE = /\brequire\("(\.[^"]+)"\)/g;
/** A file that only hands out its part of a bundle. */
export const HANDS_OUT = /^'use strict';\nmodule\.exports = require\('[^']+'\)\('[^']+'\);\n$/;
const MAP_COMMENT = /\n\/\/# sourceMappingURL=.*\s*$/;

const nameOf = (file) => path.relative(dist, file).split(path.sep).join('/');

/** The modules that a file loads by relative paths, itself the first, by the name below dist/. */
function modulesFrom(entry) {
  const modules = new Map();
  const visit = (file) => {
    const name = nameOf(file);
    if (modules.has(name)) return name;
    modules.set(name, '');
    const text = fs.readFileSync(file, 'utf8').replace(MAP_COMMENT, '\n');
    const linked = text.replace(REQUIRE, (_, request) => {
      const target = path.resolve(path.dirname(file), request);
      const found = [target, `${target}.js`, path.join(target, 'index.js')].find(
        (one) => one.endsWith('.js') && fs.existsSync(one),
      );
      if (found === undefined) throw new Error(`${name} requires ${request}, which is not there`);
      return `load("${visit(found)}")`;
    });
    modules.set(name, linked);
    return name;
  };
  visit(entry);
  return modules;
}

/** Functions in brackets are compiled as they are met: the engine would otherwise read each twice. */
const HEAD = `'use strict';
// A bundler may have made an ES module of this.
const folder = typeof __dirname === 'string' ? __dirname : '.';
const loaded = {};
function load(name) {
  const known = loaded[name];
  if (known !== undefined) return known.exports;
  const module = (loaded[name] = { exports: {} });
  try {
    modules[name](module.exports, module, \`\${folder}/\${name.slice(0, name.lastIndexOf('/') + 1)}\`);
  } catch (error) {
    delete loaded[name];
    throw error;
  }
  return module.exports;
}
module.exports = load;
const modules = {
`;

/** The source map of a file, seen from dist/. */
function mapOf(name) {
  const map = JSON.parse(fs.readFileSync(path.join(dist, `${name}.map`), 'utf8'));
  const sources = map.sources.map((source) => path.posix.join(path.posix.dirname(name), source));
  return { ...map, sources };
}

/**
 * Bundles what dist/`entry` loads into dist/`bundle`. All of it must have been compiled with source maps.
 * @returns the absolute paths of what it wrote, the files that it replaced not among them
 */
export function writeBundle(entry, bundle) {
  const modules = modulesFrom(path.join(dist, entry));
  let text = HEAD;
  const sections = [];
  for (const [name, body] of modules) {
    text += `'${name}': (function (exports, module, __dirname) {\n`;
    sections.push({ offset: { line: text.split('\n').length - 1, column: 0 }, map: mapOf(name) });
    text += `${body}}),\n`;
  }
  text += `};\n//# sourceMappingURL=${bundle}.map\n`;
  const written = [path.join(dist, bundle), path.join(dist, `${bundle}.map`)];
  fs.writeFileSync(written[0], text);
  // Tools of coverage read no map of sections.
  const { sources, names, mappings } = encodedMap(new FlattenMap({ version: 3, sections }));
  fs.writeFileSync(written[1], JSON.stringify({ version: 3, file: bundle, sources, names, mappings }));
  for (const name of modules.keys()) {
    const way = path.posix.relative(path.posix.dirname(name), bundle);
    const request = way.startsWith('.') ? way : `./${way}`;
    fs.writeFileSync(
      path.join(dist, name),
      `'use strict';\nmodule.exports = require('${request}')('${name}');\n`,
    );
  }
  return written;
}

/** Takes the mention of a source map, which is published for the bundle alone, out of files. */
export function forgetMaps(files) {
  for (const file of files.filter((one) => one.endsWith('.js'))) {
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, text.replace(MAP_COMMENT, '\n'));
  }
}
