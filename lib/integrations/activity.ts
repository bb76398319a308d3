/** What a collector tells of itself: to a live view, to a page, to whoever asks by gRPC. */

export interface Activity {
  /** When the collector began: nanoseconds since the epoch. */
  startedAt: bigint;
  /** Events handed to the consumer since then. */
  delivered: number;
  /** Events lost since then. */
  dropped: number;
  /** Events a second over the last interval. */
  rate: number;
  /** From an event's own timestamp to the consumer, over the last interval; microseconds. Undefined when none came. */
  latency: { p50: number; p99: number } | undefined;
  /** How full the ring of each CPU ("cpu 0") and the one behind them ("overflow") is, 0 to 1. */
  fill: { name: string; ratio: number }[];
  /** The ten with most events, most first. */
  types: Tally[];
  processes: Tally[];
  containers: Tally[];
}

export interface Tally {
  name: string;
  /** Events since the start. */
  count: number;
  /** Events a second over the last interval. */
  rate: number;
}
