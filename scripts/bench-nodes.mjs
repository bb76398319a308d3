// `npm run bench:nodes [-- SUITE [NAME...]]`: runs a suite (default peers) under other versions of Node, from the
// npm registry. NODES="22 24 26" names them. `npm run bench:peers` must have run once before, as it installs the peers.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fail, root } from './shell.mjs';

const [suite = 'peers', ...names] = process.argv.slice(2);
const versions = (process.env.NODES ?? '22 24 26').split(/[\s,]+/).filter(Boolean);
const script = path.join(root, `build/bench/${suite}.bench.js`);
if (!fs.existsSync(script)) fail(`there is no suite ${suite}`);
const built = ['bench/peers/build/schema.js'];
if (process.platform === 'linux') built.push('bench/eventfd/build/Release/eventfd.node');
if (suite === 'peers' && !built.every((file) => fs.existsSync(path.join(root, file))))
  fail('npm run bench:peers has to run first: it installs and builds the peers');

function install(version) {
  const folder = path.join(root, 'bench/nodes', version);
  const binary = path.join(folder, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (!fs.existsSync(binary)) {
    console.error(`installing Node ${version}...`);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const wanted = `node-${process.platform}-${process.arch}@${version}`;
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    execFileSync('npm', ['install', ...options, wanted], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return binary;
}

let failed = false;
for (const version of versions) {
  const { status } = spawnSync(install(version), [script, ...names], { cwd: root, stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
