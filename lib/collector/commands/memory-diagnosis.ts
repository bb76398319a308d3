/** What `tapio doctor` tells of memory that is limited. */
import fs from 'node:fs';
import { readText } from '../../memory-cgroups';
import { isLittle } from '../little-memory';
import type { MemoryRoom } from '../memory-room';
import { megabytesFrom, megabytesTo } from '../text/figures';

/**
 * KiB that the kernel reads at once for one page. Where memory is little, what is read ahead drives out other pages of Node's code: 128 was
 * seen to do no harm, 8192 to leave no time for anything else.
 */
const READ_AHEAD_MOST = 1024;

export interface MemoryDiagnosis extends MemoryRoom {
  /** The largest of the disks, in KiB, where so little is left that it matters and it is large. */
  readonly readAhead?: ReadAhead;
}

interface ReadAhead {
  readonly file: string;
  readonly kilobytes: number;
}

/** disks: below it each has a folder. */
export function diagnoseMemory(
  room: MemoryRoom | undefined,
  disks = '/sys/block',
): MemoryDiagnosis | undefined {
  if (!isLittle(room)) return room;
  const [most] = readAheads(disks).sort((one, other) => other.kilobytes - one.kilobytes);
  return most?.kilobytes > READ_AHEAD_MOST ? { ...room, readAhead: most } : room;
}

export function memoryTexts({ limit, others, readAhead }: MemoryDiagnosis): string[] {
  const held =
    others === 0 ? '' : `; other processes and files in a tmpfs hold ${megabytesTo(others)} of them`;
  const texts = [`${megabytesFrom(limit)} MB, above which the kernel kills${held}`];
  if (readAhead !== undefined) {
    const { file, kilobytes } = readAhead;
    texts.push(
      `if Node lies on this disk it may be slow, as ${kilobytes} KB are read at once; 128 are enough: ${file}`,
    );
  }
  return texts;
}

function readAheads(disks: string): ReadAhead[] {
  return namesIn(disks).flatMap((disk) => {
    const file = `${disks}/${disk}/queue/read_ahead_kb`;
    const text = readText(file);
    return text === undefined ? [] : [{ file, kilobytes: Number(text) }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
