/** The platforms that binaries are published for, and what building each here takes. */
import path from 'node:path';
import { root } from './shell.mjs';

/**
 * By the name that `npm run prebuild` takes. `tools`: the prefix of the cross compiler's tools; `compiler`: the C++ compiler's name behind
 * it, default `g++`; `debian`: its package, where that does not follow from `tools`. `libc: 'musl'` is one file that names no library, for
 * whichever C library a process has; where there is one for glibc beside it, that one is taken.
 */
export const targets = {
  'linux-x64': { platform: 'linux', arch: 'x64', libc: 'glibc', tools: 'x86_64-linux-gnu-' },
  'linux-arm64': { platform: 'linux', arch: 'arm64', libc: 'glibc', tools: 'aarch64-linux-gnu-' },
  'linux-x64-musl': { platform: 'linux', arch: 'x64', libc: 'musl', tools: 'x86_64-linux-gnu-' },
  'linux-arm64-musl': { platform: 'linux', arch: 'arm64', libc: 'musl', tools: 'aarch64-linux-gnu-' },
  'win32-x64': {
    platform: 'win32',
    arch: 'x64',
    tools: 'x86_64-w64-mingw32-',
    compiler: 'g++-posix',
    debian: 'g++-mingw-w64-x86-64-posix',
  },
  'darwin-x64': { platform: 'darwin', arch: 'x64' },
  'darwin-arm64': { platform: 'darwin', arch: 'arm64' },
};

/** The target of this machine. On a musl system it is built by hand: scripts/build-native.mjs. */
export const ownTarget = `${process.platform}-${process.arch}`;

export function binaryFile({ platform, arch, libc }) {
  const name = libc ? `@tapio+performance.${libc}.node` : '@tapio+performance.node';
  return path.join(root, 'prebuilds', `${platform}-${arch}`, name);
}

/** The cross compiler for C++. */
export function compilerOf({ tools, compiler = 'g++' }) {
  return tools + compiler;
}

/** Whether this machine builds it by a cross compiler. */
export function isForeign({ platform, arch }) {
  return platform !== process.platform || arch !== process.arch;
}
