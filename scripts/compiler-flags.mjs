/** Sources and compiler flags of binding.gyp, for compilers that node-gyp does not drive. */
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { includeDirectory } from './node-headers.mjs';
import { root } from './shell.mjs';

const require = createRequire(import.meta.url);

/** Paths below the root, and below every stage. */
export function nativeSources() {
  return ['core', 'kernel', 'addon'].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, 'native', folder))
      .filter((name) => name.endsWith('.cc'))
      .map((name) => `native/${folder}/${name}`)
      .sort(),
  );
}

/** For a compiler that takes options as gcc does. `platform`: what gyp calls it, if it has defines of its own. */
export function compilerFlags(platform) {
  const text = fs.readFileSync(path.join(root, 'binding.gyp'), 'utf8').replaceAll(/^\s*#.*$/gm, '');
  const [target] = Function(`return (${text})`)().targets;
  const under = (condition) => target.conditions.find(([name]) => name === condition)[1];
  const defines = [...target.defines, 'BUILDING_NODE_EXTENSION'];
  if (platform) defines.push(...under(`OS=="${platform}"`).defines);
  const systemHeaders = [includeDirectory(), path.resolve(root, require('node-addon-api').include_dir)];
  return [
    ...under('OS!="win"').cflags_cc.filter((flag) => flag.startsWith('-') && flag !== '-isystem'),
    '-Inative',
    ...defines.map((name) => `-D${name}`),
    ...systemHeaders.flatMap((folder) => ['-isystem', folder]),
  ];
}
