/**
 * Writes lib/kernel/syscall-tables.ts from the kernel's own headers (Debian package linux-libc-dev). To be run
 * by hand when a kernel brings new system calls; the result is committed.
 *
 *   node scripts/generate-syscalls.mjs
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './shell.mjs';

/** What arch/arm64/include/uapi/asm/unistd.h asks of the table that most architectures share. */
const ARM64 = ['RENAMEAT', 'NEW_STAT', 'SET_GET_RLIMIT', 'TIME32_SYSCALLS', 'SYS_CLONE3', 'MEMFD_SECRET'];

/** Newer than the headers of the oldest distribution this is run on; since 424 all architectures share numbers. */
const NEWER = {
  both: {
    451: 'cachestat',
    452: 'fchmodat2',
    453: 'map_shadow_stack',
    454: 'futex_wake',
    455: 'futex_wait',
    456: 'futex_requeue',
    457: 'statmount',
    458: 'listmount',
    459: 'lsm_get_self_attr',
    460: 'lsm_set_self_attr',
    461: 'lsm_list_modules',
    462: 'mseal',
    463: 'setxattrat',
    464: 'getxattrat',
    465: 'listxattrat',
    466: 'removexattrat',
    467: 'open_tree_attr',
    468: 'file_getattr',
    469: 'file_setattr',
  },
  x64: { 335: 'uretprobe', 336: 'uprobe' },
  arm64: {},
};

/** Names by number, from the macros __NR_name, which may stand for one another. */
function numbersIn(header, defines) {
  const macros = execFileSync('cpp', ['-dM', ...defines.map((name) => `-D${name}`), '-'], {
    input: `#include <${header}>\n`,
    encoding: 'utf8',
  });
  const values = new Map(
    [...macros.matchAll(/^#define (__NR\w+) (\w+)$/gm)].map((match) => [match[1], match[2]]),
  );
  const names = {};
  for (const [macro, value] of values) {
    let number = value;
    while (values.has(number)) number = values.get(number);
    const name = /^__NR_(\w+)$/.exec(macro)?.[1];
    // The others are bounds, not calls.
    if (name !== undefined && /^\d+$/.test(number) && !['syscalls', 'arch_specific_syscall'].includes(name))
      names[number] = name;
  }
  return names;
}

/** Runs of names that follow one another, as a first number and words. */
function runs(names) {
  const found = [];
  for (const number of Object.keys(names).map(Number)) {
    const last = found.at(-1);
    if (last !== undefined && last.first + last.names.length === number) last.names.push(names[number]);
    else found.push({ first: number, names: [names[number]] });
  }
  return found;
}

function emit(names) {
  return runs(names)
    .map(({ first, names: words }) => `    [${first}, '${words.join(' ')}'],`)
    .join('\n');
}

const x64 = { ...numbersIn('asm/unistd_64.h', []), ...NEWER.x64, ...NEWER.both };
/** Of programs of 32 bits on x64; for what is read, as nothing of ours runs there. */
const ia32 = { ...numbersIn('asm/unistd_32.h', []), ...NEWER.both };
const arm64 = {
  ...numbersIn('asm-generic/unistd.h', ['__BITS_PER_LONG=64', ...ARM64.map((what) => `__ARCH_WANT_${what}`)]),
  ...NEWER.both,
};
fs.writeFileSync(
  path.join(root, 'lib/kernel/syscall-tables.ts'),
  `// Written by scripts/generate-syscalls.mjs from the kernel's headers; run that instead of editing.

/** Of each architecture, by its name in Node: runs of system calls, each a first number and the names from there on. */
export const SYSCALL_TABLES: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  x64: [
${emit(x64)}
  ],
  arm64: [
${emit(arm64)}
  ],
  ia32: [
${emit(ia32)}
  ],
};
`,
);
