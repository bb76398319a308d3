import type { TapioError } from '../errors';
import type { NativeBuffer } from './native-buffer';
import { type Attempt, type WaitOptions, WaitQueue } from './wait-queue';

/** Whose waits they are. */
interface Waiter {
  readonly native: NativeBuffer;
  /**
   * Whether the last take left nothing behind in the rings. Who then waits for records leaves the first look to native code. Where
   * wakes are moderated, that sleeps until the next wake is due and lets records gather: a consumer that took each as it came would
   * run behind the producer, and the two would take each other's cache lines away.
   */
  emptied: boolean;
  readonly drained: boolean;
  closedError(): TapioError;
}

/**
 * The calls of one instance that wait for a record, or for room.
 *
 * Threads: the instance's. Guaranteed: those that wait for the same are served in the order they began. Closed: each looks once more,
 * and what it then finds decides.
 */
export class Waits {
  private records: WaitQueue | undefined;
  private room: WaitQueue | undefined;

  constructor(private readonly waiter: Waiter) {}

  /** Settles when `attempt` says so, which is called whenever there may be a record. */
  forRecord<T>(attempt: Attempt<T>, options: WaitOptions | undefined, gathers = false): Promise<T> {
    this.records ??= new WaitQueue(this.waiter.native, false);
    return this.records.wait(attempt, options, gathers);
  }

  /** Settles when `attempt` says so, which is called whenever there may be room. */
  forRoom<T>(attempt: Attempt<T>, options: WaitOptions | undefined): Promise<T> {
    this.room ??= new WaitQueue(this.waiter.native, true);
    return this.room.wait(attempt, options);
  }

  /**
   * Settles with true once `holds`, with false once nothing will come any more. For calls that then take records themselves.
   * @param emptied the rings and the instance were left empty, so records may gather first
   */
  until(holds: () => boolean, emptied: boolean, options: WaitOptions | undefined): Promise<boolean> {
    return this.forRecord(
      (settle) => {
        const isTold = this.isTold(holds);
        if (!isTold && !this.waiter.drained) return false;
        settle(isTold);
        return true;
      },
      options,
      emptied,
    );
  }

  /** `ready` of every buffer class: settles when `holds`. `emptied`: see `until`. */
  untilReady(holds: () => boolean, emptied: boolean, options: WaitOptions | undefined): Promise<void> {
    const { native } = this.waiter;
    const isReady = (): boolean => {
      if (!this.isTold(holds)) return false;
      // Who is ready need not take: once it has had its chance, the others that wait hear of what is left.
      if (native.hasSleepers()) setImmediate(() => native.passWakeOn());
      return true;
    };
    try {
      // A look first: under load something is there mostly, and to wait costs twice as much.
      if (options === undefined && !emptied && isReady()) return Promise.resolve();
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
    const attempt: Attempt<void> = (settle) => {
      if (!isReady()) {
        if (this.waiter.drained) throw this.waiter.closedError();
        return false;
      }
      settle();
      return true;
    };
    return this.forRecord(attempt, options, emptied);
  }

  /** Whether calls wait for room, so that a new one has to queue behind them. */
  get someForRoom(): boolean {
    return this.room !== undefined && !this.room.isEmpty;
  }

  /** Lets those who wait for room look now, for who must not overtake them. */
  serveForRoom(): void {
    this.room?.pump();
  }

  /** To be called when the instance got something to take without native code knowing. */
  recordsAppeared(): void {
    this.waiter.emptied = false;
    this.records?.pump();
  }

  /** To be called when the instance has let go. */
  lookAgain(): void {
    this.records?.pump();
    this.room?.pump();
  }

  /** Whether `holds`. Who was told need not take: the next wait looks at once. */
  private isTold(holds: () => boolean): boolean {
    if (!holds()) return false;
    this.waiter.emptied = false;
    return true;
  }
}
