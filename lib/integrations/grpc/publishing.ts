import type { ServerReadableStream } from '@grpc/grpc-js';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import type { UnifiedEvent } from '../../event/unified-event';
import { isTapioError, TapioError } from '../../errors';
import { LinkedAbort } from '../../flow/linked-abort';
import { decodeBatch } from './batches';
import { widenReceiveWindow } from './receive-window';
import { Refusal, Status } from './status';

/**
 * Stores what a client publishes; reads its next message only when the one before is stored.
 * @param count called with the number of events stored
 * @returns how many events
 * @throws (rejects) Refusal, or a TapioError of the message or the buffer; what was stored stays
 */
export async function storePublished(
  call: ServerReadableStream<Buffer, Buffer>,
  buffer: EventEndpoint,
  closing: AbortSignal,
  count: (stored: number) => void,
): Promise<number> {
  const stop = new LinkedAbort(closing);
  const cancel = (): void => stop.end(new Refusal(Status.UNAVAILABLE, 'the client has gone'));
  // `cancelled` comes after good ends, too; then all is stored.
  call.on('cancelled', cancel);
  const close = (): void => void call.destroy(new Refusal(Status.UNAVAILABLE, 'the service is closed'));
  closing.addEventListener('abort', close, { once: true });
  let accepted = 0;
  widenReceiveWindow(call);
  try {
    for await (const bytes of call as AsyncIterable<Buffer>) {
      const { events } = decodeBatch(bytes);
      for (let at = 0; at < events.length;) {
        const stored = await storeSome(events, at, buffer, stop.signal).catch((error: unknown) => {
          throw withNumber(error, accepted);
        });
        at += stored;
        accepted += stored;
        count(stored);
      }
    }
    return accepted;
  } catch (error) {
    if (closing.aborted) throw new Refusal(Status.UNAVAILABLE, 'the service is closed');
    throw error;
  } finally {
    closing.removeEventListener('abort', close);
    stop.end();
  }
}

/** An event too large for the buffer is told with its number in the stream. */
function withNumber(error: unknown, number: number): unknown {
  if (!isTapioError(error, 'ERR_EVENT_TOO_LARGE')) return error;
  return new TapioError(error.code, `${error.message}; it is event ${number} of the stream, counted from 0`);
}

async function storeSome(
  events: readonly UnifiedEvent[],
  from: number,
  buffer: EventEndpoint,
  signal: AbortSignal,
): Promise<number> {
  let stored = 0;
  try {
    while (from + stored < events.length && internalsOf(buffer).offer(events[from + stored])) stored++;
  } catch (error) {
    // Those before it count; it is refused again when it is the first.
    if (stored === 0) throw error;
  }
  if (stored > 0) return stored;
  await buffer.putAsync(events[from], { signal });
  return 1;
}
