import type { EventEndpoint } from '../buffers/event-endpoint';
import { internalsOf } from '../buffers/internals-of';
import type { Race } from '../buffers/event-writer';
import type { UnifiedEvent } from '../event/unified-event';
import { LinkedAbort } from './linked-abort';

/**
 * Stores an event in the first of several buffers that has room, and in no other.
 * @throws (rejects) what `putAsync` rejects with, once that of each buffer did; `signal.reason` when aborted, and then nothing is stored
 */
export async function putInAny(
  event: UnifiedEvent,
  outputs: readonly EventEndpoint[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const race: Race = { won: false };
  const waits = new LinkedAbort(signal);
  try {
    await Promise.any(
      outputs.map((output) => internalsOf(output).putInRace(event, { signal: waits.signal }, race)),
    );
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw (error as AggregateError).errors[0];
  } finally {
    waits.end();
  }
}
