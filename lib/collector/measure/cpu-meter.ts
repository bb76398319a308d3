/** CPU time of this thread and of the whole process. */
import { binding } from '../../binding';

export interface CpuPercent {
  /** Percent of one core, of the thread that made the meter. */
  readonly thread: number;
  /** Percent of one core, of all threads of the process together. */
  readonly process: number;
}

interface Reading {
  atMs: number;
  threadMs: number;
  processMs: number;
}

/** Use it on the main thread. */
export class CpuMeter {
  /** What to add to a thread's figure when it is shown; '' where it is the CPU time itself. */
  readonly note: string;
  private readonly readThreadMs: () => number;
  private begin: Reading;
  private last: Reading;

  constructor() {
    [this.readThreadMs, this.note] = threadCpuReader();
    this.begin = this.last = this.read();
  }

  /** Measures from now on. */
  restart(): void {
    this.begin = this.last = this.read();
  }

  /** Since the call before, or since the start. */
  sinceLast(): CpuPercent {
    const now = this.read();
    const result = percent(this.last, now);
    this.last = now;
    return result;
  }

  sinceStart(): CpuPercent {
    return percent(this.begin, this.read());
  }

  private read(): Reading {
    const { user, system } = process.cpuUsage();
    return { atMs: performance.now(), threadMs: this.readThreadMs(), processMs: (user + system) / 1000 };
  }
}

function percent(from: Reading, to: Reading): CpuPercent {
  const span = Math.max(0.001, to.atMs - from.atMs);
  const of = (used: number): number => Math.round((used / span) * 1000) / 10;
  return { thread: of(to.threadMs - from.threadMs), process: of(to.processMs - from.processMs) };
}

function threadCpuReader(): [read: () => number, note: string] {
  if (!Number.isNaN(binding.threadCpuTime())) return [binding.threadCpuTime, ''];
  return [() => performance.eventLoopUtilization().active, ' (event loop busy time)'];
}
