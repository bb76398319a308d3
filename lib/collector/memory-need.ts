/** Whether a run fits into the memory that it may have: one that does not is refused before it begins, not killed in the midst of it. */
import { UsageError } from './command-line/command';
import { isLittle } from './little-memory';
import { leftOf, type MemoryRoom } from './memory-room';
import { megabytesFrom, megabytesTo } from './text/figures';

const MIB = 1 << 20;
/**
 * MiB, as those of sources and exports: what a run takes more of with it, at the most, with the sizes of a limit of 64 MB, and what the kernel
 * takes for it. Measured with Node 20 on x64 with glibc, at 165,000 events a second, with a client that reads all of --grpc and nobody at
 * the others, on a machine whose CPUs were busy, by bin/tapio.js.
 */
export const MAIN = 23;
/** A sink and correlation make garbage in one heap: the larger of the two counts. */
export const SINK = 8;
export const CORRELATION = 13;
/** The engine of later versions takes more: from this one on, so many times as much. The latest first. */
const LATER = [
  { major: 24, factor: 1.25 },
  { major: 22, factor: 1.1 },
];
/** What bin/tapio.js tells Node where a limit is little; in other hands, and where little is left of a larger one, a run takes so many times as much. */
const TOLD = '--max-semi-space-size=1';
const UNTOLD = 1.25;
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
  readonly hasSink: boolean;
  readonly correlates: boolean;
  /** Bytes by which its rings exceed those that it would have by itself. */
  readonly extraRingBytes: number;
}

/** Bytes of a limit in which it has room. */
export function memoryNeed(
  { sources, outputs, hasSink, correlates, extraRingBytes }: RunParts,
  node: string = process.versions.node,
  isTold: boolean = process.execArgv.includes(TOLD),
): number {
  const parts = [...sources, ...outputs].map(({ memory }) => memory);
  const garbage = Math.max(hasSink ? SINK : 0, correlates ? CORRELATION : 0);
  const sum = parts.reduce((total, part) => total + part, MAIN + garbage);
  const factor = LATER.find(({ major }) => Number.parseInt(node) >= major)?.factor ?? 1;
  return Math.ceil((sum * factor * (isTold ? 1 : UNTOLD) * MIB + extraRingBytes) / USABLE);
}

/** Throws UsageError for what does not fit into what is left of the limit. Where that is not little, nothing is asked. */
export function checkMemory(
  parts: RunParts,
  room: MemoryRoom | undefined,
  node: string = process.versions.node,
  isTold?: boolean,
): void {
  if (!isLittle(room)) return;
  const need = memoryNeed(parts, node, isTold);
  if (need <= leftOf(room)) return;
  const { limit, others } = room;
  const held =
    others === 0
      ? ''
      : `, as other processes and files in a tmpfs hold ${megabytesTo(others)} of ${megabytesFrom(limit)} MB`;
  throw new UsageError(
    `${nameOf(parts)} may take ${megabytesTo(need)} MB in Node ${node}, and this process has ` +
      `${megabytesFrom(leftOf(room))} before it is killed${held}: ` +
      'take less of them, give it more memory, or start it anyway with --force',
  );
}

function nameOf({ sources, outputs, hasSink, correlates, extraRingBytes }: RunParts): string {
  const words = [sources.length === 1 ? 'one source thread' : `${sources.length} source threads`];
  if (hasSink) words.push('--sink');
  for (const { name } of outputs) words.push(`--${name}`);
  if (correlates) words.push('--correlate');
  if (extraRingBytes > 0) words.push('--buffer-size');
  return words.join(', ');
}
