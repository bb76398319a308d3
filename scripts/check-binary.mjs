/**
 * The gate for a prebuilt binary. Each rule stands for a way such a binary has failed on a user's machine: wrong processor, unloaded
 * with its last worker, too new a C library, a function that a runtime lacks, nothing to load, too large.
 */
import fs from 'node:fs';
import { readMachO } from './mach-o.mjs';
import { root, run } from './shell.mjs';

const machines = { x64: 'Advanced Micro Devices X86-64', arm64: 'AArch64' };

/**
 * What it may need at most of the libraries of Linux, where the official Node 20 itself asks for GLIBC_2.28 and GLIBCXX_3.4.21, and of
 * macOS, where it is what binding.gyp says.
 */
export const floors = { GLIBC: '2.17', GLIBCXX: '3.4.21', CXXABI: '1.3.11', macOS: '11.0' };
const libraries = {
  glibc: [
    'libstdc++.so.6',
    'libgcc_s.so.1',
    'libc.so.6',
    'libm.so.6',
    'libpthread.so.0',
    'ld-linux-aarch64.so.1',
  ],
  musl: [],
  win32: ['KERNEL32.dll', 'msvcrt.dll', 'ADVAPI32.dll', 'NODE.EXE'],
  darwin: ['/usr/lib/libSystem.B.dylib', '/usr/lib/libc++.1.dylib'],
};
/** Of libuv, what Bun and Deno have too. Any other must be a weak reference, and unused there. */
const loopFunctions = new Set(
  ['async_init', 'async_send', 'timer_init', 'timer_start', 'close', 'ref', 'unref', 'hrtime'].map(
    (name) => `uv_${name}`,
  ),
);
/** The C library that a binary for any of them is held against. */
const musl = { file: '/usr/lib/x86_64-linux-musl/libc.so', debianPackage: 'musl-dev' };
/** Those for musl and Windows bring their C++ library along. That for macOS was never built so far: its bound is a guess. */
const kilobytes = { glibc: 400, musl: 448, win32: 700, darwin: 700 };

