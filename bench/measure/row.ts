/** What is compared, and how a row of the comparison is declared. */
import type { MessagePort } from 'node:worker_threads';

/** Works in one thread. */
export interface Subject {
  /** Work before a run of `count` that does not count. */
  prepare?(count: number): void;
  /** Does the work `count` times, the first time with the first event; returns a sum of what was read. */
  run(count: number): number;
}

/** Where a thread finds a contender: among the contenders of its row, as the build in that folder has them. */
export interface Place {
  readonly index: number;
  /** Without it, this build. */
  readonly build?: string;
}

interface Named {
  readonly name: string;
  readonly ours: boolean;
  /** Without it, where it stands in this build. */
  readonly place?: Place;
}

export interface OneThreadContender extends Named {
  /** Most operations of one `run`; without it any number. */
  readonly most?: number;
  /** Called in a thread of its own. */
  make(): Subject;
}

/** What both threads of a contender get. */
export interface Side {
  /** What `share` returned. */
  readonly shared: unknown;
  /** A channel between the two. */
  readonly port: MessagePort;
}

export interface Producer {
  /** Puts `count` items, the first one number `first`. */
  put(first: number, count: number): void;
}

export interface Consumer {
  /** Takes `count` items, the first one number `first`; returns a sum of what was read. */
  take(first: number, count: number): number | Promise<number>;
}

export interface CrossThreadContender extends Named {
  /** Called in the main thread; what it returns travels to both workers. */
  share(): unknown;
  producer(side: Side): Producer;
  consumer(side: Side): Consumer;
}

interface Declared {
  /** What selects it on the command line, with the row's group. */
  readonly name: string;
  readonly title: string;
  /** What ours has to reach. */
  readonly targets?: readonly Target[];
}

/** Each number is a limit of its own. */
export interface Target {
  /** The contender of ours; without it the best one. */
  readonly of?: string;
  /** Whom it is held against; without it the best peer. */
  readonly peer?: string;
  /** Peers with this in their name do not count. */
  readonly without?: string;
  /** Times as fast, at least. */
  readonly times?: number;
  /** Times as little CPU, at least. */
  readonly timesLessCpu?: number;
  /** Nanoseconds beyond the contender `peer`, for a hundred operations, at most. */
  readonly hundredBeyond?: number;
  /** Nanoseconds, at most. */
  readonly ns?: number;
  /** Bytes of garbage for each operation, at most. */
  readonly bytes?: number;
  /** Microseconds from put to delivery, median, at most. */
  readonly p50?: number;
  /** Percent of a core of the consumer, at most. */
  readonly consumer?: number;
}

export interface OneThreadRow extends Declared {
  readonly kind: 'one-thread';
  readonly contenders: readonly OneThreadContender[];
  /** What `run(count)` has to return. */
  expected(count: number): number;
}

export interface CrossThreadRow extends Declared {
  readonly kind: 'cross-thread';
  readonly contenders: readonly CrossThreadContender[];
  /** What `take(first, count)` has to return; both are multiples of 64. */
  expected(count: number): number;
}

/** Like a cross-thread row, at a steady rate; time from put to delivery counts. */
export interface PacedRow extends Declared {
  readonly kind: 'paced';
  readonly contenders: readonly CrossThreadContender[];
  /** Events a second. */
  readonly rate: number;
  /** Whether the producer sleeps between events that are due or watches the clock. */
  readonly producerSleeps: boolean;
  expected(count: number): number;
}

export type Row = OneThreadRow | CrossThreadRow | PacedRow;
