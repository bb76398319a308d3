/** How much of what its cgroups may have is left to this process. */
import os from 'node:os';
import { memoryCgroups, type ReadText, readText } from '../memory-cgroups';

/**
 * Bytes by which two counts of the same may differ, or that a shell takes. memory.stat may leave out 64 pages for each CPU, which that has
 * not added yet (MEMCG_CHARGE_BATCH in mm/memcontrol.c of Linux 6.12; 32 up to 5.12).
 */
const NOISE = Math.max(1 << 20, os.cpus().length * 64 * 4096);

/** Bytes. */
export interface MemoryRoom {
  /** What all processes of a cgroup may have. */
  readonly limit: number;
  /** What of that other processes hold, and files in a tmpfs. */
  readonly others: number;
}

/**
 * Of the cgroup that leaves the least, its own or one above it; undefined without a limit. Linux alone tells of others.
 * limit, read: what memoryLimit tells, and files.
 */
export function memoryRoom(limit: number | undefined, read: ReadText = readText): MemoryRoom | undefined {
  if (limit === undefined) return undefined;
  const own = ownMemory(read);
  const rooms = memoryCgroups(read)
    .filter((group) => group.limit > 0)
    .map((group) => {
      const others = group.kept() - own;
      return { limit: group.limit, others: others < NOISE ? 0 : others };
    });
  return [{ limit, others: 0 }, ...rooms].reduce((least, room) =>
    leftOf(room) < leftOf(least) ? room : least,
  );
}

/** Bytes; with swap others may hold more than all. */
export function leftOf({ limit, others }: MemoryRoom): number {
  return Math.max(0, limit - others);
}

/**
 * Bytes of this process that are counted as kept; where that is not told, nothing is taken to be held by others. Not from
 * /proc/self/status, whose counters leave out what each CPU or thread has not added yet, and that would seem to be held by others.
 */
function ownMemory(read: ReadText): number {
  const [, kilobytes] = /^Anonymous: +(\d+) kB$/m.exec(read('/proc/self/smaps_rollup') ?? '') ?? [];
  return kilobytes === undefined ? Infinity : Number(kilobytes) * 1024;
}
