/** Worker threads that run an entry point of test/fixtures, and what they share with a test. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { fixture } from './children';

export interface RunningWorker<Result> {
  readonly worker: Worker;
  /** The first message; rejects when the thread ends without one or throws. */
  readonly result: Promise<Result>;
  /** The exit code. */
  readonly exit: Promise<number>;
}

export function startWorker<Result = unknown>(
  name: string,
  workerData: unknown,
  options: WorkerOptions = {},
): RunningWorker<Result> {
  const worker = new Worker(fixture(name), { ...options, workerData });
  const exit = new Promise<number>((resolve) => worker.once('exit', resolve));
  const result = new Promise<Result>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`${name} ended with code ${code} and no result`)));
  });
  // A test that only looks at the exit ignores the result.
  result.catch(() => undefined);
  return { worker, result, exit };
}

/** Runs workers to their end and gives the result of each. */
export async function runWorkers<Result>(name: string, data: readonly unknown[]): Promise<Result[]> {
  const running = data.map((each) => startWorker<Result>(name, each));
  const results = await Promise.all(running.map(({ result }) => result));
  await Promise.all(running.map(({ exit }) => exit));
  return results;
}

export type SharedWords = Int32Array<SharedArrayBuffer>;

/** Blocks until as many threads as `parties` have come here. `words` is theirs alone. */
export function meet(words: SharedWords, parties: number): void {
  if (Atomics.add(words, 0, 1) + 1 === parties) {
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
  } else {
    Atomics.wait(words, 1, 0);
  }
}

export function barrier(): SharedWords {
  return new Int32Array(new SharedArrayBuffer(8));
}

/**
 * Lets threads sleep until another thread has made a change. Read `version` before looking for the change.
 */
export class Signal {
  constructor(readonly words: SharedWords = new Int32Array(new SharedArrayBuffer(8))) {}

  get version(): number {
    return Atomics.load(this.words, 0);
  }
  raise(): void {
    Atomics.add(this.words, 0, 1);
    if (Atomics.load(this.words, 1) !== 0) Atomics.notify(this.words, 0);
  }
  waitBeyond(version: number): void {
    Atomics.add(this.words, 1, 1);
    Atomics.wait(this.words, 0, version);
    Atomics.sub(this.words, 1, 1);
  }
}