export function compareVersions(left, right) {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function tool(command, args) {
  const { code, stdout, output } = await run(command, args, { env: { ...process.env, LC_ALL: 'C' } });
  if (code === 127) throw new Error(`${command} is not installed (Debian package: binutils)`);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${output.trim()}`);
  return stdout;
}

/** Its dynamic symbols: those that it needs have `section` UND, and a version if they were linked with one. */
async function symbolsOf(file) {
  const rows = (await tool('readelf', ['--dyn-syms', '-W', file])).matchAll(
    /^\s*\d+: [0-9a-f]+ +\d+ (?<type>\S+) +(?<bind>\S+) +\S+ +(?:\[.*?\] +)?(?<section>\S+) (?<name>[^@\s]+)(?:@+(?<family>[A-Z]+)_(?<version>[\d.]+))?/gm,
  );
  return [...rows].map((row) => row.groups);
}

/** The highest version of each symbol family that is needed. */
function highestVersions(needed) {
  const highest = {};
  for (const { family, version } of needed) {
    if (version && (!highest[family] || compareVersions(version, highest[family]) > 0))
      highest[family] = version;
  }
  return highest;
}

async function checkElf(file, { arch, libc }, problems) {
  const header = await tool('readelf', ['-h', file]);
  const machine = /Machine:\s+(.*)/.exec(header)?.[1].trim();
  if (machine !== machines[arch]) problems.push(`built for ${machine}, not for ${machines[arch]}`);

  const dynamic = await tool('readelf', ['-d', file]);
  if (!/FLAGS_1.*\bNODELETE\b/.test(dynamic))
    problems.push('DF_1_NODELETE is not set: link with -Wl,-z,nodelete');
  if (!/\bBIND_NOW\b|FLAGS_1.*\bNOW\b/.test(dynamic)) problems.push('not linked with -Wl,-z,now');

  const symbols = await symbolsOf(file);
  const wanted = symbols.filter(({ section }) => section === 'UND');
  const versions = highestVersions(wanted);
  for (const [family, version] of Object.entries(versions)) {
    if (floors[family] && compareVersions(version, floors[family]) <= 0) continue;
    const culprits = wanted.filter((symbol) => symbol.family === family && symbol.version === version);
    const names = culprits.map(({ name }) => name).join(', ');
    problems.push(`needs ${family}_${version}, the floor is ${floors[family]}: ${names}`);
  }
  const strong = wanted.filter(({ bind }) => bind === 'GLOBAL').map(({ name }) => name);
  problems.push(...missingInRuntimes(strong));
  if (libc === 'musl') problems.push(...(await missingInMusl(strong)));
  if (!symbols.some(({ section, name }) => section !== 'UND' && name === 'napi_register_module_v1'))
    problems.push('does not export napi_register_module_v1');
  if (/\.debug_info/.test(await tool('readelf', ['-S', '-W', file]))) problems.push('is not stripped');

  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]);
  return { versions, needed };
}

function missingInRuntimes(names) {
  return names
    .filter((name) => name.startsWith('uv_') && !loopFunctions.has(name))
    .map((name) => `Bun or Deno lacks ${name}`);
}

async function missingInMusl(names) {
  if (!fs.existsSync(musl.file))
    return [`cannot be held against musl (Debian package: ${musl.debianPackage})`];
  const exported = (await symbolsOf(musl.file)).filter(({ section }) => section !== 'UND');
  const known = new Set(exported.map(({ name }) => name));
  return names
    .filter((name) => !/^(napi|node_api|uv)_/.test(name) && !known.has(name))
    .map((name) => `musl lacks ${name}`);
}

async function checkPe(file, target, problems) {
  const header = await tool('objdump', ['-p', file]);
  if (!/file format pei-x86-64/.test(header)) problems.push('not a library for Windows on x64');
  if (!/napi_register_module_v1/.test(header)) problems.push('does not export napi_register_module_v1');
  if (!/^Time\/Date\s+Thu Jan +1 00:00:00 1970/m.test(header)) problems.push('holds the time of its build');
  return { versions: {}, needed: [...header.matchAll(/DLL Name: (\S+)/g)].map((match) => match[1]) };
}

function checkMachO(file, { arch }, problems) {
  const { arch: built, isBundle, oldest, libraries: needed, symbols } = readMachO(file);
  if (built !== arch) problems.push(`built for ${built ?? 'another processor'}, not for ${arch}`);
  if (!isBundle) problems.push('not a bundle, which dlopen loads');
  if (oldest === undefined) problems.push('tells no macOS that it was built for');
  else if (compareVersions(oldest, floors.macOS) > 0)
    problems.push(`needs macOS ${oldest}, the floor is ${floors.macOS}`);
  const namesOf = (property) => symbols.filter((symbol) => symbol[property]).map(({ name }) => name);
  problems.push(...missingInRuntimes(namesOf('isNeeded')));
  if (!namesOf('isExported').includes('napi_register_module_v1'))
    problems.push('does not export napi_register_module_v1');
  if (namesOf('isDebug').length > 0) problems.push('is not stripped');
  return { versions: oldest === undefined ? {} : { macOS: oldest }, needed };
}

const checks = { linux: checkElf, win32: checkPe, darwin: checkMachO };

/** Returns what was measured and one message for each rule that the file of a target (scripts/targets.mjs) breaks. */
export async function checkBinary(file, { platform, arch, libc = 'glibc' }) {
  const problems = [];
  const { versions, needed } = await checks[platform](file, { arch, libc }, problems);
  const kind = platform === 'linux' ? libc : platform;
  for (const library of needed) {
    if (!libraries[kind].includes(library)) problems.push(`needs the library ${library}`);
  }
  const bytes = fs.readFileSync(file);
  const budget = kilobytes[kind] * 1024;
  if (bytes.length > budget) problems.push(`${bytes.length} bytes, the budget is ${budget}`);
  if (bytes.includes(root)) problems.push(`contains the path ${root}`);
  return { versions, needed, size: bytes.length, problems };
}
