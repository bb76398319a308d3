/** What the main thread and an export's worker thread say to each other. */
import type { BufferHandle } from '../../index';

/** workerData of export-worker. */
export interface ExportWorkerData {
  readonly name: string;
  readonly settings: unknown;
  /** Of an EventBuffer. */
  readonly buffer: BufferHandle;
}

/** Cuts off what is under way. The end of the buffer ends a thread in order. */
export interface ToExport {
  readonly kind: 'stop';
}

/** Of events that the thread has taken. */
export interface WorkCounts {
  readonly delivered: number;
  /** For good, by the other side or as no message holds them. */
  readonly refused: number;
  readonly retried: number;
  /** What went wrong last, from outside perhaps. */
  readonly note: string | undefined;
}

export type FromExport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'counts'; readonly counts: WorkCounts }
  /** It cannot work at all, or no longer. */
  | { readonly kind: 'failed'; readonly message: string };
