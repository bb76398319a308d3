/** The reasons to end a run; the first one begins the end, failures are kept. */
export class RunEnd {
  readonly failures: string[] = [];
  readonly requested: Promise<void>;
  /** Resolves when somebody wants it to end soon; until then everything may be delivered first, however long that takes. */
  readonly hurried: Promise<void>;
  isRequested = false;
  private resolveRequested = (): void => {};
  private resolveHurried = (): void => {};

  constructor() {
    this.requested = new Promise((resolve) => (this.resolveRequested = resolve));
    this.hurried = new Promise((resolve) => (this.resolveHurried = resolve));
  }

  request(failure?: string): void {
    if (failure !== undefined) this.failures.push(failure);
    this.isRequested = true;
    this.resolveRequested();
  }

  /** The same, by a signal or as the time is over: readers get a limited time from now on. */
  hurry(): void {
    this.resolveHurried();
    this.request();
  }
}
