/** The fields of /proc/PID/stat the proc source needs. */
export interface ProcessStat {
  comm: string;
  /** Whether the thread has ended: its process waits to be reaped, or lives on in other threads. */
  ended: boolean;
  ppid: number;
  /** Whether it is a copy of its parent that has not executed a program yet. */
  forked: boolean;
  /** User and system time, in ticks. */
  cpuTicks: number;
  threads: number;
  /** Ticks since boot. With the pid it names a process: pids are used again. */
  startTime: number;
  rssPages: number;
  /** Where its program and its stack lie, other after each exec; undefined where it may not be seen. */
  image: string | undefined;
  /** Whether it has no program for the moment, as in the midst of an exec: it has the new name by then, and not yet the new image. */
  isBetweenPrograms: boolean;
}

/** From the kernel's include/linux/sched.h. */
const PF_WQ_WORKER = 0x20;
const PF_FORKNOEXEC = 0x40;
const PF_KTHREAD = 0x20_0000;
/** Characters of a name that the kernel keeps; of its own threads /proc tells more. */
const COMM_LENGTH = 15;

/** undefined for a text that is no stat line (a process that vanished while it was read). */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // The name is whatever the process chose, with spaces and parentheses; nothing after it has a parenthesis.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  // From field 3 of proc(5) on: state ppid ... flags(9) ... utime(14) stime(15) ... num_threads(20) ... starttime(22) vsize
  // rss(24) rsslim startcode(26) endcode startstack(28).
  const fields = text.slice(close + 2).split(' ', 26);
  if (fields.length < 22) return undefined;
  const flags = Number(fields[6]);
  const stat = {
    comm: keptName(text.slice(open + 1, close), flags),
    ended: 'ZXx'.includes(fields[0]),
    ppid: Number(fields[1]),
    forked: (flags & PF_FORKNOEXEC) !== 0,
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    threads: Number(fields[17]),
    startTime: Number(fields[19]),
    rssPages: Number(fields[21]),
    // 0 without memory, 1 without permission.
    image: Number(fields[23]) > 1 ? `${fields[23]} ${fields[25]}` : undefined,
    isBetweenPrograms: fields[23] === '0' && (flags & PF_KTHREAD) === 0,
  };
  const numbers = stat.ppid + flags + stat.cpuTicks + stat.threads + stat.startTime + stat.rssPages;
  return Number.isFinite(numbers) ? stat : undefined;
}

/** The name as the kernel keeps it, and as its tracepoints tell it: without the work that a worker of the kernel does just now. */
function keptName(name: string, flags: number): string {
  if ((flags & PF_KTHREAD) === 0) return name;
  const worker = (flags & PF_WQ_WORKER) !== 0 ? /^kworker\/(?:R-)?[^+-]*/.exec(name)?.[0] : undefined;
  return (worker ?? name).slice(0, COMM_LENGTH);
}

/** The real user id in the text of /proc/PID/status. */
export function parseUid(status: string): number | undefined {
  const match = /^Uid:\s+(\d+)/m.exec(status);
  return match ? Number(match[1]) : undefined;
}
