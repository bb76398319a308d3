/** Shows the first reports at once and then at most one a second, saying how many were left out. */
const AT_ONCE = 10;
const INTERVAL_MS = 1000;

export class LimitedReport {
  private shown = 0;
  private suppressed = 0;
  private lastShownAt = -Infinity;

  constructor(
    private readonly show: (text: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  report(text: string): void {
    const now = this.now();
    if (this.shown >= AT_ONCE && now - this.lastShownAt < INTERVAL_MS) {
      this.suppressed++;
      return;
    }
    this.show(this.suppressed > 0 ? `${text} (and ${this.suppressed} more since the last report)` : text);
    this.shown++;
    this.suppressed = 0;
    this.lastShownAt = now;
  }

  /** Tells of those left out since the last report. */
  end(): void {
    if (this.suppressed > 0) this.show(`${this.suppressed} more like these`);
    this.suppressed = 0;
  }
}
