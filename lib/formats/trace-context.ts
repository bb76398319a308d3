/** Trace context (W3C) in the forms that the formats have. Ids are lower-case hex; all zeros are no id. */
import type { UnifiedEvent } from '../event/unified-event';

type TraceContext = NonNullable<UnifiedEvent['traceContext']>;

const TRACE_ID = /^(?!0{32})[0-9a-fA-F]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-fA-F]{16}$/;

/** Undefined unless both are ids. flags: W3C's, of which the lowest bit says sampled. */
export function traceContextOf(traceId: unknown, spanId: unknown, flags: number): TraceContext | undefined {
  if (typeof traceId !== 'string' || !TRACE_ID.test(traceId)) return undefined;
  // A record may belong to a trace and to no span of it.
  const span = typeof spanId === 'string' && SPAN_ID.test(spanId) ? spanId.toLowerCase() : '';
  return { traceId: traceId.toLowerCase(), spanId: span, sampled: (flags & 1) === 1 };
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;

/** Of version 00. */
const TRACEPARENT_LENGTH = 55;

/** Whether the context of a `traceparent` says all that it does: those of other versions may have more, and a context has room for one flag. */
export function saysAll({ spanId }: TraceContext, traceparent: string): boolean {
  return (
    traceparent.length === TRACEPARENT_LENGTH &&
    traceparent.startsWith('00') &&
    (traceparent.endsWith('-01') || traceparent.endsWith('-00')) &&
    spanId !== ''
  );
}

/** A `traceparent` header. */
export function traceContextOfHeader(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  if (match === null) return undefined;
  const context = traceContextOf(match[1], match[2], parseInt(match[3], 16));
  if (context !== undefined && typeof tracestate === 'string' && tracestate !== '')
    context.traceState = tracestate;
  return context;
}
