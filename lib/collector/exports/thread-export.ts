import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { EventBuffer, type UnifiedEvent } from '../../index';
import { LimitedReport } from '../output/limited-report';
import { MEMORY } from '../memory-plan';
import type { Export, ExportContext, ExportCounts } from './export';
import { endInTime } from './end-in-time';
import type { ExportWorkerData, FromExport, ToExport, WorkCounts } from './export-protocol';

/**
 * An export whose events are delivered in a thread of its own.
 *
 * Full: the oldest events give way, counted. Fails for good: told; what comes from then on waits for room that never comes, and so is
 * dropped. Memory: the buffer, in slots of 512 bytes that are committed as they are used, and what the
 * thread has in flight.
 */
export class ThreadExport implements Export {
  private readonly buffer = new EventBuffer(MEMORY.exportCapacity, { onFull: 'drop-oldest' });
  private readonly worker: Worker;
  private readonly ended: Promise<void>;
  private readonly problems: LimitedReport;
  private taken = 0;
  /** Events that the buffer did not take. */
  private refusedHere = 0;
  /** Why it refused the first of them. */
  private refusal: string | undefined;
  private told: WorkCounts = { delivered: 0, refused: 0, retried: 0, note: undefined };
  private failure: string | undefined;
  private hasEnded = false;
  private isClosing = false;

  /** Rejects with what it cannot work for. settings: must be structured-cloneable. */
  static async open(name: string, settings: unknown, context: ExportContext): Promise<ThreadExport> {
    const opened = new ThreadExport(name, settings, context);
    if (await opened.ready) return opened;
    throw new Error(opened.failure);
  }

  /** Whether it can work. */
  private readonly ready: Promise<boolean>;

  private constructor(name: string, settings: unknown, context: ExportContext) {
    this.problems = new LimitedReport((text) => context.warn(text));
    const workerData: ExportWorkerData = { name, settings, buffer: this.buffer.handle };
    this.worker = new Worker(path.join(__dirname, 'export-worker.js'), {
      workerData,
      name: `export ${name}`,
      resourceLimits: MEMORY.workerLimits,
    });
    let isReady = false;
    const fail = (text: string): void => {
      if (this.failure !== undefined) return;
      this.failure = text;
      if (isReady) context.fail(text);
    };
    this.ended = new Promise((resolve) => {
      this.worker.on('error', (error) => fail(error.message));
      this.worker.on('exit', () => {
        // Its death is told by its last counts being too few.
        if (!this.isClosing) fail('its thread has ended');
        this.hasEnded = true;
        resolve();
      });
    });
    this.ready = new Promise((resolve) => {
      this.worker.on('message', (message: FromExport) => {
        if (message.kind === 'ready') resolve((isReady = true));
        else if (message.kind === 'failed') fail(message.message);
        else this.hear(message.counts);
      });
      void this.ended.then(() => resolve(false));
    });
  }

  take(event: UnifiedEvent): void {
    this.taken++;
    try {
      if (!this.buffer.tryPut(event)) this.refusedHere++;
    } catch (error) {
      this.refusedHere++;
      if (this.refusal !== undefined) return;
      this.refusal = (error as Error).message;
      this.problems.report(this.refusal);
    }
  }

  counts(): ExportCounts {
    const { taken, told } = this;
    const { delivered, refused, retried } = told;
    const note = this.failure ?? told.note ?? this.refusal;
    if (this.hasEnded && this.isClosing)
      return { taken, delivered, dropped: taken - delivered, waiting: 0, retried, note };
    const dropped = this.buffer.getStats().discarded + refused + this.refusedHere;
    return { taken, delivered, dropped, waiting: taken - delivered - dropped, retried, note };
  }

  async close(hurry: AbortSignal): Promise<void> {
    this.isClosing = true;
    this.buffer.close();
    const stop: ToExport = { kind: 'stop' };
    await endInTime(this.worker, this.ended, hurry, () => this.worker.postMessage(stop));
    this.problems.end();
  }

  private hear(counts: WorkCounts): void {
    const { note } = counts;
    if (note !== undefined && note !== this.told.note) this.problems.report(note);
    this.told = counts;
  }
}
