/**
 * What a source is. A new one is a file beside this, of the source's own name, that exports a SourceDefinition as `source`; and its name in
 * index.ts.
 */
import type { SourceOptions } from './source-options';
import type { FileIdentity } from '../output/file-identity';
import type { EventOutlet } from './event-outlet';

/** Type parameter S: the settings of one worker thread; must be structured-cloneable. */
export interface SourceDefinition<S = unknown> {
  /** One line for --help. */
  readonly summary: string;
  /** MiB that a run takes for each of its threads, at the most, in a limit of 64 MB: see memory-need.ts. */
  readonly memory: number;
  /** True if it stamps events with `now()` as it puts them, which makes their latency measurable. */
  readonly stampsEvents: boolean;
  /** True if its events are what others wrote, who may give them any source and any pid. */
  readonly repeatsOthers?: boolean;
  /** True if its input has an end. Any other source that ends before it is stopped has failed. */
  readonly mayEnd?: boolean;
  /** The files it reads: nothing of the run may be written to them. */
  inputs?(options: SourceOptions): FileIdentity[];
  /** How many worker threads this source is to have; absent: one. */
  threads?(options: SourceOptions): number;
  /** Of one of its worker threads, by its number from 0. The sink is open. */
  settings(options: SourceOptions, thread: number): S;
  /**
   * Runs in its worker thread until `signal` is aborted or the source has ended. What it throws ends the
   * whole run as failed; events put before that are still delivered.
   */
  run(context: SourceContext<S>): Promise<void>;
}

export interface SourceContext<S> {
  readonly settings: S;
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
  readonly outlet: EventOutlet;
  /**
   * Called once, when the source could start at once. Resolves when all sources are ready, or the run ends
   * before that, with the moment the run began, by `now()`.
   */
  readonly ready: () => Promise<bigint>;
  /** Nanoseconds since the Unix epoch by one clock that all threads of the run share. */
  readonly now: () => bigint;
  /** Whether everything put before the call is with the sink; resolves when it is, or cannot be any more. */
  readonly arrived: () => Promise<boolean>;
  /** Shows one line to the user. */
  readonly warn: (text: string) => void;
}
