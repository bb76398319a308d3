/** Clocks that all threads of the process read alike. */
import fs from 'node:fs';

/** `performance.now()` starts anew in each thread. */
const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds since the machine's start. */
export function now(): number {
  return performance.now() + offset;
}

/** CPU time of the calling thread, milliseconds: the first field is in nanoseconds. */
export function threadCpuMs(): number {
  return Number(fs.readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}

/** CPU time of all threads of the process, milliseconds. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
