/** Bounds the time that a run waits for a reader of its events in all; the run's own work does not count. */
const LOOK_MS = 50;

export class Patience {
  private timer: NodeJS.Timeout | undefined;
  private leftMs: number;

  /** isWaiting: whether the run waits at this moment. onEnd: called once, when the time is used up. */
  constructor(
    limitMs: number,
    private readonly isWaiting: () => boolean,
    private readonly onEnd: () => void,
  ) {
    this.leftMs = limitMs;
  }

  /** Begins to count. Idempotent. */
  start(): void {
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    if (!this.isWaiting()) return;
    this.leftMs -= LOOK_MS;
    if (this.leftMs > 0) return;
    this.stop();
    this.onEnd();
  }
}
