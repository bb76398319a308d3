import { binding } from '../binding';
import { isArray } from '../errors';
import { checkInteger, checkOptions, invalidArgument } from '../validate';
import {
  checkWakeInterval,
  type KernelSourceStats,
  type PaceOptions,
  settingsOf,
  SourceControl,
} from './kernel-source';
import { makeMapping } from './mapping';
import { tracerSyscallNames } from './syscalls';
import { checkTarget, type TargetBuffer } from './target';
import { checkFilters, type KernelFilters } from './filters';
import { KERNEL_EVENTS, type KernelEvent, KIND_AT, tracerShapes } from './tracer-shapes';

export interface KernelTracerOptions extends PaceOptions {
  /** The PerCPUEventBuffer or EventBuffer that events go to; its `onFull` decides what happens when it is full. */
  target: TargetBuffer;
  /**
   * What is traced: `syscall` (type `kernel.syscall`, when a call returns, with its return code), `syscall-enter` (`kernel.syscall.enter`,
   * when it begins, for calls that never return), `exec` (`process.exec`), `exit` (`process.exit`), `fork` (`process.fork`), `open` (`file.open`, when a call that opens a file returns),
   * `connect` and `accept` (`network.connect`, `network.accept`). Default: syscall, exec and exit. docs/kernel.md says what each carries.
   */
  events?: readonly KernelEvent[];
  filters?: KernelFilters;
  /** Bytes of the ring buffer in the kernel: a power of two from a memory page (4096, on some kernels 65536) to 2^30, default 8388608. A system call takes 72, an open 96, a connection or an exec 120, and their texts. */
  ringSize?: number;
}

export interface KernelTracerStats extends KernelSourceStats {
  /**
   * Events that found no room in the kernel, on all CPUs: in the ring buffer, or of `open`, `connect` and `accept` among the 16384 threads
   * that may be in such a call at once. captured + lost is what happened; of the latter, `paths` and `ports` might have left some out.
   */
  lost: number;
  /** The same by CPU. */
  cpus: { cpu: number; lost: number }[];
}

const DEFAULT_EVENTS: readonly KernelEvent[] = ['syscall', 'exec', 'exit'];
const MAX_RING = 2 ** 30;
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
    const { chosen, syscalls, keepBelow } = checkFilters(given.filters);
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
      binding.startTracer(target.id, settings, chosen, syscalls, mapping),
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

function checkRing(ringSize: unknown = 2 ** 23): number {
  const [page] = binding.kernelUnits();
  const bytes = checkInteger('ringSize', ringSize, page, MAX_RING);
  if ((bytes & (bytes - 1)) !== 0) throw invalidArgument('ringSize', bytes, 'a power of two');
  return bytes;
}
