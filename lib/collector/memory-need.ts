/** Whether a run fits into the memory that it may have: one that does not is refused before it begins, not killed in the midst of it. */
import { UsageError } from './command-line/command';
import { isLittle } from './little-memory';
import { type MemoryRoom, memoryRoom } from './memory-room';

const MIB = 1 << 20;
/**
 * MiB, as those of sources and exports: what a run takes more of with it, at the most, with the sizes of a limit of 64 MB, and what the kernel
 * takes for it. Measured with Node 20 on x64 with glibc, at 165,000 events a second, with a client that reads all of --grpc and nobody at
 * the others, also on a machine whose CPUs were busy.
 */
const MAIN = 23;
const CORRELATION = 17;
/** The engine of later versions takes more: from this one on, so many times as much. The latest first. */
const LATER = [
  { major: 24, factor: 1.3 },
  { major: 22, factor: 1.1 },
];
/** Of the limit: some of Node's code has to be there, too. */
const USABLE = 31 / 32;

/** MiB. */
interface Part {
  readonly memory: number;
}

export interface RunParts {
  /** One for each thread. */
  readonly sources: readonly Part[];
  /** The exports. */
  readonly outputs: readonly (Part & { readonly name: string })[];
  readonly correlates: boolean;
  /** Bytes that its rings have more than those of its limit. */
  readonly moreRing?: number;
}

/** Bytes of a limit in which it has room. */
export function memoryNeed(
  { sources, outputs, correlates, moreRing = 0 }: RunParts,
  node: string = process.versions.node,
): number {
  const parts = [...sources, ...outputs].map(({ memory }) => memory);
  const sum = parts.reduce((total, part) => total + part, MAIN + (correlates ? CORRELATION : 0));
  const factor = LATER.find(({ major }) => Number.parseInt(node) >= major)?.factor ?? 1;
  return Math.ceil((sum * factor * MIB + moreRing) / USABLE);
}

/**
 * Throws UsageError for what does not fit into what others leave of the limit. Nothing is asked where the limit is not little: the heaps of a run
 * have room there.
 */
export function checkMemory(
  parts: RunParts,
  room: MemoryRoom | undefined = memoryRoom(),
  node: string = process.versions.node,
): void {
  if (room === undefined || !isLittle(room.limit)) return;
  const { limit, others } = room;
  const need = memoryNeed(parts, node);
  if (need <= limit - others) return;
  const held = others === 0 ? '' : `, as other processes hold ${megabytes(others)} of ${megabytes(limit)} MB`;
  throw new UsageError(
    `${nameOf(parts)} may take ${Math.ceil(need / MIB)} MB in Node ${node}, and this process has ` +
      `${Math.max(0, megabytes(limit - others))} before it is killed${held}: ` +
      'take less of them, give it more memory, or start it anyway with --force',
  );
}

function nameOf({ sources, outputs, correlates, moreRing = 0 }: RunParts): string {
  const words = [sources.length === 1 ? 'one source thread' : `${sources.length} source threads`];
  for (const { name } of outputs) words.push(`--${name}`);
  if (correlates) words.push('--correlate');
  if (moreRing > 0) words.push('--buffer-size');
  return words.join(', ');
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / MIB);
}
