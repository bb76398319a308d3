/** An event as an OTLP log record in a request of its own, as JSON. */
import { eventToJSON } from '../../event/json';
import type { Severity, UnifiedEvent } from '../../event/unified-event';

/** Of the four numbers of each of OTLP's levels the first, or the second for a level of ours that OTLP has not. */
const NUMBERS: Readonly<Record<Severity, number>> = {
  debug: 5,
  info: 9,
  low: 10,
  warning: 13,
  medium: 14,
  error: 17,
  high: 18,
  critical: 21,
};
const SCOPE = '@tapio/performance';
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/** Keys of the JSON form that have a place of their own in the record. */
const MAPPED = new Set(['id', 'timestamp', 'type', 'source', 'severity', 'message', 'attributes']);

/**
 * One line. What a record has a place for is there; the attributes of the event are attributes; every other section is an attribute under
 * its name in the JSON form, such as `kernel` or `network`, and the id is `log.record.uid`.
 *
 * @throws TapioError ERR_INVALID_EVENT as eventToJSON does
 */
export function eventToOtlp(event: UnifiedEvent): string {
  const json = JSON.parse(eventToJSON(event)) as Record<string, unknown>;
  const attributes = { 'log.record.uid': json.id, ...(json.attributes as object | undefined) };
  const sections = Object.entries(json).filter(([key]) => !MAPPED.has(key));
  const { traceContext } = event;
  const hasTrace = traceContext && TRACE_ID.test(traceContext.traceId);
  const record = {
    // Zero is what stands for absent.
    ...(event.timestamp > 0n && { timeUnixNano: String(event.timestamp) }),
    ...(event.severity && { severityNumber: NUMBERS[event.severity], severityText: event.severity }),
    ...(hasTrace && { traceId: traceContext.traceId, flags: traceContext.sampled ? 1 : 0 }),
    ...(hasTrace && SPAN_ID.test(traceContext.spanId) && { spanId: traceContext.spanId }),
    ...(json.message !== undefined && { body: { stringValue: json.message } }),
    eventName: json.type,
    attributes: listOf([...Object.entries(attributes), ...sections]),
  };
  const resource = { attributes: listOf(Object.entries(resourceOf(event, json.source))) };
  const scope = { name: event.application?.logger ?? SCOPE };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record] }] }] });
}

/** By the semantic conventions. */
function resourceOf({ entity, kubernetes }: UnifiedEvent, source: unknown): Record<string, unknown> {
  const resource: Record<string, unknown> = { 'service.name': source };
  if (kubernetes?.clusterName) resource['k8s.cluster.name'] = kubernetes.clusterName;
  if (entity?.type === 'host') resource['host.name'] = entity.name;
  if (entity?.type === 'container') {
    resource['container.name'] = entity.name;
    if (entity.uid) resource['container.id'] = entity.uid;
  }
  if (entity?.type !== 'pod') return resource;
  resource['k8s.pod.name'] = entity.name;
  if (entity.namespace) resource['k8s.namespace.name'] = entity.namespace;
  if (entity.uid) resource['k8s.pod.uid'] = entity.uid;
  return resource;
}

function listOf(entries: readonly (readonly [string, unknown])[]): object[] {
  return entries.map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** JSON as OTLP's AnyValue. 64-bit integers are text in it. Nested at most as deep as an event may be. */
function anyValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? { intValue: String(value) }
        : { doubleValue: value };
    default:
      if (value === null || value === undefined) return {};
      return Array.isArray(value)
        ? { arrayValue: { values: value.map(anyValue) } }
        : { kvlistValue: { values: listOf(Object.entries(value)) } };
  }
}
