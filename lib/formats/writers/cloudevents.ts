/** An event as CloudEvents 1.0 JSON. */
import { eventToJSON } from '../../event/json';
import { formatTimestamp } from '../../event/rfc3339';
import type { UnifiedEvent } from '../../event/unified-event';

/** The data is an event of ours. */
export const TAPIO_SCHEMA = 'urn:tapio:event:1';

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/**
 * One line: id, source, type, time and trace context in their places, and all of the event, as eventToJSON has it, as the data, from
 * which the reader of this format takes it back as it was.
 *
 * @throws TapioError ERR_INVALID_EVENT as eventToJSON does
 */
export function eventToCloudEvent(event: UnifiedEvent): string {
  const data = eventToJSON(event);
  return `${JSON.stringify(headOf(event)).slice(0, -1)},"data":${data}}`;
}

/** What stands before the data. */
export function headOf(event: UnifiedEvent) {
  return {
    specversion: '1.0',
    // Empty texts are none here, and ours may be.
    id: event.id === '' ? '-' : event.id.toWellFormed(),
    source: event.source === '' ? '/' : encodeURI(event.source.toWellFormed()),
    type: event.type === '' ? '-' : event.type.toWellFormed(),
    time: formatTimestamp(event.timestamp),
    ...traceOf(event.traceContext),
    datacontenttype: 'application/json',
    dataschema: TAPIO_SCHEMA,
  };
}

function traceOf(context: UnifiedEvent['traceContext']): { traceparent?: string; tracestate?: string } {
  if (!context || !TRACE_ID.test(context.traceId) || !SPAN_ID.test(context.spanId)) return {};
  const traceparent = `00-${context.traceId}-${context.spanId}-${context.sampled ? '01' : '00'}`;
  return context.traceState ? { traceparent, tracestate: context.traceState } : { traceparent };
}
