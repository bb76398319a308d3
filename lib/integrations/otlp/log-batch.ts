import { Buffer } from 'node:buffer';
import type { UnifiedEvent } from '../../event/unified-event';
import { OTLP_PLACE_END, otlpPlace, otlpRecord, otlpRequest } from '../../formats/writers/otlp-record';
import type { Batch } from '../in-flight-window';

/** Events and the request that carries them. */
export interface LogBatch extends Batch {
  readonly text: string;
}

/** Bytes of a request beside its records and places. */
const REQUEST_BYTES = 32;

/**
 * The request of as many events as `limit` bytes hold, from the first on; those of one place stand together.
 * @returns no events when there is no room for the first
 */
export function batchOf(
  events: readonly UnifiedEvent[],
  limit: number,
  resource: Readonly<Record<string, string>>,
): LogBatch {
  const places = new Map<string, string>();
  let bytes = REQUEST_BYTES;
  let count = 0;
  for (; count < events.length; count++) {
    const place = otlpPlace(events[count], resource);
    const record = otlpRecord(events[count]);
    const before = places.get(place);
    bytes += Buffer.byteLength(record) + 1;
    if (before === undefined) bytes += Buffer.byteLength(place) + OTLP_PLACE_END.length + 1;
    if (bytes > limit) break;
    places.set(place, before === undefined ? record : `${before},${record}`);
  }
  const text = otlpRequest([...places].map(([place, records]) => place + records + OTLP_PLACE_END));
  return { events: events.slice(0, count), text };
}
