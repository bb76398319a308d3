/**
 * The gate for a prebuilt Linux binary. Each rule stands for a way such a binary has failed on a user's
 * machine: wrong processor, unloaded with its last worker, too new a C library, nothing to load, too large.
 */
import fs from 'node:fs';
import { root, run } from './shell.mjs';

/** What the binary may need at most. The official Node 20 binary itself asks for GLIBC_2.28 and GLIBCXX_3.4.21. */
export const floors = {
  x64: { machine: 'Advanced Micro Devices X86-64', GLIBC: '2.17', GLIBCXX: '3.4.22', CXXABI: '1.3.11' },
  arm64: { machine: 'AArch64', GLIBC: '2.17', GLIBCXX: '3.4.22', CXXABI: '1.3.11' },
};

const sizeBudget = 400 * 1024;
const libraries = new Set(['libstdc++.so.6', 'libgcc_s.so.1', 'libc.so.6', 'libm.so.6', 'libpthread.so.0']);

export function compareVersions(left, right) {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The highest version of each symbol family that the binary imports, from `objdump -T`. */
function highestVersions(symbols) {
  const highest = {};
  for (const [, family, version] of symbols.matchAll(/\*UND\*.*\((GLIBC|GLIBCXX|CXXABI)_([\d.]+)\)/g)) {
    if (!highest[family] || compareVersions(version, highest[family]) > 0) highest[family] = version;
  }
  return highest;
}

async function tool(command, args) {
  const { code, stdout, output } = await run(command, args, { env: { ...process.env, LC_ALL: 'C' } });
  if (code === 127) throw new Error(`${command} is not installed (Debian package: binutils)`);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${output.trim()}`);
  return stdout;
}

/** Returns what was measured and one message for each rule that the file breaks. */
export async function checkBinary(file, arch) {
  const floor = floors[arch];
  if (!floor) throw new Error(`no floor is stated for ${arch}`);
  const problems = [];

  const header = await tool('readelf', ['-h', file]);
  const machine = /Machine:\s+(.*)/.exec(header)?.[1].trim();
  if (machine !== floor.machine) problems.push(`built for ${machine}, not for ${floor.machine}`);

  const dynamic = await tool('readelf', ['-d', file]);
  if (!/FLAGS_1.*\bNODELETE\b/.test(dynamic))
    problems.push('DF_1_NODELETE is not set: link with -Wl,-z,nodelete');
  if (!/\bBIND_NOW\b|FLAGS_1.*\bNOW\b/.test(dynamic)) problems.push('not linked with -Wl,-z,now');
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]);
  for (const library of needed) {
    if (!libraries.has(library)) problems.push(`needs the library ${library}`);
  }

  const symbols = await tool('objdump', ['-T', file]);
  const versions = highestVersions(symbols);
  for (const [family, version] of Object.entries(versions)) {
    if (compareVersions(version, floor[family]) > 0) {
      const culprits = [...symbols.matchAll(new RegExp(`\\(${family}_${version}\\)\\s+(\\S+)`, 'g'))].map(
        (match) => match[1],
      );
      problems.push(`needs ${family}_${version}, the floor is ${floor[family]}: ${culprits.join(', ')}`);
    }
  }
  if (!/ g\s+DF .*\bnapi_register_module_v1$/m.test(symbols))
    problems.push('does not export napi_register_module_v1');

  const bytes = fs.readFileSync(file);
  if (bytes.length > sizeBudget) problems.push(`${bytes.length} bytes, the budget is ${sizeBudget}`);
  if (bytes.includes(root)) problems.push(`contains the path ${root}`);
  if (/\.debug_info/.test(await tool('readelf', ['-S', '-W', file]))) problems.push('is not stripped');

  return { versions, needed, size: bytes.length, problems };
}
