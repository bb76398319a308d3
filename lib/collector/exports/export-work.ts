/** What is done in the thread of an export. */
import type { EventBuffer } from '../../index';
import type { WorkCounts } from './export-protocol';

export interface ExportWork {
  counts(): WorkCounts;
  /** Resolves when the buffer is closed and drained and all is delivered. Rejects when it can go on no more, or `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** Rejects if it cannot work at all. */
export type OpenExportWork<S> = (settings: S, buffer: EventBuffer) => Promise<ExportWork>;
