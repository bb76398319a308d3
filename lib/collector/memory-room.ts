/** How much of what its cgroups may have is left to this process. */
import { memoryCgroups, type ReadText, readText } from '../memory-cgroups';
import { memoryLimit } from '../memory-limit';

/** Bytes. */
const LEAST = 1 << 20;

export interface MemoryRoom {
  /** Bytes that it and the other processes of a cgroup may have. */
  readonly limit: number;
  /** Bytes of these that the others hold; 0 for what may as well be a difference of two counts, or a shell. */
  readonly others: number;
}

/**
 * Of the cgroup that leaves the least, its own or one above it. Undefined where nothing sets a limit. Linux alone tells of others.
 * limit, read: as memoryLimit tells it, and files.
 */
export function memoryRoom(limit = memoryLimit(), read: ReadText = readText): MemoryRoom | undefined {
  if (limit === undefined) return undefined;
  const own = ownMemory(read);
  const rooms = memoryCgroups(read)
    .filter((group) => group.limit > 0)
    .map(({ limit, kept }) => ({ limit, others: atLeast(LEAST, kept() - own) }));
  return [{ limit, others: 0 }, ...rooms].reduce((least, room) => (left(room) < left(least) ? room : least));
}

function atLeast(least: number, value: number): number {
  return value < least ? 0 : value;
}

function left({ limit, others }: MemoryRoom): number {
  return limit - others;
}

/**
 * Bytes of this process that cannot be dropped; where that is not told, nothing is taken to be held by others. Not from
 * /proc/self/status, whose counters leave out what each CPU or thread has not added yet, and that would seem to be held by others.
 */
function ownMemory(read: ReadText): number {
  const [, kilobytes] = /^Anonymous: +(\d+) kB$/m.exec(read('/proc/self/smaps_rollup') ?? '') ?? [];
  return kilobytes === undefined ? Infinity : Number(kilobytes) * 1024;
}
