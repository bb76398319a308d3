/** Reads a 64-bit file of macOS, which binutils cannot: the layout is that of Apple's <mach-o/loader.h> and <mach-o/nlist.h>. */
import fs from 'node:fs';

const MAGIC = 0xfeedfacf;
const HEADER_SIZE = 32;
const BUNDLE = 8;
const processors = { 0x01000007: 'x64', 0x0100000c: 'arm64' };

const SYMBOL_TABLE = 0x2;
const LEAST_VERSION = 0x24;
const BUILD_VERSION = 0x32;
/** Loads a library: always, if it is there, as its own, and late. */
const LIBRARIES = new Set([0xc, 0x80000018, 0x8000001f, 0x20]);

const SYMBOL_SIZE = 16;
/** Bits of a symbol's type, and one of its description. */
const DEBUG = 0xe0;
const PRIVATE = 0x10;
const PLACE = 0x0e;
const EXTERNAL = 0x01;
const WEAK_REFERENCE = 0x40;

/**
 * Returns `arch`, undefined for one that is not ours; `isBundle`, as an addon is; `oldest`, the macOS that it asks for; `libraries`;
 * and `symbols`, each with its name as in C and `isDebug`, `isExported`, `isNeeded` (without which it does not load).
 */
export function readMachO(file) {
  const bytes = fs.readFileSync(file);
  if (bytes.length < HEADER_SIZE || bytes.readUInt32LE(0) !== MAGIC)
    throw new Error(`${file} is no Mach-O file of 64 bits`);
  const commands = loadCommands(bytes);
  const places = (...kinds) => commands.filter(({ kind }) => kinds.includes(kind)).map(({ at }) => at);
  const [oldest] = [
    ...places(BUILD_VERSION).map((at) => versionAt(bytes, at + 12)),
    ...places(LEAST_VERSION).map((at) => versionAt(bytes, at + 8)),
  ];
  return {
    arch: processors[bytes.readUInt32LE(4)],
    isBundle: bytes.readUInt32LE(12) === BUNDLE,
    oldest,
    libraries: places(...LIBRARIES).map((at) => textAt(bytes, at + bytes.readUInt32LE(at + 8))),
    symbols: places(SYMBOL_TABLE).flatMap((at) => symbolsAt(bytes, at)),
  };
}

function loadCommands(bytes) {
  const commands = [];
  let at = HEADER_SIZE;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    commands.push({ kind: bytes.readUInt32LE(at), at });
    at += bytes.readUInt32LE(at + 4);
  }
  return commands;
}

function symbolsAt(bytes, command) {
  const [table, count, texts] = [8, 12, 16].map((offset) => bytes.readUInt32LE(command + offset));
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * SYMBOL_SIZE;
    const type = bytes[at + 4];
    const isDebug = (type & DEBUG) !== 0;
    const isExternal = !isDebug && (type & EXTERNAL) !== 0;
    const isDefined = (type & PLACE) !== 0;
    return {
      // In the file each name of C begins with one more underscore.
      name: textAt(bytes, texts + bytes.readUInt32LE(at)).replace(/^_/, ''),
      isDebug,
      isExported: isExternal && isDefined && (type & PRIVATE) === 0,
      isNeeded: isExternal && !isDefined && (bytes.readUInt16LE(at + 6) & WEAK_REFERENCE) === 0,
    };
  });
}

function textAt(bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

function versionAt(bytes, at) {
  return `${bytes.readUInt16LE(at + 2)}.${bytes[at + 1]}`;
}
