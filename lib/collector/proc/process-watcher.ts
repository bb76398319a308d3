/** Finds what changed among the processes of this host between two samples of /proc. */
import fs from 'node:fs';
import { namespaceOf } from './network-namespace';
import { parseProcessStat, parseUid, type ProcessStat } from './process-stat';
import { undefinedIfGone, type FileReader } from './read-file';

export interface ProcessInfo {
  readonly pid: number;
  readonly uid: number | undefined;
  readonly ppid: number;
  readonly comm: string;
}

/** A living process, and where more is to be found about it. */
export interface WatchedProcess extends ProcessInfo {
  /** /proc/PID, or that of a thread: a process whose first thread has ended shows nothing there. */
  readonly directory: string;
  /** Its network namespace; 'hidden' where that may not be seen, undefined where there is none. */
  readonly network: number | 'hidden' | undefined;
}

export type ProcessChange =
  | { kind: 'start'; process: ProcessInfo }
  /** From its start until it was found to have ended; undefined where its start cannot be placed on this system's clock. */
  | { kind: 'exit'; process: ProcessInfo; lifetimeMs: number | undefined }
  /** Executed a program (`exec`), or took another name or user without one. */
  | { kind: 'exec' | 'change'; process: ProcessInfo; before: Pick<ProcessInfo, 'comm' | 'uid'> }
  /** percent of one core over the time since the sample before. */
  | { kind: 'cpu'; process: ProcessInfo; percent: number; periodMs: number }
  | { kind: 'memory'; process: ProcessInfo; rssBytes: number };

/** What the figures of /proc are counted in, and the clocks that they are held against, in milliseconds. */
export interface KernelMeasures {
  /** Bytes of a memory page. */
  readonly pageSize: number;
  /** Ticks a second in the time fields of /proc/PID/stat. */
  readonly ticksPerSecond: number;
  /** Since boot, as start times are. */
  readonly bootTime: () => number;
  /** Any monotonic clock. */
  readonly now: () => number;
}

interface Tracked extends WatchedProcess {
  alive: boolean;
  uid: number | undefined;
  ppid: number;
  comm: string;
  directory: string;
  network: WatchedProcess['network'];
  startTime: number;
  forked: boolean;
  image: string | undefined;
  cpuTicks: number;
  readAt: number;
  /** Figures as last reported; a change is measured from them, so that a slow drift is reported too. */
  reportedPercent: number;
  reportedRss: number;
}

/** CPU is reported when it moved by this many percent of a core, and by more than the clock tick resolves. */
const CPU_STEP_PERCENT = 5;
/** Memory is reported when it moved by this many bytes and by this share of what was reported last. */
const MEMORY_STEP_BYTES = 1 << 20;
const MEMORY_STEP_SHARE = 0.05;
/**
 * A user or a network namespace that changes leaves no mark in `stat`, and costs more to read: about so many processes are looked at in
 * a sample, in turn, besides those that changed otherwise.
 */
const REFRESHED_PER_SAMPLE = 64;

/** One thread's. A process that starts and is reaped between two samples is not seen. */
export class ProcessWatcher {
  /** With those that have ended and are not reaped. */
  private readonly tracked = new Map<number, Tracked>();
  /** Those that had no program at the last look. */
  private readonly between = new Set<number>();
  private samples = 0;

  constructor(
    private readonly root: string,
    private readonly files: FileReader,
    private readonly measures: KernelMeasures,
  ) {}

  /** The living processes of the last sample, newest pid last. */
  *living(): IterableIterator<WatchedProcess> {
    for (const process of this.tracked.values()) if (process.alive) yield process;
  }

  get(pid: number): ProcessInfo | undefined {
    return this.tracked.get(pid);
  }

  /** Changes since the call before; the first call only looks. Throws where the root goes away. */
  sample(): ProcessChange[] {
    const changes: ProcessChange[] = [];
    const seen = new Set<number>();
    this.samples++;
    for (const name of fs.readdirSync(this.root)) {
      const pid = Number(name);
      if (!(pid > 0)) continue;
      const directory = `${this.root}/${name}`;
      const stat = this.readStat(directory);
      if (!stat) continue;
      seen.add(pid);
      this.visit(pid, directory, stat, changes);
    }
    const unseen = [...this.tracked.values()].filter(({ pid }) => !seen.has(pid));
    // Nothing has ended by it that /proc itself went away after it was listed: then this throws.
    if (unseen.length > 0) fs.lstatSync(`${this.root}/self`);
    for (const known of unseen) this.forget(known, changes);
    for (const pid of this.between) if (!seen.has(pid)) this.between.delete(pid);
    return changes;
  }

  private readStat(directory: string): ProcessStat | undefined {
    const text = this.files.readPiece(`${directory}/stat`);
    return text === undefined ? undefined : parseProcessStat(text);
  }

