/** Finds what changed among the processes of this host between two samples of /proc. */
import fs from 'node:fs';
import type { KernelConstants } from './kernel-constants';
import { parseProcessStat, parseUid, type ProcessStat } from './process-stat';
import type { FileReader } from './read-file';

export interface ProcessInfo {
  readonly pid: number;
  readonly uid: number | undefined;
  ppid: number;
  comm: string;
}

export type ProcessChange =
  | { kind: 'start'; process: ProcessInfo }
  | { kind: 'exit'; process: ProcessInfo; lifetimeMs: number }
  /** percent of one core over the time since the sample before. */
  | { kind: 'cpu'; process: ProcessInfo; percent: number; periodMs: number }
  | { kind: 'memory'; process: ProcessInfo; rssBytes: number };

interface Tracked extends ProcessInfo {
  startTime: number;
  cpuTicks: number;
  /** Figures as last reported; a change is measured from them, so that a slow drift is reported too. */
  reportedPercent: number;
  reportedRss: number;
}

/** CPU is reported when it moved by this many percent of a core, and by more than the clock tick resolves. */
const CPU_STEP_PERCENT = 5;
/** Memory is reported when it moved by this many bytes and by this share of what was reported last. */
const MEMORY_STEP_BYTES = 1 << 20;
const MEMORY_STEP_SHARE = 0.05;

/** One thread's. A process that starts and exits between two samples is not seen. */
export class ProcessWatcher {
  private readonly tracked = new Map<number, Tracked>();
  private sampledAt = 0;

  constructor(
    private readonly root: string,
    private readonly files: FileReader,
    private readonly constants: KernelConstants,
  ) {}

  /** Processes of the last sample, newest pid last. */
  pids(): Iterable<number> {
    return this.tracked.keys();
  }

  get(pid: number): ProcessInfo | undefined {
    return this.tracked.get(pid);
  }

  /** Changes since the call before; the first call only looks. `nowMs` is a monotonic clock. */
  sample(nowMs: number): ProcessChange[] {
    const changes: ProcessChange[] = [];
    const first = this.sampledAt === 0;
    const periodMs = nowMs - this.sampledAt;
    this.sampledAt = nowMs;
    const seen = new Set<number>();
    for (const name of fs.readdirSync(this.root)) {
      const pid = Number(name);
      if (!(pid > 0)) continue;
      const text = this.files.read(`${this.root}/${name}/stat`);
      const stat = text === undefined ? undefined : parseProcessStat(text);
      if (!stat) continue;
      seen.add(pid);
      const known = this.tracked.get(pid);
      if (known && known.startTime === stat.startTime) {
        this.compare(known, stat, periodMs, changes);
      } else {
        if (known) changes.push(this.exited(known));
        const started = this.track(pid, stat);
        if (!first) changes.push({ kind: 'start', process: started });
      }
    }
    for (const known of this.tracked.values()) {
      if (!seen.has(known.pid)) changes.push(this.exited(known));
    }
    return changes;
  }

  private track(pid: number, stat: ProcessStat): Tracked {
    const status = this.files.read(`${this.root}/${pid}/status`);
    const process: Tracked = {
      pid,
      uid: status === undefined ? undefined : parseUid(status),
      ppid: stat.ppid,
      comm: stat.comm,
      startTime: stat.startTime,
      cpuTicks: stat.cpuTicks,
      reportedPercent: 0,
      reportedRss: stat.rssPages * this.constants.pageSize,
    };
    this.tracked.set(pid, process);
    return process;
  }

  private exited(process: Tracked): ProcessChange {
    this.tracked.delete(process.pid);
    const uptime = parseFloat(this.files.read(`${this.root}/uptime`) ?? '0');
    const lifetime = uptime - process.startTime / this.constants.ticksPerSecond;
    return { kind: 'exit', process, lifetimeMs: Math.max(0, Math.round(lifetime * 1000)) };
  }

  private compare(known: Tracked, stat: ProcessStat, periodMs: number, changes: ProcessChange[]): void {
    known.comm = stat.comm;
    known.ppid = stat.ppid;
    const ticks = stat.cpuTicks - known.cpuTicks;
    known.cpuTicks = stat.cpuTicks;
    const percentPerTick = 100_000 / this.constants.ticksPerSecond / periodMs;
    const percent = ticks * percentPerTick;
    const moved = Math.abs(percent - known.reportedPercent);
    if (moved >= CPU_STEP_PERCENT && moved > 1.5 * percentPerTick) {
      known.reportedPercent = percent;
      changes.push({ kind: 'cpu', process: known, percent: Math.round(percent * 10) / 10, periodMs });
    }
    const rssBytes = stat.rssPages * this.constants.pageSize;
    const step = Math.max(MEMORY_STEP_BYTES, known.reportedRss * MEMORY_STEP_SHARE);
    if (Math.abs(rssBytes - known.reportedRss) >= step) {
      known.reportedRss = rssBytes;
      changes.push({ kind: 'memory', process: known, rssBytes });
    }
  }
}
