/** Where collected events go, and the count of those that got there. A new one is a file beside this and a case in open-sink.ts. */
import type { EventView } from '../../index';

/** One thread's. Events are taken one by one and flushed after each batch. */
export interface Sink {
  /** Events that are where they were to go: the kernel has the whole line. */
  readonly delivered: number;
  /** Events that were taken and could not be written: dropped. */
  readonly lost: number;
  /** Why some were lost, in a few words; undefined while none were. */
  readonly lostBecause: string | undefined;
  /** Takes the event the view is on. Never throws. */
  take(view: EventView): void;
  /** Sends on what was taken. A promise means that the sink is slow: take nothing until it resolves. */
  flush(): Promise<void> | undefined;
  /** Resolves when everything flushed so far is counted as delivered or lost. */
  settled(): Promise<void>;
  /** A sink to the same place with counts of its own, for events of another origin. Close it first; it says nothing of failures. */
  beside(): Sink;
  /** Writes no more: what was taken and is not written yet is lost, and so is all that follows. */
  giveUp(reason: string): void;
  /** Goes on in what has the file's name by now; `tell` gets one line that says how that went. False: this is no file. */
  reopen(tell: (text: string) => void): boolean;
  /** Resolves when everything flushed is counted as delivered or lost. */
  close(): Promise<void>;
}
