/**
 * Compiles the sources as for macOS as far as that goes without its SDK: clang takes the branches of `__APPLE__`, but this machine's
 * headers. Finds what the other branches lack or misspell; what only Apple's headers and linker refuse, it cannot find.
 *
 *   npm run check:darwin
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compilerFlags, nativeSources } from './compiler-flags.mjs';
import { fail, root, run } from './shell.mjs';

const stubs = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-darwin-'));
process.on('exit', () => fs.rmSync(stubs, { recursive: true, force: true }));
// What uv.h includes there, and all that it takes from there.
fs.mkdirSync(path.join(stubs, 'mach'));
for (const name of ['mach', 'semaphore', 'task', 'vm_types'])
  fs.writeFileSync(path.join(stubs, 'mach', `${name}.h`), '');
fs.writeFileSync(path.join(stubs, 'mach/semaphore.h'), 'typedef unsigned semaphore_t;\n');
fs.writeFileSync(path.join(stubs, 'TargetConditionals.h'), '#define TARGET_OS_IPHONE 0\n');

const sources = nativeSources();
const flags = [...compilerFlags(), '-U__linux__', '-U__linux', '-Ulinux', '-D__APPLE__', '-isystem', stubs];
const { code, output } = await run('clang++', ['-fsyntax-only', ...flags, ...sources], { cwd: root });
if (code === 127) fail('missing: clang++ (Debian package: clang)');
if (code !== 0 || output) fail(output.trimEnd());
console.log(`${sources.length} files compile`);
