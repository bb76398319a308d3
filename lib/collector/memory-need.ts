/** Whether a run fits into the memory that it may have: one that does not is refused before it begins, not killed in the midst of it. */
import { UsageError } from './command-line/command';
import { memoryLimit } from '../memory-limit';
import { SPARING_BELOW } from './memory-plan';

const MIB = 1 << 20;
/**
 * MiB, by the part: what a run takes more of with it, at the most, with the sizes of a limit of 64 MB. Measured with Node 20 on x64, at
 * 165,000 events a second, with a client that reads all of --grpc and nobody at the others.
 */
const NEEDS: Readonly<Record<string, number>> = {
  main: 27,
  source: 12,
  ebpf: 3,
  otlp: 18,
  nats: 18,
  grpc: 21,
  metrics: 3,
  correlate: 5,
};
/** The engine of later versions takes more: those from this one on, so many times as much. */
const LATER = { major: 24, factor: 1.25 };
/** Of the limit, for what the kernel keeps of its own. */
const USABLE = 15 / 16;

export interface RunParts {
  /** One for each thread. */
  readonly sources: readonly string[];
  /** Exports by name. */
  readonly outputs: readonly string[];
  readonly correlates: boolean;
}

/** Bytes. */
export function memoryNeed({ sources, outputs, correlates }: RunParts, node = process.versions.node): number {
  const parts = ['main', ...sources.map(() => 'source'), ...sources, ...outputs];
  if (correlates) parts.push('correlate');
  const sum = parts.reduce((total, part) => total + (NEEDS[part] ?? 0), 0);
  return sum * MIB * (Number.parseInt(node) >= LATER.major ? LATER.factor : 1);
}

/** Throws UsageError for what does not fit. Where there is more than little memory, nothing is asked. */
export function checkMemory(parts: RunParts, limit = memoryLimit()): void {
  if (limit === undefined || limit >= SPARING_BELOW) return;
  const need = memoryNeed(parts);
  if (need <= limit * USABLE) return;
  const { sources, outputs, correlates } = parts;
  const threads = sources.length === 1 ? 'one source thread' : `${sources.length} source threads`;
  const run = [threads, ...outputs.map((name) => `--${name}`), ...(correlates ? ['--correlate'] : [])];
  throw new UsageError(
    `${run.join(', ')} take some ${mebibytes(need / USABLE)} MB, and this process may have ${mebibytes(limit)}: ` +
      'it would be killed; take less of them, or give it more memory',
  );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / MIB);
}
