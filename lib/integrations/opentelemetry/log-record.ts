import type * as OpenTelemetry from '@opentelemetry/api';
import type { LogRecord } from '@opentelemetry/api-logs';
import { toldSeverity } from '../../event/helpers';
import type { UnifiedEvent } from '../../event/unified-event';
import { SEVERITY_NUMBERS } from '../../formats/log-fields';
import { loadPeer } from '../peer';
import { attributesOf } from './attributes';

const NS_PER_S = 1_000_000_000n;

/**
 * An event as a log record of OpenTelemetry: its message as body, its type as event name, its trace as context, everything else as
 * attributes, by the semantic conventions 1.45 where they have a name and as `tapio.SECTION.FIELD` elsewhere. The timestamp is exact
 * (`[seconds, nanoseconds]`). Values that an SDK would drop without a word become text (docs/guides/opentelemetry.md).
 *
 * @throws TapioError ERR_UNSUPPORTED without @opentelemetry/api, for an event with a trace
 */
export function toLogRecord(event: UnifiedEvent): LogRecord {
  const severity = toldSeverity(event);
  const record: LogRecord = {
    eventName: event.type,
    timestamp: [Number(event.timestamp / NS_PER_S), Number(event.timestamp % NS_PER_S)],
    body: event.message ?? undefined,
    attributes: attributesOf(event),
  };
  if (severity !== undefined) {
    record.severityText = severity;
    record.severityNumber = SEVERITY_NUMBERS.get(severity.toLowerCase()) ?? 0;
  }
  if (event.traceContext?.traceId) record.context = contextOf(event.traceContext);
  return record;
}

function contextOf({
  traceId,
  spanId,
  sampled,
  traceState,
}: NonNullable<UnifiedEvent['traceContext']>): OpenTelemetry.Context {
  const api = loadPeer(
    '@opentelemetry/api',
    '^1.9.0',
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    () => require('@opentelemetry/api') as typeof OpenTelemetry,
  );
  return api.trace.setSpanContext(api.ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
    isRemote: true,
    traceState: traceState ? api.createTraceState(traceState) : undefined,
  });
}
