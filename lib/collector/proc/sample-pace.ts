/** How often samples come: as often as asked, unless that takes too much CPU time. */

/** At most this share of a core: on a host with very many processes or sockets samples come less often. */
const MAX_CORE_SHARE = 0.05;
/** It is told after so many slow samples in turn: the first ones of a run cost more than all later ones. */
const SLOW_BEFORE_TOLD = 3;
/** Told when the period is longer by this than asked for, and again when it has doubled. */
const NOTABLE = 1.1;

/** One thread's. Counts CPU time: a thread that waits for a busy machine costs it nothing. */
export class SamplePace {
  private limitMs: number;
  private slow = 0;

  constructor(
    private readonly intervalMs: number,
    private readonly warn: (text: string) => void,
  ) {
    this.limitMs = intervalMs * NOTABLE;
  }

  /** Milliseconds to wait after a sample that took so much CPU time, and so long. */
  pause(cpuMs: number, wallMs: number): number {
    const periodMs = Math.max(this.intervalMs, cpuMs / MAX_CORE_SHARE);
    this.slow = periodMs > this.limitMs ? this.slow + 1 : 0;
    if (this.slow === SLOW_BEFORE_TOLD) {
      this.slow = 0;
      this.limitMs = periodMs * 2;
      this.warn(
        `samples come every ${Math.round(periodMs)} ms instead of ${this.intervalMs}, as one takes ` +
          `${cpuMs.toFixed(1)} ms of CPU time and ${MAX_CORE_SHARE * 100} % of a core is the most`,
      );
    }
    return Math.max(0, periodMs - wallMs);
  }
}
