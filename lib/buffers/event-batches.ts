import type { UnifiedEvent } from '../event/unified-event';
import type { EventInternals } from './event-internals';
import { onAbort } from './on-abort';

/** `batches` of every event buffer, with its options checked. */
export async function* eventBatches(
  internals: EventInternals,
  maxCount: number,
  maxWaitMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnifiedEvent[], void, undefined> {
  for (;;) {
    if (signal?.aborted) throw signal.reason;
    if ((internals.emptied || !internals.hasEvent) && !(await internals.recordOrEnd(signal))) return;
    const batch = internals.takeUpTo(maxCount);
    // Another consumer may have been faster.
    if (batch.length === 0) continue;
    if (maxWaitMs > 0 && batch.length < maxCount) await gather(internals, batch, maxCount, maxWaitMs, signal);
    yield batch;
  }
}

/** Adds to a batch until it is full, time is up, or nothing will come. */
async function gather(
  internals: EventInternals,
  batch: UnifiedEvent[],
  maxCount: number,
  maxWaitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(stop), maxWaitMs);
  const stopListening = signal && onAbort(signal, () => stop.abort(signal.reason));
  try {
    for (let goesOn = true; goesOn && batch.length < maxCount;) {
      goesOn = await internals.recordOrEnd(stop.signal).catch((reason: unknown) => {
        if (reason !== stop) throw reason;
        return false;
      });
      // Also when time is up, as the next wake may not be due yet.
      for (const event of internals.takeUpTo(maxCount - batch.length)) batch.push(event);
    }
  } catch (error) {
    // The events wait for the next call.
    internals.giveBack(batch);
    throw error;
  } finally {
    clearTimeout(timer);
    stopListening?.();
  }
}
