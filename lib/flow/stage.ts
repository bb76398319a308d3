import { types } from 'node:util';
import type { EventEndpoint } from '../buffers/event-endpoint';
import { internalsOf } from '../buffers/internals-of';
import { show, TapioError } from '../errors';
import type { UnifiedEvent } from '../event/unified-event';
import { checkArray, invalidArgument } from '../validate';
import type { BoundedQueue, EventSource } from './bounded-queue';
import type { LinkedAbort } from './linked-abort';
import { Turns } from './turns';

/** What a stage's function and a sink get beside the batch. */
export interface StageContext {
  /** Aborted when the run is to stop; the run waits for calls under way, so one that takes long should end on it. */
  signal: AbortSignal;
}

/** The work of one stage, or of the sink: it takes batches, works on them, and hands the results on. */
export class Stage {
  /** @param queue where results go; undefined for the sink */
  constructor(
    readonly name: string,
    private readonly fn: (batch: UnifiedEvent[], context: StageContext) => unknown,
    private readonly concurrency: number,
    private readonly maxCount: number,
    readonly queue: BoundedQueue | undefined,
  ) {}

  /** Resolves when the source has ended and everything is handed on, or when stopped and no call is under way. A failure stops. */
  async run(source: EventSource, stop: LinkedAbort): Promise<void> {
    await Promise.all(
      Array.from({ length: this.concurrency }, () =>
        this.work(source, stop.signal).catch((error: unknown) => stop.end(error)),
      ),
    );
    if (!stop.signal.aborted) this.queue?.end();
  }

  private async work(source: EventSource, stop: AbortSignal): Promise<void> {
    const turns = new Turns();
    for (;;) {
      const batch = await source.take(this.maxCount, stop);
      if (batch === undefined) return;
      const results = await this.call(source, batch, stop);
      if (this.queue !== undefined) await this.queue.put(results, stop);
      if (turns.due) await turns.take();
    }
  }

  private async call(source: EventSource, batch: UnifiedEvent[], stop: AbortSignal): Promise<UnifiedEvent[]> {
    try {
      // A copy, as the function may change the array, and the batch may have to go back.
      const results = await this.fn([...batch], { signal: stop });
      return this.queue === undefined ? [] : checkEvents(results);
    } catch (error) {
      source.giveBack(batch);
      throw this.failed(error);
    }
  }

  private failed(cause: unknown): TapioError {
    const what = types.isNativeError(cause) ? cause.message : show(cause);
    return new TapioError('ERR_STAGE_FAILED', `stage ${show(this.name)}: ${what}`, undefined, {
      stage: this.name,
      cause,
    });
  }
}

function checkEvents(results: unknown): UnifiedEvent[] {
  checkArray('what the function returns', results);
  results.forEach((event, i) => {
    if (typeof event !== 'object' || event === null)
      throw invalidArgument(`what the function returns, [${i}],`, event, 'an event');
  });
  return results as UnifiedEvent[];
}

/** The events of a buffer, as a source. */
export class InputSource implements EventSource {
  constructor(private readonly input: EventEndpoint) {}

  async take(maxCount: number, stop: AbortSignal): Promise<UnifiedEvent[] | undefined> {
    while (await internalsOf(this.input).recordOrEnd(stop)) {
      const batch = internalsOf(this.input).takeUpTo(maxCount);
      if (batch.length > 0) return batch;
    }
    return undefined;
  }

  giveBack(events: readonly UnifiedEvent[]): void {
    internalsOf(this.input).giveBack(events);
  }
}
