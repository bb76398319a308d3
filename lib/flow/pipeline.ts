import type { EventEndpoint } from '../buffers/event-endpoint';
import type { BufferStats } from '../buffers/stats';
import type { WaitOptions } from '../buffers/wait-queue';
import { show, TapioError } from '../errors';
import type { UnifiedEvent } from '../event/unified-event';
import {
  checkCapacity,
  checkFunction,
  checkInteger,
  checkOptions,
  checkSignal,
  invalidArgument,
} from '../validate';
import { BoundedQueue, type EventSource } from './bounded-queue';
import { type AnyEventBuffer, checkEndpoint } from './endpoints';
import { LinkedAbort } from './linked-abort';
import { InputSource, Stage, type StageContext } from './stage';

export interface StageOptions {
  /** Results that wait for the next stage, events, a power of two from 1 to 2^30, default 1024. A full stage waits. */
  capacity?: number;
  /** Calls of the function at a time, 1..65536, default 1. With more, batches may overtake each other. */
  concurrency?: number;
  /** Most events of a batch, an integer from 1, default 256. */
  maxCount?: number;
}

const DEFAULT_CAPACITY = 1024;
const DEFAULT_BATCH = 256;
const MAX_CONCURRENCY = 65536;
const SINK = 'sink';

/**
 * Events of a buffer through stages into a sink, in batches, with a bounded queue behind each stage: a slow stage holds back those
 * before it, and in the end the buffer, where the policy `onFull` decides.
 *
 * Threads: an instance belongs to one thread, and its functions run there; stages interleave where they wait. What needs a CPU of its
 *   own goes to another thread, with a buffer and a pipeline there.
 * Guarantees: nothing is lost. With concurrency 1 events keep their order. A function never gets an empty batch.
 * Ends: when the input is closed and drained, and everything is with the sink. When aborted, or a function fails, calls under way are
 *   waited for, and what has not reached the sink waits in the pipeline or goes back to the input, where it comes first: another
 *   `run` goes on with it. The batch of a function that failed is handed out again.
 * Memory: of each stage up to `capacity` events, and `concurrency` batches.
 */
export class Pipeline {
  readonly #input: EventEndpoint;
  readonly #stages: Stage[] = [];
  #sink: Stage | undefined;
  #running = false;

  private constructor(input: EventEndpoint) {
    this.#input = input;
  }

  /**
   * @param input this thread's instance
   * @throws TapioError ERR_INVALID_ARGUMENT
   */
  static from(input: AnyEventBuffer): Pipeline {
    checkEndpoint('input', input);
    return new Pipeline(input);
  }

  /**
   * Adds a stage behind those there are, and gives back this pipeline.
   * @param name not empty, each once; errors and statistics carry it
   * @param fn gets a batch and gives what goes on: other events, fewer or more, also none. The array is the function's to keep.
   * @throws TapioError ERR_INVALID_CAPACITY, ERR_INVALID_ARGUMENT, also behind `to`
   */
  stage(
    name: string,
    fn: (batch: UnifiedEvent[], context: StageContext) => UnifiedEvent[] | Promise<UnifiedEvent[]>,
    options?: StageOptions,
  ): Pipeline {
    this.#checkOpen(`the stage ${show(name)}`);
    if (typeof name !== 'string' || name === '')
      throw invalidArgument('name', name, 'a string that is not empty');
    if (this.#stages.some((stage) => stage.name === name))
      throw invalidArgument('name', name, 'of no other stage');
    checkFunction('fn', fn);
    const { capacity = DEFAULT_CAPACITY, concurrency = 1, maxCount = DEFAULT_BATCH } = checkOptions(options);
    checkCapacity(capacity);
    checkInteger('concurrency', concurrency, 1, MAX_CONCURRENCY);
    checkInteger('maxCount', maxCount, 1, Number.MAX_SAFE_INTEGER);
    this.#stages.push(new Stage(name, fn, concurrency, maxCount, new BoundedQueue(capacity)));
    return this;
  }

  /**
   * Sets where events end, once, and gives back this pipeline. The next batch waits for the sink.
   * @throws TapioError ERR_INVALID_ARGUMENT
   */
  to(sink: (batch: UnifiedEvent[], context: StageContext) => void | Promise<void>): Pipeline {
    this.#checkOpen('another sink');
    checkFunction('sink', sink);
    this.#sink = new Stage(SINK, sink, 1, DEFAULT_BATCH, undefined);
    return this;
  }

  /**
   * Runs until the input is closed and drained and everything is with the sink. One run at a time.
   * @throws TapioError (rejects) ERR_STAGE_FAILED when a function throws or returns no array of events: `stage` and the message name
   *   it (`sink` for the sink), `cause` is what it threw. ERR_INVALID_ARGUMENT without a sink. `signal.reason` when aborted.
   */
  async run(options?: WaitOptions): Promise<void> {
    const { signal } = checkOptions(options);
    checkSignal(signal);
    if (this.#sink === undefined)
      throw new TapioError('ERR_INVALID_ARGUMENT', 'this Pipeline has no sink: call `to`');
    if (this.#running) throw new TapioError('ERR_INVALID_ARGUMENT', 'this Pipeline is running already');
    const stop = new LinkedAbort(signal);
    this.#running = true;
    try {
      await Promise.all(this.#sources().map(([stage, source]) => stage.run(source, stop)));
    } finally {
      this.#running = false;
    }
    const failed = stop.signal.aborted;
    stop.end();
    if (failed) throw stop.signal.reason;
  }

  /** Of each stage, by its name: the queue of its results. Counts events. */
  getStats(): Record<string, BufferStats> {
    return Object.fromEntries(
      this.#stages.map(({ name, queue }) => [name, (queue as BoundedQueue).getStats()]),
    );
  }

  /** Each stage, and the sink, with where it takes from. */
  #sources(): [Stage, EventSource][] {
    let source: EventSource = new InputSource(this.#input);
    return [...this.#stages, this.#sink as Stage].map((stage) => {
      const pair: [Stage, EventSource] = [stage, source];
      if (stage.queue !== undefined) {
        stage.queue.reopen();
        source = stage.queue;
      }
      return pair;
    });
  }

  #checkOpen(what: string): void {
    if (this.#sink === undefined) return;
    throw new TapioError('ERR_INVALID_ARGUMENT', `${what} cannot come behind the sink of this Pipeline`);
  }
}
