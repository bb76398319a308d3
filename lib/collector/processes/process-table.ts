/**
 * What is known of the processes of this host: those that ran before, by one pass over /proc, and those that the kernel's events
 * tell of. A process is its pid and its time: a pid that is used again is another one.
 */
import fs from 'node:fs';
import { binding } from '../../binding';
import type { UnifiedEvent } from '../../index';
import { parseProcessStat } from '../proc/process-stat';
import { FileReader } from '../proc/read-file';
import { wordsOf } from './command-line';
import { wholeNumber } from '../../event/whole-number';

export interface KnownProcess {
  readonly pid: number;
  /** Of the process that made it. */
  readonly ppid: number | undefined;
  readonly comm: string | undefined;
  /** As in `kernel.args`: a JSON array of words, the first ones if there are many. undefined: not known. */
  readonly argv: string | undefined;
  readonly argvTruncated: boolean;
  /** It ran from here on at the latest: nanoseconds since the epoch. */
  readonly since: bigint;
  /** It began then at the earliest. */
  readonly startedAt: bigint;
}

interface Entry extends KnownProcess {
  endedAt: bigint | undefined;
  /** Until this time of events /proc need not be asked once more whether it is still this one. */
  trustedUntil: bigint;
}

/** The clocks that /proc's times are held against. */
export interface ProcClock {
  /** Milliseconds since boot, as start times are. */
  readonly bootTime: () => number;
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint;
  readonly ticksPerSecond: number;
}

/** Processes; those that have ended are forgotten first, then the one not heard of for longest. */
const MOST_PROCESSES = 16_384;
/** Of the arguments of one of them: UTF-16 code units of JSON, and words. */
const LONGEST_ARGV = 1024;
const MOST_WORDS = 64;
/** A title that a process wrote over its arguments is padded to their length. One empty argument, at the end, may be one. */
const TITLE_PADDING = /^([^\0]+)\0{3,}$/;
const TRUST_NS = 1_000_000_000n;
/** A start by a clock that was set or slewed meanwhile, and by whole ticks. */
const CLOCK_SLACK_NS = 100_000_000n;

/** One thread's. Memory: about 16,384 processes with 1 KiB of arguments each. */
export class ProcessTable {
  /** The one not heard of for longest first. */
  private readonly entries = new Map<number, Entry>();
  /** Of those the ones that have ended, the oldest end first. */
  private readonly ended = new Set<number>();
  /** Another pid namespace's has other numbers. */
  private readonly isOwnProc: boolean;

  constructor(
    private readonly clock: ProcClock = systemClock(),
    private readonly root = '/proc',
    private readonly capacity = MOST_PROCESSES,
    private readonly files = new FileReader(),
  ) {
    this.isOwnProc = selfOf(root) === String(process.pid);
  }

  get size(): number {
    return this.entries.size;
  }

  /** Takes in all that run now. Of what may not be seen nothing is known. */
  addRunning(): void {
    if (!this.isOwnProc) return;
    for (const name of fs.readdirSync(this.root)) {
      const pid = Number(name);
      if (!(pid > 0)) continue;
      const stat = this.statOf(pid);
      if (stat === undefined) continue;
      const { comm, ppid, startedAt } = stat;
      this.add({ pid, ppid: ppid || undefined, comm, ...this.argumentsOf(pid), startedAt, since: startedAt });
    }
  }

  /** Learns from an event of the kernel: a fork, an exec or an exit. */
  learn({ type, kernel, timestamp }: Readonly<UnifiedEvent>): void {
    const pid = kernel?.pid;
    if (kernel === undefined || pid === undefined) return;
    const args = kernel.args ?? {};
    if (type === 'process.exec') this.replaceImage(pid, kernel.comm, args, timestamp);
    else if (type === 'process.fork') this.addChild(wholeNumber(args.childPid), pid, timestamp);
    else if (type === 'process.exit') {
      const entry = this.entries.get(pid);
      if (!entry || !this.isEndOf(entry, args, timestamp)) return;
      entry.endedAt = timestamp;
      this.ended.add(pid);
    }
  }

