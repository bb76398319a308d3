/** What the head of a file tells before Linux maps it: the dynamic loader of a C library dies of a file that is cut off. */
import fs from 'node:fs';

/** Bytes of the header of a 64-bit file; that of a 32-bit one is shorter. */
const HEADER = 64;

/** Node's names of the processors that an ELF header has by number. A file for another is left to the loader of the C library. */
const PROCESSORS: Readonly<Record<number, string | undefined>> = {
  3: 'ia32',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

/** How files for other systems begin: those of macOS in either order of bytes, and for several processors. */
const OTHERS: readonly (readonly [system: string, start: RegExp])[] = [
  ['Windows', /^MZ/],
  ['macOS', /^(\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe)/],
];

/** Why a file of `size` bytes cannot load in this process; undefined: nothing is known against it. Throws what reading does. */
export function defectOf(file: string, size: number): string | undefined {
  const header = headOf(file);
  const start = header.toString('latin1', 0, 4);
  const other = OTHERS.find(([, pattern]) => pattern.test(start));
  if (other !== undefined) return `it is for ${other[0]}, this is Linux`;
  if (!'\x7fELF'.startsWith(start)) return 'it is no binary of Linux';
  if (header.length < HEADER) return `it is cut off: it has ${size} bytes, fewer than a header`;
  const { processor, end } = read(header);
  if (processor !== undefined && processor !== process.arch)
    return `it is for ${processor}, this is ${process.arch}`;
  return size < end ? `it is cut off: ${size} bytes of ${end}` : undefined;
}

function headOf(file: string): Buffer {
  const descriptor = fs.openSync(file, 'r');
  try {
    const header = Buffer.allocUnsafe(HEADER);
    return header.subarray(0, fs.readSync(descriptor, header, 0, HEADER, 0));
  } finally {
    fs.closeSync(descriptor);
  }
}

/** `end`: of the table of sections, which linkers write last. */
function read(header: Buffer): { processor: string | undefined; end: number } {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const is64 = view.getUint8(4) === 2;
  const little = view.getUint8(5) === 1;
  const table = is64 ? Number(view.getBigUint64(40, little)) : view.getUint32(32, little);
  const [entryBytes, entries] = is64 ? [58, 60] : [46, 48];
  return {
    processor: PROCESSORS[view.getUint16(18, little)],
    end: table + view.getUint16(entryBytes, little) * view.getUint16(entries, little),
  };
}
