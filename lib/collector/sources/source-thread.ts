/** The main thread's side of one source worker. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { MEMORY } from '../memory-plan';
import { SourceCounters } from './source-counters';
import type { FromSource, SourceWorkerData, ToSource } from './source-protocol';

export class SourceThread {
  readonly counters: SourceCounters;
  /** Resolves when the source could start, and also when it ends before that. */
  readonly ready: Promise<void>;
  /** Resolves when the thread has exited: the counters are final. Gives the message of a failure. */
  readonly ended: Promise<string | undefined>;
  private readonly worker: Worker;

  constructor(
    readonly name: string,
    data: Omit<SourceWorkerData, 'source' | 'counters'>,
    warn: (text: string) => void,
    arrived: () => Promise<boolean>,
  ) {
    this.counters = new SourceCounters();
    const workerData: SourceWorkerData = { ...data, source: name, counters: this.counters.memory };
    this.worker = new Worker(path.join(__dirname, 'source-worker.js'), {
      workerData,
      name: `source ${name}`,
      resourceLimits: MEMORY.workerLimits,
    });
    let failure: string | undefined;
    let hasEnded = false;
    this.ended = new Promise((resolve) => {
      this.worker.on('error', (error) => (failure ??= error.message));
      this.worker.on('exit', (code) => {
        if (!hasEnded) failure ??= `its thread exited with code ${code}`;
        resolve(failure);
      });
    });
    this.ready = new Promise((resolve) => {
      this.worker.on('message', (message: FromSource) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'warning') warn(`${name}: ${message.text}`);
        else if (message.kind === 'ask') void arrived().then((all) => this.say({ kind: 'arrived', all }));
        else if (message.kind === 'ended') hasEnded = true;
        else failure = message.message;
      });
      void this.ended.then(() => resolve());
    });
  }

  /** Lets the source begin, once all are ready. at: now, by the RunClock. */
  go(at: bigint): void {
    this.say({ kind: 'go', at });
  }

  /** Asks the source to end; `ended` tells when it has. */
  stop(): void {
    this.say({ kind: 'stop' });
  }

  private say(message: ToSource): void {
    this.worker.postMessage(message);
  }
}