  /**
   * The process that had this pid then. isComplete: whether every fork, exec and exit so far was learnt; where not, /proc is asked whether
   * it is still the same one, and what is not there any more is not known.
   */
  find(pid: number, at: bigint, isComplete: boolean): KnownProcess | undefined {
    const entry = this.entries.get(pid);
    if (entry === undefined || at < entry.since || (entry.endedAt !== undefined && at > entry.endedAt))
      return undefined;
    if (!isComplete && entry.endedAt === undefined && at > entry.trustedUntil) {
      const stat = this.statOf(pid);
      if (stat === undefined || stat.startedAt > entry.since + CLOCK_SLACK_NS) {
        this.forget(pid);
        return undefined;
      }
      entry.trustedUntil = at + TRUST_NS;
    }
    this.entries.delete(pid);
    this.entries.set(pid, entry);
    return entry;
  }

  /** Whether the process that ended is the one known: it may have been another one, whose beginning was not seen. */
  isEndOf({ since, startedAt }: KnownProcess, { lifetimeMs }: Record<string, string>, at: bigint): boolean {
    if (at < since) return false;
    const lifetime = wholeNumber(lifetimeMs);
    if (lifetime === undefined) return true;
    const began = at - BigInt(lifetime) * 1_000_000n;
    return began <= since + CLOCK_SLACK_NS && began >= startedAt - CLOCK_SLACK_NS;
  }

  private replaceImage(
    pid: number,
    comm: string | undefined,
    args: Record<string, string>,
    at: bigint,
  ): void {
    const before = this.entries.get(pid);
    if (before && at < before.since) return;
    const words = args.argv === undefined ? undefined : wordsOf(args.argv);
    this.add({
      pid,
      ppid: wholeNumber(args.ppid),
      comm,
      ...(words === undefined
        ? { argv: undefined, argvTruncated: false }
        : keptArguments(words, args.argvTruncated !== undefined)),
      since: at,
      startedAt: before?.endedAt === undefined ? (before?.startedAt ?? 0n) : before.endedAt,
    });
  }

  private addChild(pid: number | undefined, parent: number, at: bigint): void {
    if (!pid) return;
    const before = this.entries.get(pid);
    // Its exec, or what /proc says of it, may come first.
    if (before && before.endedAt === undefined && before.since >= at) return;
    const { comm, argv, argvTruncated = false } = this.find(parent, at, true) ?? {};
    this.add({ pid, ppid: parent, comm, argv, argvTruncated, since: at, startedAt: at });
  }

  private add(known: KnownProcess): void {
    const { entries, ended, capacity } = this;
    this.forget(known.pid);
    if (entries.size >= capacity) {
      const [first] = ended.size > 0 ? ended : entries.keys();
      this.forget(first);
    }
    entries.set(known.pid, { ...known, endedAt: undefined, trustedUntil: known.since + TRUST_NS });
  }

  private forget(pid: number): void {
    this.entries.delete(pid);
    this.ended.delete(pid);
  }

  private statOf(pid: number): { comm: string; ppid: number; startedAt: bigint } | undefined {
    const text = this.isOwnProc ? this.files.readPiece(`${this.root}/${pid}/stat`) : undefined;
    const stat = text === undefined ? undefined : parseProcessStat(text);
    if (stat === undefined || stat.ended) return undefined;
    const { bootTime, now, ticksPerSecond } = this.clock;
    const ageMs = bootTime() - (stat.startTime * 1000) / ticksPerSecond;
    return { comm: stat.comm, ppid: stat.ppid, startedAt: now() - BigInt(Math.round(ageMs * 1e6)) };
  }

  private argumentsOf(pid: number): Pick<KnownProcess, 'argv' | 'argvTruncated'> {
    const text = this.files.readPiece(`${this.root}/${pid}/cmdline`);
    // A thread of the kernel has none.
    if (text === undefined || text === '') return { argv: undefined, argvTruncated: false };
    return keptArguments(text.replace(TITLE_PADDING, '$1').replace(/\0$/, '').split('\0'), false);
  }
}

function selfOf(root: string): string | undefined {
  try {
    return fs.readlinkSync(`${root}/self`);
  } catch {
    return undefined;
  }
}

function systemClock(): ProcClock {
  const [, ticksPerSecond] = binding.kernelUnits();
  return { bootTime: binding.bootTime, now: () => BigInt(Date.now()) * 1_000_000n, ticksPerSecond };
}

function keptArguments(
  words: readonly string[],
  isCut: boolean,
): Pick<KnownProcess, 'argv' | 'argvTruncated'> {
  const kept: string[] = [];
  let length = 2;
  for (const word of words) {
    length += JSON.stringify(word).length + 1;
    if (kept.length === MOST_WORDS || length > LONGEST_ARGV) break;
    kept.push(word);
  }
  return { argv: JSON.stringify(kept), argvTruncated: isCut || kept.length < words.length };
}
