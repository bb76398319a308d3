import { binding } from '../binding';
import { isArray } from '../errors';
import { checkArray, checkInteger, checkOptions, invalidArgument } from '../validate';
import {
  checkWakeInterval,
  type KernelSourceStats,
  type PaceOptions,
  settingsOf,
  SourceControl,
} from './kernel-source';
import { makeMapping } from './mapping';
import { checkSyscalls, tracerSyscallNames } from './syscalls';
import { checkTarget, type TargetBuffer } from './target';
import { KERNEL_EVENTS, type KernelEvent, KIND_AT, tracerShapes } from './tracer-shapes';

/** What is not wanted is left out in the kernel, before it costs anything here. This process itself is never traced. */
export interface KernelFilters {
  /**
   * Trace these processes only: ids as this process sees them, 1..2^32-1, at most 65536. Default: all. Processes they start are others; one
   * that has no id in this pid namespace never matches.
   */
  pids?: readonly number[];
  /** Trace these system calls only: by name, of 64-bit and 32-bit programs, or by a number 0..1023 of this architecture's table. Default: all. */
  syscalls?: readonly (string | number)[];
  /** Trace threads of these users only: ids of the initial user namespace, 0..2^32-2, at most 65536. Default: all. */
  uids?: readonly number[];
  /**
   * Trace threads of these names only, as they are when the event happens (of an exec the new one): at most 65536 texts of 1..15 bytes
   * of UTF-8 without NUL. Default: all.
   */
  comms?: readonly string[];
  /** The share of system calls that is kept, by chance: above 0, up to 1, default 1. Starts and ends of processes are always kept. */
  sampleRate?: number;
}

export interface KernelTracerOptions extends PaceOptions {
  /** The PerCPUEventBuffer or EventBuffer that events go to; its `onFull` decides what happens when it is full. */
  target: TargetBuffer;
  /**
   * What is traced: `syscall` (type `kernel.syscall`, when a call returns, with its return code), `syscall-enter` (`kernel.syscall.enter`,
   * when it begins, for calls that never return), `exec` (`process.exec`), `exit` (`process.exit`), `fork` (`process.fork`). Default:
   * syscall, exec and exit. docs/kernel.md says what each carries.
   */
  events?: readonly KernelEvent[];
  filters?: KernelFilters;
  /** Bytes of the ring buffer in the kernel: a power of two from a memory page (4096, on some kernels 65536) to 2^30, default 8388608. A system call takes 72, an exec 120 and its texts. */
  ringSize?: number;
}

export interface KernelTracerStats extends KernelSourceStats {
  /** Events that found the ring buffer in the kernel full, on all CPUs. captured + lost is what happened. */
  lost: number;
  /** The same by CPU. */
  cpus: { cpu: number; lost: number }[];
}

const DEFAULT_EVENTS: readonly KernelEvent[] = ['syscall', 'exec', 'exit'];
const [PAGE] = binding.kernelUnits();
const MAX_RING = 2 ** 30;
const MAX_CHOSEN = 65536;
/** Bytes of a thread's name in the kernel, its NUL included. */
const COMM_BYTES = 16;
/** The kernel wakes the reader by itself; this is only how soon a closed target is noticed. */
const LONGEST_WAIT_MS = 1000;

/**
 * Traces system calls and processes by a program of its own in the kernel, without tools, headers or an installation: Linux 5.8 and
 * later on x64 and arm64, with CAP_BPF and CAP_PERFMON (or as root).
 *
 * Events have the source `ebpf` and a `kernel` section with pid, tid, uid, gid, comm and cpuCore; of system calls also the name and,
 * where the call has one that fits 32 bits, returnCode. In a pid namespace, a process without ids there has `kernel.args.hostPid` and
 * `hostTid` instead of pid and tid; a call that a signal interrupts has `kernel.args.interrupted`. A native thread encodes them straight into the target, each into the ring of the CPU it
 * happened on: nothing of it runs in JavaScript.
 *
 * Threads: the one that made it. Guarantees: what happened from `start` to `stop` is in the target, or counted in `dropped` or `lost`.
 * Events of one CPU come in their order. Life: it runs until `stop`, until its target is closed, or until its thread ends, however that
 * ends; within 100 ms nothing of it is left in the kernel.
 */
export class KernelTracer {
  readonly #control: SourceControl;

