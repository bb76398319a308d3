/** Says how many events are owed by now at a steady rate; the mean over any longer time is exact. */
export class Pacer {
  private startMs = 0;
  private taken = 0;

  /**
   * rate: events a second. Times are milliseconds since the start. A backlog is caught up only as far as
   * `maxBacklogMs` of the rate.
   */
  constructor(
    private readonly rate: number,
    private readonly maxBacklogMs = 2000,
  ) {}

  /** Takes what is owed by now, at most `limit`. */
  take(nowMs: number, limit: number): number {
    const maxBacklog = Math.ceil((this.maxBacklogMs / 1000) * this.rate);
    let owed = this.owed(nowMs);
    if (owed > maxBacklog) {
      this.startMs += ((owed - maxBacklog) / this.rate) * 1000;
      owed = maxBacklog;
    }
    const count = Math.min(owed, limit);
    this.taken += count;
    return count;
  }

  /** Milliseconds until one more event is owed, 0 if one is. */
  untilNext(nowMs: number): number {
    return Math.max(0, this.startMs + ((this.taken + 1) / this.rate) * 1000 - nowMs);
  }

  private owed(nowMs: number): number {
    // The small addition keeps n / rate * rate from falling just short of n.
    return Math.max(0, Math.floor(((nowMs - this.startMs) / 1000) * this.rate + 1e-6) - this.taken);
  }
}
