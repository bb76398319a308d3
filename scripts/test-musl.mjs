/**
 * The binary for any C library: in this Node, which has glibc, a table of what it did; and whether a process of musl opens it. No Node
 * for musl comes from npm, so that process has none of Node's functions: it proves that all else is found, and no more.
 *
 *   npm run test:musl    (needs Debian's musl-tools)
 */
import fs from 'node:fs';
import path from 'node:path';
import { installedFolder, musl, runScenarios } from './scenarios.mjs';
import { fail, root, run } from './shell.mjs';
import { binaryFile, targets } from './targets.mjs';

const target = `${process.platform}-${process.arch}`;
const file = binaryFile(targets[`${target}-musl`]);

async function succeed(command, args, cwd = root) {
  const { code, output } = await run(command, args, { cwd });
  if (code === 127) fail(`missing: ${command} (Debian package: musl-tools)`);
  if (code !== 0) fail(`${command} ended with ${code}:\n${output.trimEnd()}`);
  return output.trimEnd();
}

const built = await succeed(process.execPath, ['scripts/prebuild.mjs', `${target}-musl`]);
if (built) console.log(built);

const folder = await installedFolder();
const rows = [
  {
    label: `Node ${process.versions.node}, glibc`,
    command: [process.execPath],
    env: musl(folder, target),
  },
];
const passed = await runScenarios(folder, rows);

const symbols = await succeed('readelf', ['--dyn-syms', '-W', file]);
const wanted = [...symbols.matchAll(/ UND ((?:napi|node_api|uv)_\w+)/g)].map(([, name]) => name);
const host = path.join(folder, 'host');
fs.writeFileSync(
  `${host}.c`,
  `#include <dlfcn.h>
#include <stdio.h>
${wanted.map((name) => `void ${name}(void) { __builtin_trap(); }`).join('\n')}
int main(int argc, char** argv) {
  void* library = dlopen(argv[1], RTLD_NOW);
  if (library != NULL && dlsym(library, "napi_register_module_v1") != NULL) return 0;
  puts(dlerror());
  return 1;
}
`,
);
await succeed('musl-gcc', ['-rdynamic', '-o', host, `${host}.c`]);
await succeed(host, [file]);
console.log('a musl process opens it');
if (!passed) process.exitCode = 1;