  /** Starts nothing. @throws TapioError ERR_INVALID_ARGUMENT, ERR_BUFFER_CLOSED for a target that is gone */
  constructor(options: KernelTracerOptions) {
    const given = checkOptions(options);
    const target = checkTarget(given.target, ['PerCPUEventBuffer', 'EventBuffer']);
    const { pids, syscalls, keepBelow, uids, comms } = checkFilters(given.filters);
    const probes = checkEvents(given.events);
    const ringSize = checkRing(given.ringSize);
    const settings = settingsOf(
      target,
      checkWakeInterval(given.wakeIntervalMicros),
      LONGEST_WAIT_MS,
      probes,
      ringSize,
      keepBelow,
    );
    const mapping = makeMapping(tracerShapes(probes), {
      limit: target.maxRecord,
      kindAt: KIND_AT,
      names: tracerSyscallNames(),
    });
    this.#control = new SourceControl('KernelTracer', () =>
      binding.startTracer(target.id, settings, pids, syscalls, mapping, uids, comms),
    );
  }

  /**
   * Traces from now on. Does nothing while it runs.
   * @throws TapioError ERR_UNSUPPORTED naming the missing capability, or what else the kernel refuses, and its errno; ERR_BUFFER_CLOSED
   */
  start(): this {
    this.#control.start();
    return this;
  }

  /**
   * Stops tracing, and returns within 100 ms, most often in some milliseconds: what has happened is in the target then, or counted in
   * `lost` or `dropped`, which is where a long backlog goes. Idempotent; `start` may follow.
   */
  stop(): void {
    this.#control.stop();
  }

  /** A snapshot while it runs, exact once it is stopped. */
  getStats(): KernelTracerStats {
    const lostByCPU = this.#control.lost();
    return {
      ...this.#control.stats(),
      lost: lostByCPU.reduce((sum, lost) => sum + lost, 0),
      cpus: lostByCPU.map((lost, cpu) => ({ cpu, lost })),
    };
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

function checkEvents(events: unknown = DEFAULT_EVENTS): number {
  if (!isArray(events) || events.length === 0)
    throw invalidArgument('events', events, `an array of ${KERNEL_EVENTS.join(', ')}`);
  return events.reduce((bits: number, event, index) => {
    const probe = KERNEL_EVENTS.indexOf(event as KernelEvent);
    if (probe < 0) throw invalidArgument(`events[${index}]`, event, `one of ${KERNEL_EVENTS.join(', ')}`);
    return bits | (1 << probe);
  }, 0);
}

function checkFilters(filters: KernelFilters | undefined): {
  pids: Uint32Array;
  syscalls: Uint32Array | undefined;
  keepBelow: number;
  uids: Uint32Array;
  comms: Uint32Array;
} {
  const { pids = [], uids = [], comms = [], syscalls, sampleRate = 1 } = checkOptions(filters, 'filters');
  for (const [name, given] of Object.entries({ pids, uids, comms })) {
    checkArray(`filters.${name}`, given);
    if (given.length > MAX_CHOSEN)
      throw invalidArgument(`filters.${name}`, given, `an array of at most ${MAX_CHOSEN} elements`);
  }
  if (syscalls !== undefined) checkArray('filters.syscalls', syscalls);
  if (typeof sampleRate !== 'number' || !(sampleRate > 0 && sampleRate <= 1))
    throw invalidArgument('filters.sampleRate', sampleRate, 'a number above 0, up to 1');
  return {
    pids: Uint32Array.from(pids, (pid, i) => checkInteger(`filters.pids[${i}]`, pid, 1, 2 ** 32 - 1)),
    uids: Uint32Array.from(uids, (uid, i) => checkInteger(`filters.uids[${i}]`, uid, 0, 2 ** 32 - 2)),
    comms: packComms(comms),
    syscalls: syscalls && Uint32Array.from(checkSyscalls('filters.syscalls', syscalls)),
    // A 32-bit random number below it keeps an event; 0 keeps all.
    keepBelow: sampleRate === 1 ? 0 : Math.max(1, Math.round(sampleRate * 2 ** 32) % 2 ** 32),
  };
}

function packComms(comms: readonly unknown[]): Uint32Array {
  const bytes = new Uint8Array(comms.length * COMM_BYTES);
  comms.forEach((comm, index) => {
    const encoded = typeof comm === 'string' ? Buffer.from(comm) : undefined;
    if (encoded === undefined || encoded.length === 0 || encoded.length >= COMM_BYTES || encoded.includes(0))
      throw invalidArgument(`filters.comms[${index}]`, comm, 'a text of 1 to 15 bytes without NUL');
    bytes.set(encoded, index * COMM_BYTES);
  });
  return new Uint32Array(bytes.buffer);
}

function checkRing(ringSize: unknown = 2 ** 23): number {
  const bytes = checkInteger('ringSize', ringSize, PAGE, MAX_RING);
  if ((bytes & (bytes - 1)) !== 0) throw invalidArgument('ringSize', bytes, 'a power of two');
  return bytes;
}
