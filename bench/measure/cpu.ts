/** How much CPU was used. */
import fs from 'node:fs';

/** CPU time of the calling thread, milliseconds: the first field is in nanoseconds. */
export function threadCpuMs(): number {
  return Number(fs.readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}

/** CPU time of all threads of the process, milliseconds. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
