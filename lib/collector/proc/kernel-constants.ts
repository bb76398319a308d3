/** The kernel's constants for this process. Not from /proc/self/auxv, which a process with capabilities of its file may not read. */
import { binding } from '../../binding';

export interface KernelConstants {
  /** Bytes of a memory page. */
  readonly pageSize: number;
  /** Ticks a second in the time fields of /proc/PID/stat. */
  readonly ticksPerSecond: number;
}

export function readKernelConstants(): KernelConstants {
  const [pageSize, ticksPerSecond] = binding.machineConstants();
  return { pageSize, ticksPerSecond };
}
