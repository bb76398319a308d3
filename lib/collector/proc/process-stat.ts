/** The fields of /proc/PID/stat the proc source needs. */
export interface ProcessStat {
  comm: string;
  ppid: number;
  /** User and system time, in ticks. */
  cpuTicks: number;
  /** Ticks since boot. With the pid it names a process: pids are used again. */
  startTime: number;
  rssPages: number;
}

/** undefined for a text that is no stat line (a process that vanished while it was read). */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // The name is whatever the process chose, with spaces and parentheses; nothing after it has a parenthesis.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  // From field 3 of proc(5) on: state ppid ... utime(14) stime(15) ... starttime(22) vsize rss(24).
  const fields = text.slice(close + 2).split(' ', 22);
  if (fields.length < 22) return undefined;
  const stat = {
    comm: text.slice(open + 1, close),
    ppid: Number(fields[1]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    startTime: Number(fields[19]),
    rssPages: Number(fields[21]),
  };
  return Number.isFinite(stat.ppid + stat.cpuTicks + stat.startTime + stat.rssPages) ? stat : undefined;
}

/** The real user id in the text of /proc/PID/status. */
export function parseUid(status: string): number | undefined {
  const match = /^Uid:\s+(\d+)/m.exec(status);
  return match ? Number(match[1]) : undefined;
}
