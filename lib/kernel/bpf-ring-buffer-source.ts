import { resolve } from 'node:path';
import { binding, type NativeMapping } from '../binding';
import { TapioError } from '../errors';
import { checkInteger, checkOptions, invalidArgument } from '../validate';
import {
  checkWakeInterval,
  type KernelSourceStats,
  type PaceOptions,
  settingsOf,
  SourceControl,
} from './kernel-source';
import { checkLayout, type RecordField } from './layout';
import { type Clock, makeMapping } from './mapping';
import { syscallNames } from './syscalls';
import { checkTarget, type Target, type TargetBuffer } from './target';

export interface BpfRingBufferSourceOptions extends PaceOptions {
  /** Where the map is pinned, such as `/sys/fs/bpf/events`. Either this or `fd`. */
  path?: string;
  /** A descriptor of the map; it is duplicated, so the caller may close it after `start`. */
  fd?: number;
  /** A PerCPUEventBuffer or EventBuffer, which takes events and needs a `layout`; or a RingBuffer or PerCPUBuffer, which takes records as they are. */
  target: TargetBuffer;
  /** The struct that the program writes. Shorter records are counted as malformed. */
  layout?: readonly RecordField[];
  /** `type` and `source` of the events, ASCII up to 128 characters. Default: `kernel.record`, `bpf`. */
  event?: { type?: string; source?: string };
  /**
   * What the field `timestamp` counts from: `monotonic` (default, bpf_ktime_get_ns), `boottime` (bpf_ktime_get_boot_ns), `realtime` (the
   * epoch). Without such a field an event has the time it was read. Only `boottime` tells times right on both sides of a sleep of the
   * machine; a record of the monotonic clock that was written within `wakeIntervalMicros` of a sleep may be told as of the other side.
   */
  clock?: Clock;
  /** The reading thread looks at least this often, for programs that write with BPF_RB_NO_WAKEUP: milliseconds 1..1000, default 20. */
  maxLatencyMs?: number;
  /**
   * What becomes of a source with a `path` when another ring buffer is pinned there, as a program does that restarts: false, the default,
   * ends the source in the state `replaced`, and `start` reads the new one; true goes on with the new one at once, and counts it in
   * `followed`. It is noticed within 300 ms.
   */
  follow?: boolean;
}

export interface BpfRingBufferSourceStats extends KernelSourceStats {
  /** How often another ring buffer was found at the path and followed. */
  followed: number;
}

const CLOCKS: readonly Clock[] = ['monotonic', 'boottime', 'realtime'];

/**
 * Reads the BPF ring buffer of somebody else's program, such as one that clang compiled and bpftool loaded, into a buffer: a native thread
 * does it, no JavaScript runs. A ring buffer has one reader; what it reads, others do not see.
 *
 * Threads, guarantees and life: as KernelTracer; what the program itself could not write is not known here.
 */
export class BpfRingBufferSource {
  readonly #control: SourceControl;

  /** Opens nothing. @throws TapioError ERR_INVALID_ARGUMENT, ERR_BUFFER_CLOSED for a target that is gone */
  constructor(options: BpfRingBufferSourceOptions) {
    const given = checkOptions(options);
    const origin = checkOrigin(given);
    const target = checkTarget(given.target, [
      'PerCPUEventBuffer',
      'EventBuffer',
      'RingBuffer',
      'PerCPUBuffer',
    ]);
    const settings = settingsOf(
      target,
      checkWakeInterval(given.wakeIntervalMicros),
      checkInteger('maxLatencyMs', given.maxLatencyMs ?? 20, 1, 1000),
    );
    const mapping = mappingFor(target, given);
    const follow = checkFollow(given);
    this.#control = new SourceControl(
      'BpfRingBufferSource',
      () => binding.startRing(target.id, settings, origin, mapping, follow),
      origin,
    );
  }

  /**
   * Opens the ring buffer and reads it from now on, beginning with what waits in it. Does nothing while it runs.
   * @throws TapioError ERR_INVALID_ARGUMENT when there is no ring buffer at that place, ERR_UNSUPPORTED naming the missing capability
   *   and the errno, ERR_BUFFER_CLOSED
   */
  start(): this {
    this.#control.start();
    return this;
  }

  /**
   * Stops reading, and returns within 100 ms, when what was in the ring buffer is in the target; what there is no time for stays in the
   * ring buffer. Idempotent; `start` may follow.
   */
  stop(): void {
    this.#control.stop();
  }

  /** A snapshot while it runs, exact once it is stopped. */
  getStats(): BpfRingBufferSourceStats {
    return { ...this.#control.stats(), followed: this.#control.followed() };
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

function checkOrigin({ path, fd }: BpfRingBufferSourceOptions): string | number {
  if ((path === undefined) === (fd === undefined))
    throw new TapioError(
      'ERR_INVALID_ARGUMENT',
      `path or fd must be given, not ${path === undefined ? 'neither' : 'both'}`,
    );
  if (path === undefined) return checkInteger('fd', fd, 0, 2 ** 31 - 1);
  if (typeof path !== 'string' || path === '' || path.includes('\0') || Buffer.byteLength(path) > 4095)
    throw invalidArgument('path', path, 'a path of 1 to 4095 bytes');
  return resolve(path);
}

function checkFollow({ path, follow = false }: BpfRingBufferSourceOptions): boolean {
  if (typeof follow !== 'boolean') throw invalidArgument('follow', follow, 'true or false');
  if (follow && path === undefined) throw invalidArgument('follow', follow, 'false, as there is no path');
  return follow;
}

function mappingFor(target: Target, given: BpfRingBufferSourceOptions): NativeMapping | undefined {
  const { layout, event, clock = 'monotonic' } = given;
  if (!target.takesEvents) {
    if (layout !== undefined)
      throw invalidArgument('layout', layout, 'absent, as the target takes records as they are');
    return undefined;
  }
  const { type = 'kernel.record', source = 'bpf' } = checkOptions(event, 'event');
  if (!CLOCKS.includes(clock)) throw invalidArgument('clock', clock, `one of ${CLOCKS.join(', ')}`);
  const shape = {
    type: checkWord('event.type', type),
    source: checkWord('event.source', source),
    fields: checkLayout('layout', layout),
    clock,
  };
  return makeMapping([shape], { limit: target.maxRecord, names: syscallNames() });
}

function checkWord(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[ -~]{1,128}$/.test(value))
    throw invalidArgument(name, value, '1 to 128 ASCII characters');
  return value;
}
