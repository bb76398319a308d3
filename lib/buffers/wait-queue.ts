import { binding } from '../binding';
import { TapioError } from '../errors';
import { checkOptions, checkSignal } from '../validate';
import type { NativeBuffer } from './native-buffer';
import { onAbort } from './on-abort';

/** Of every call that returns a promise. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with `signal.reason`, and nothing was taken or stored. */
  signal?: AbortSignal;
}

/**
 * What a waiting call tries. It succeeds: calls `settle` with the result, as the last thing it does, and returns true. It does not: returns
 * false and goes on waiting. It fails: throws, and the wait rejects.
 */
export type Attempt<T> = (settle: (value: T) => void) => boolean;

interface Waiter {
  /** True when the wait is over, by its own account; throws to reject it. */
  attempt(): boolean;
  reject(reason: unknown): void;
  stopListening?: () => void;
}

/** Those that wait now, by the token native code knows them by. Keeps them, and their instance, alive. */
const waiting = (binding.waiting ??= []);
binding.onWake((token) => waiting[token]?.onWake());

/**
 * The promises of one instance that wait for one condition: a record, or room. First come, first served.
 *
 * One native wait stands for all of them. Nothing polls: the queue sleeps until native code calls back, and
 * then lets each waiter attempt its own operation, which is the only judge of success.
 */
export class WaitQueue {
  private readonly waiters: Waiter[] = [];
  private started = false;
  /** Whether the first waiter left it to native code to look before it began to wait. */
  private gathering = false;
  private serving = false;

  constructor(
    private readonly native: NativeBuffer,
    private readonly forRoom: boolean,
  ) {}

  /** Whether nobody waits here. */
  get isEmpty(): boolean {
    return this.waiters.length === 0;
  }

  /**
   * Settles when `attempt` says so. It is called at once first, but for who `gathers`: they wait for the next wake, if one is due.
   */
  wait<T>(attempt: Attempt<T>, options: WaitOptions | undefined, gathers = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { signal } = checkOptions(options);
      checkSignal(signal);
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const waiter: Waiter = { attempt: () => attempt(resolve), reject };
      if (signal !== undefined) {
        waiter.stopListening = onAbort(signal, () => {
          this.remove(waiter);
          reject(signal.reason as Error);
        });
      }
      this.waiters.push(waiter);
      // Behind one that gathers, there may be something already.
      if (this.waiters.length === 1 || (this.gathering && !gathers)) this.pump(gathers);
    });
  }

  /**
   * Serves the waiters in order until one has to go on waiting, and makes sure that native code wakes the queue for it. To be called after
   * a change that native code does not see.
   * @param gathers without the first look, as the next wake does it
   */
  pump(gathers = false): void {
    // From code of the user inside an attempt: the loop that is under way looks again.
    if (this.serving) return;
    for (; gathers || this.serve(); gathers = false) {
      if (this.started) return;
      const holds = this.native.startWait(this.forRoom, gathers);
      if (holds === undefined) {
        if (gathers && !this.serve()) return;
        this.rejectAll(
          new TapioError(
            'ERR_UNSUPPORTED',
            'cannot wait: the system refuses an eventfd or a timer (file descriptors?)',
          ),
        );
        return;
      }
      if (holds) continue;
      this.started = true;
      this.gathering = gathers;
      waiting[this.token] = this;
      // Native code cannot know how much room a waiter needs: it must look once more now that it is parked.
      if (!this.forRoom || this.serve()) return;
    }
    this.stop();
  }

  onWake(): void {
    this.started = false;
    waiting[this.token] = undefined;
    this.pump();
  }

  private get token(): number {
    return this.forRoom ? this.native.roomToken : this.native.recordToken;
  }

  /** Serves waiters in order until one has to go on waiting. Whether any is left. */
  private serve(): boolean {
    for (let waiter = this.waiters[0]; waiter !== undefined; waiter = this.waiters[0]) {
      let done: boolean;
      this.serving = true;
      try {
        done = waiter.attempt();
      } catch (error) {
        waiter.reject(error);
        done = true;
      } finally {
        this.serving = false;
      }
      if (!done && this.waiters[0] === waiter) return true;
      if (!done) continue;
      // An attempt may run code of the user (a pool), and with it other waiters may have come or gone.
      const index = this.waiters.indexOf(waiter);
      if (index === 0) this.waiters.shift();
      else if (index > 0) this.waiters.splice(index, 1);
      waiter.stopListening?.();
    }
    return false;
  }

  private rejectAll(error: TapioError): void {
    for (const waiter of this.waiters.splice(0)) {
      waiter.stopListening?.();
      waiter.reject(error);
    }
  }

  private remove(waiter: Waiter): void {
    const index = this.waiters.indexOf(waiter);
    if (index < 0) return;
    this.waiters.splice(index, 1);
    waiter.stopListening?.();
    if (this.waiters.length === 0) this.stop();
    else if (index === 0) this.pump();
  }

  private stop(): void {
    if (!this.started) return;
    this.started = false;
    waiting[this.token] = undefined;
    this.native.stopWait(this.forRoom);
  }
}
