import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time without a turn of the event loop, milliseconds: timers, signals and sockets must come through. */
const TURN_MS = 5;

/** Lets the event loop turn now and then in a loop of awaits that never have to wait. */
export class Turns {
  private turnedAt = performance.now();

  /** Whether it is time to `take` one. */
  get due(): boolean {
    return performance.now() - this.turnedAt > TURN_MS;
  }

  async take(): Promise<void> {
    await nextTurn();
    this.turnedAt = performance.now();
  }
}