  private visit(pid: number, directory: string, stat: ProcessStat, changes: ProcessChange[]): void {
    let known = this.tracked.get(pid);
    if (known && known.startTime !== stat.startTime) {
      this.forget(known, changes);
      known = undefined;
    }
    if (!stat.ended && this.isBetweenPrograms(pid, stat)) return;
    const life = stat.ended ? this.livingThread(directory, stat) : { directory, stat };
    // Threads come and go while they are looked at: that none was met alive does not say that none is.
    if (!life && stat.threads > 1) return;
    if (!known) {
      known = this.track(pid, life ?? { directory, stat });
      if (this.samples > 1) changes.push({ kind: 'start', process: known });
    } else if (known.alive && life) {
      known.directory = life.directory;
      this.compare(known, life.stat, changes);
    }
    if (!known.alive || life) return;
    known.alive = false;
    // What was dead at the first look has not died since.
    if (this.samples > 1) changes.push(this.exited(known));
  }

  /** For one look: a kernel that does not tell where programs lie must not hide them. */
  private isBetweenPrograms(pid: number, stat: ProcessStat): boolean {
    if (!stat.isBetweenPrograms) {
      this.between.delete(pid);
      return false;
    }
    if (this.between.has(pid)) return false;
    this.between.add(pid);
    return true;
  }

  /**
   * Another thread of a process whose first one has ended: it lives for as long as any of them does, and its memory and program are
   * seen there.
   */
  private livingThread(
    directory: string,
    stat: ProcessStat,
  ): { directory: string; stat: ProcessStat } | undefined {
    if (stat.threads <= 1) return undefined;
    let names: string[];
    try {
      names = fs.readdirSync(`${directory}/task`);
    } catch (error) {
      return undefinedIfGone(error);
    }
    for (const name of names) {
      const thread = `${directory}/task/${name}`;
      const own = this.readStat(thread);
      if (!own || own.ended) continue;
      return { directory: thread, stat: { ...stat, rssPages: own.rssPages, image: own.image } };
    }
    return undefined;
  }

  private track(pid: number, { directory, stat }: { directory: string; stat: ProcessStat }): Tracked {
    const process: Tracked = {
      pid,
      alive: true,
      uid: undefined,
      ppid: stat.ppid,
      comm: stat.comm,
      directory,
      network: undefined,
      startTime: stat.startTime,
      forked: stat.forked,
      image: stat.image,
      cpuTicks: stat.cpuTicks,
      readAt: this.measures.now(),
      reportedPercent: 0,
      reportedRss: stat.rssPages * this.measures.pageSize,
    };
    this.refresh(process);
    this.tracked.set(pid, process);
    return process;
  }

  private refresh(process: Tracked): void {
    const status = this.files.readPiece(`${process.directory}/status`);
    if (status === undefined) return;
    process.uid = parseUid(status) ?? process.uid;
    process.network = namespaceOf(process.directory);
  }

  private forget(process: Tracked, changes: ProcessChange[]): void {
    this.tracked.delete(process.pid);
    if (process.alive) changes.push(this.exited(process));
  }

  private exited(process: Tracked): ProcessChange {
    const { bootTime, ticksPerSecond } = this.measures;
    const lifetimeMs = Math.round(bootTime() - (process.startTime * 1000) / ticksPerSecond);
    return { kind: 'exit', process, lifetimeMs: lifetimeMs >= 0 ? lifetimeMs : undefined };
  }

  private compare(known: Tracked, stat: ProcessStat, changes: ProcessChange[]): void {
    this.compareIdentity(known, stat, changes);
    known.ppid = stat.ppid;
    // On a busy machine a sample is long, and each process is read at its own moment.
    const now = this.measures.now();
    const periodMs = now - known.readAt;
    known.readAt = now;
    const ticks = stat.cpuTicks - known.cpuTicks;
    known.cpuTicks = stat.cpuTicks;
    const percentPerTick = 100_000 / this.measures.ticksPerSecond / periodMs;
    const percent = ticks * percentPerTick;
    const moved = Math.abs(percent - known.reportedPercent);
    if (moved >= CPU_STEP_PERCENT && moved > 1.5 * percentPerTick) {
      known.reportedPercent = percent;
      changes.push({ kind: 'cpu', process: known, percent: Math.round(percent * 10) / 10, periodMs });
    }
    const rssBytes = stat.rssPages * this.measures.pageSize;
    const step = Math.max(MEMORY_STEP_BYTES, known.reportedRss * MEMORY_STEP_SHARE);
    if (Math.abs(rssBytes - known.reportedRss) >= step) {
      known.reportedRss = rssBytes;
      changes.push({ kind: 'memory', process: known, rssBytes });
    }
  }

  private compareIdentity(known: Tracked, stat: ProcessStat, changes: ProcessChange[]): void {
    const before = { comm: known.comm, uid: known.uid };
    const isOther = known.image !== undefined && stat.image !== undefined && known.image !== stat.image;
    const executed = isOther || (known.forked && !stat.forked);
    known.comm = stat.comm;
    known.forked = stat.forked;
    known.image = stat.image ?? known.image;
    const rounds = Math.ceil(this.tracked.size / REFRESHED_PER_SAMPLE);
    const isDue = (known.pid + this.samples) % rounds === 0;
    if (executed || isDue || before.comm !== known.comm) this.refresh(known);
    if (executed || before.comm !== known.comm || before.uid !== known.uid) {
      changes.push({ kind: executed ? 'exec' : 'change', process: known, before });
    }
  }
}
