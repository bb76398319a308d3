import { binding } from '../binding';
import { TapioError } from '../errors';
import { checkInteger } from '../validate';
import { type Refusal, refusal } from './refusal';
import type { Target } from './target';

/**
 * `running`: its thread reads. `stopped`: not started, or stopped. `closed`: ended as its target was closed. `corrupt`: ended as the ring
 * buffer held what no kernel writes, or another reader took from it. `replaced`: ended as another ring buffer was pinned at its path.
 */
export type KernelSourceState = 'running' | 'stopped' | 'closed' | 'corrupt' | 'replaced';

/** Counters over all starts; they never go back. At rest captured = delivered + dropped + malformed + tooLarge. */
export interface KernelSourceStats {
  state: KernelSourceState;
  /** Records read from the kernel's ring buffer. */
  captured: number;
  /** Of those: stored in the target. */
  delivered: number;
  /** Refused by the target, which was full or closed; and what a stopped tracer had no time to deliver. */
  dropped: number;
  /** Records shorter than their layout, or of an unknown kind. */
  malformed: number;
  /** Larger than the target takes. */
  tooLarge: number;
  /** How often the reading thread slept and woke. */
  wakes: number;
}

/** In the order of Source::End in native/kernel/source.h. */
const STATES: readonly KernelSourceState[] = ['running', 'stopped', 'closed', 'corrupt', 'replaced'];
const RUNNING = STATES.indexOf('running');

/** When the reading thread looks at the ring buffer. */
export interface PaceOptions {
  /**
   * After the reading thread was woken, records gather for this long before it reads again, unless the ring buffer fills up: microseconds
   * 0..100000, default 1000. It looks at the fill meanwhile, as often as the
   * rate of late demands (docs/kernel.md). The first record after an idle time wakes it at once.
   */
  wakeIntervalMicros?: number;
}

export function checkWakeInterval(value: unknown = 1000): number {
  return checkInteger('wakeIntervalMicros', value, 0, 100_000);
}

const numbers = new Float64Array(8);

/** The numbers of Setting in native/addon/kernel_sources.cc. */
export function settingsOf(
  target: Target,
  wakeIntervalMicros: number,
  longestWaitMs: number,
  ...own: number[]
): Uint32Array {
  return Uint32Array.of(target.policy, target.maxRecord, wakeIntervalMicros, longestWaitMs, ...own);
}

/** One native source that can be started and stopped again and again, and its counts. Threads: the one that made it. */
export class SourceControl {
  private native: number | undefined;
  private readonly past = { captured: 0, delivered: 0, dropped: 0, malformed: 0, tooLarge: 0, wakes: 0 };
  private pastFollowed = 0;
  private pastLost: number[] = [];
  private stopping = false;
  private pastState: KernelSourceState = 'stopped';

  /** @param origin of a ring buffer of another program, for error messages */
  constructor(
    private readonly what: string,
    private readonly begin: () => number | Refusal | undefined,
    private readonly origin?: unknown,
  ) {}

  /** Does nothing while it runs. @throws TapioError ERR_UNSUPPORTED, ERR_INVALID_ARGUMENT, ERR_BUFFER_CLOSED */
  start(): void {
    if (this.native !== undefined && this.stats().state === 'running' && !this.stopping) return;
    while (this.native !== undefined) this.stop();
    this.stopping = false;
    const outcome = this.begin();
    if (outcome === undefined)
      throw new TapioError('ERR_BUFFER_CLOSED', `the target of this ${this.what} is closed`);
    if (typeof outcome !== 'number') throw refusal(this.what, outcome, this.origin);
    this.native = outcome;
  }

  stop(): void {
    if (this.native === undefined) return;
    const lost = binding.stopKernelSource(this.native, numbers) ?? [];
    // Its thread was not let run. It ends when it is, and is counted until then.
    this.stopping = numbers[6] === RUNNING;
    if (this.stopping) return;
    this.native = undefined;
    const { past } = this;
    this.pastState = STATES[numbers[6]];
    past.captured += numbers[0];
    past.delivered += numbers[1];
    past.dropped += numbers[2];
    past.malformed += numbers[3];
    past.tooLarge += numbers[4];
    past.wakes += numbers[5];
    this.pastFollowed += numbers[7];
    this.pastLost = sum(this.pastLost, lost);
  }

  stats(): KernelSourceStats {
    const { past } = this;
    if (this.read() === undefined) return { state: this.pastState, ...past };
    return {
      state: STATES[numbers[6]],
      captured: past.captured + numbers[0],
      delivered: past.delivered + numbers[1],
      dropped: past.dropped + numbers[2],
      malformed: past.malformed + numbers[3],
      tooLarge: past.tooLarge + numbers[4],
      wakes: past.wakes + numbers[5],
    };
  }

  /** How often another ring buffer was followed. */
  followed(): number {
    return this.pastFollowed + (this.read() === undefined ? 0 : numbers[7]);
  }

  /** What the kernel lost, by CPU. */
  lost(): number[] {
    return sum(this.pastLost, this.read() ?? []);
  }

  /** Fills `numbers` and returns the losses; undefined while there is no native source. */
  private read(): number[] | undefined {
    return this.native === undefined ? undefined : binding.kernelSourceStats(this.native, numbers);
  }
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}
