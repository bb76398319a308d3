/** The kernel's constants for this process, from /proc/self/auxv: Node has no sysconf(). */
import fs from 'node:fs';
import os from 'node:os';

const AT_PAGESZ = 6;
const AT_CLKTCK = 17;

export interface KernelConstants {
  /** Bytes of a memory page. */
  readonly pageSize: number;
  /** Ticks a second in the time fields of /proc/PID/stat. */
  readonly ticksPerSecond: number;
}

/** auxv is pairs of native words: type and value. */
export function parseAuxv(bytes: Buffer, wordSize = 8, endianness = os.endianness()): KernelConstants {
  const word = (offset: number): number => {
    if (wordSize === 4) return endianness === 'LE' ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
    return Number(endianness === 'LE' ? bytes.readBigUInt64LE(offset) : bytes.readBigUInt64BE(offset));
  };
  let pageSize = 4096;
  let ticksPerSecond = 100;
  for (let offset = 0; offset + 2 * wordSize <= bytes.length; offset += 2 * wordSize) {
    const type = word(offset);
    if (type === AT_PAGESZ) pageSize = word(offset + wordSize);
    if (type === AT_CLKTCK) ticksPerSecond = word(offset + wordSize);
  }
  return { pageSize, ticksPerSecond };
}

export function readKernelConstants(procRoot: string): KernelConstants {
  const wordSize = process.arch === 'arm' || process.arch === 'ia32' ? 4 : 8;
  return parseAuxv(fs.readFileSync(`${procRoot}/self/auxv`), wordSize);
}
