/** `--sink none`: events are counted as delivered, and go nowhere. */
import type { Sink } from './sink';

export class CountingSink implements Sink {
  delivered = 0;
  readonly lost = 0;
  readonly lostBecause = undefined;

  take(): void {
    this.delivered++;
  }

  flush(): undefined {
    return undefined;
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  giveUp(): void {}

  reopen(): boolean {
    return false;
  }

  beside(): Sink {
    return new CountingSink();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
