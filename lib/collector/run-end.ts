/** The reasons to end a run; the first one begins the end, failures are kept. */
export class RunEnd {
  readonly failures: string[] = [];
  readonly requested: Promise<void>;
  /** When somebody wants it to end soon, by performance.now(); undefined: everything may be delivered first, however long that takes. */
  hurriedAt: number | undefined;
  isRequested = false;
  private resolve = (): void => {};

  constructor() {
    this.requested = new Promise((resolve) => (this.resolve = resolve));
  }

  request(failure?: string): void {
    if (failure !== undefined) this.failures.push(failure);
    this.isRequested = true;
    this.resolve();
  }

  /** The same, by a signal or as the time is over: readers get a limited time from now on. */
  hurry(): void {
    this.hurriedAt ??= performance.now();
    this.request();
  }
}
