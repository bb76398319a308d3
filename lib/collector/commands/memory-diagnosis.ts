/** What `tapio doctor` tells of memory that is limited. */
import fs from 'node:fs';
import { isLittle } from '../little-memory';
import { type MemoryRoom, memoryRoom } from '../memory-room';

/** KiB that the kernel reads at once; above it, where memory is little, each page of code that is read again drives out others. */
const READ_AHEAD_MOST = 1024;
const MIB = 1 << 20;

export interface MemoryDiagnosis extends MemoryRoom {
  /** The largest read ahead of a disk, in KiB, where memory is so little that it matters and it is large. */
  readonly readAhead?: { readonly file: string; readonly kilobytes: number };
}

/** Undefined where nothing sets a limit. */
export function diagnoseMemory(): MemoryDiagnosis | undefined {
  const room = memoryRoom();
  if (room === undefined) return undefined;
  const [most] = isLittle(room.limit)
    ? readAheads().sort((one, other) => other.kilobytes - one.kilobytes)
    : [];
  return most !== undefined && most.kilobytes > READ_AHEAD_MOST ? { ...room, readAhead: most } : room;
}

export function memoryTexts({ limit, others, readAhead }: MemoryDiagnosis): string[] {
  const held = others === 0 ? '' : `; other processes hold ${megabytes(others)} of them`;
  const texts = [`${megabytes(limit)} MB, above which the kernel kills${held}`];
  if (readAhead !== undefined)
    texts.push(`a read ahead of ${readAhead.kilobytes} KB makes it slow: echo 128 > ${readAhead.file}`);
  return texts;
}

function readAheads(): { file: string; kilobytes: number }[] {
  try {
    return fs
      .readdirSync('/sys/block')
      .map((disk) => `/sys/block/${disk}/queue/read_ahead_kb`)
      .map((file) => ({ file, kilobytes: Number(fs.readFileSync(file, 'utf8')) }));
  } catch {
    return [];
  }
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / MIB);
}
