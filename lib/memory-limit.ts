/** How much memory the system lets this process have before it kills it. */
import os from 'node:os';
import { memoryCgroups, type ReadText, readText } from './memory-cgroups';

/**
 * Bytes, the least of what Node tells and of what the cgroups of this process say, its own and those above it, version 1 and 2.
 * Undefined where nothing sets a limit below the machine's memory. Reads a few files; never throws. Any thread.
 */
export function memoryLimit(
  told: number | undefined = constrainedMemory(),
  read: ReadText = readText,
  machine: number = totalMemory(),
): number | undefined {
  // Without a limit Node tells 0 or something like 2^64, and version 1 of cgroups something like 2^63.
  const limits = [told ?? 0, ...memoryCgroups(read).map((group) => group.limit)].filter(
    (limit) => limit > 0 && limit < machine,
  );
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Deno tells it only to who may ask about the system. */
function totalMemory(): number {
  try {
    return os.totalmem();
  } catch {
    return Infinity;
  }
}

function constrainedMemory(): number | undefined {
  try {
    return process.constrainedMemory?.();
  } catch {
    return undefined;
  }
}
