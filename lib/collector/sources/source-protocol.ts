/** What the main thread and a source's worker thread say to each other. */
import type { BufferHandle } from '../../index';

/** workerData of source-worker. */
export interface SourceWorkerData {
  readonly source: string;
  readonly settings: unknown;
  readonly buffer: BufferHandle;
  readonly counters: SharedArrayBuffer;
  readonly epochOffset: bigint;
}

/** at: when the run began, by the RunClock. */
export type ToSource =
  | { readonly kind: 'go'; readonly at: bigint }
  | { readonly kind: 'stop' }
  /** The answer to the oldest `ask` that has none yet. */
  | { readonly kind: 'arrived'; readonly all: boolean };

export type FromSource =
  | { readonly kind: 'ready' }
  | { readonly kind: 'warning'; readonly text: string }
  /** Is everything that I have put with the sink? */
  | { readonly kind: 'ask' }
  /** The last word of a source that ended in order. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly message: string };
