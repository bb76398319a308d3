/** One log record of OTLP, with what it belongs to. */
import type { Severity, UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import { containerEntity, entityOf, newEvent } from '../new-event';
import { severityOfOtlp, severityOfWord } from '../severity';
import { timeOfCount, Unit } from '../time';
import { traceContextOf } from '../trace-context';
import { anyText, bytesOfBase64, objectOf, restOf, safeIntegerOf, textOf } from '../values';
import { readAttributes, valueOf } from './otlp-values';

export interface Resource {
  readonly source: string;
  readonly entity: UnifiedEvent['entity'];
  readonly clusterName: string | undefined;
  /** Shared by the events of a batch, as is the one of the scope. */
  readonly rest: Record<string, unknown> | undefined;
}

const MAPPED_OF_RESOURCE = new Set(['service.name', 'k8s.cluster.name']);
const MAPPED_OF_POD = new Set([
  ...MAPPED_OF_RESOURCE,
  ...['k8s.pod.name', 'k8s.namespace.name', 'k8s.pod.uid'],
]);

export function resourceOf(resource: JsonObject | undefined): Resource {
  const all = readAttributes(resource?.attributes) ?? {};
  const text = (key: string): string | undefined => textOf(all[key]);
  const pod = entityOf('pod', text('k8s.pod.name'), text('k8s.namespace.name'), text('k8s.pod.uid'));
  return {
    source: text('service.name') ?? 'otlp',
    entity:
      pod ??
      containerEntity(text('container.id'), text('container.name')) ??
      entityOf('host', text('host.name')),
    clusterName: text('k8s.cluster.name'),
    rest: restOf(all, pod === undefined ? MAPPED_OF_RESOURCE : MAPPED_OF_POD),
  };
}

export interface Scope {
  readonly name: string | undefined;
  readonly rest: Record<string, unknown> | undefined;
}

const MAPPED_OF_SCOPE = new Set(['name', 'attributes']);

export function scopeOf(scope: JsonObject | undefined): Scope {
  if (scope === undefined) return { name: undefined, rest: undefined };
  return { name: textOf(scope.name), rest: restOf(scope, MAPPED_OF_SCOPE, readAttributes(scope.attributes)) };
}

/** All but the attributes, of which it has only what does not fit its field. */
export function readRecord(
  record: JsonObject,
  resource: Resource,
  scope: Scope,
  line: InputLine,
): UnifiedEvent {
  const told = record.timeUnixNano ?? record.time_unix_nano;
  const observed = record.observedTimeUnixNano ?? record.observed_time_unix_nano;
  const time = nanos(told);
  const name = record.eventName ?? record.event_name;
  const number = record.severityNumber ?? record.severity_number;
  const level = record.severityText ?? record.severity_text;
  const type = textOf(name);
  const at = time ?? nanos(observed) ?? line.arrival();
  const event = newEvent(type ?? 'log', resource.source, at);
  if (time === undefined) keep(event, 'timeUnixNano', told);
  if (type === undefined) keep(event, 'eventName', name);
  event.severity = severityOf(number);
  if (event.severity === undefined) keep(event, 'severityNumber', number);
  readTrace(event, record.traceId ?? record.trace_id, record.spanId ?? record.span_id, record.flags);
  event.entity = resource.entity;
  event.application = applicationOf(textOf(level), scope.name);
  if (event.application?.level === undefined) keep(event, 'severityText', level);
  if (resource.clusterName !== undefined) event.kubernetes = { clusterName: resource.clusterName };
  readBody(event, record.body);
  return event;
}

function readTrace(event: UnifiedEvent, trace: unknown, span: unknown, flags: unknown): void {
  const bits = safeIntegerOf(flags);
  const context = traceContextOf(trace, span, bits ?? 0);
  event.traceContext = context;
  if (context === undefined) keep(event, 'traceId', trace);
  if (context === undefined || context.spanId === '') keep(event, 'spanId', span);
  // A context has room for one bit.
  if (context === undefined || bits !== 1) keep(event, 'flags', flags);
}

/** Adds an attribute. Zero and empty text are what stands for absent. */
function keep(event: UnifiedEvent, key: string, value: unknown): void {
  if (value === undefined || value === null || value === 0 || value === '0' || value === '') return;
  (event.attributes ??= {})[key] = value;
}

/** rest: what the record has in the place of fields. */
export function attributesOfRecord(
  record: JsonObject,
  resource: Resource,
  scope: Scope,
  rest: Record<string, unknown> | undefined,
): Record<string, unknown> | undefined {
  let attributes = rest;
  if (resource.rest !== undefined) (attributes ??= {}).resource = resource.rest;
  if (scope.rest !== undefined) (attributes ??= {}).scope = scope.rest;
  attributes = readAttributes(record.attributes, attributes);
  const dropped = record.droppedAttributesCount ?? record.dropped_attributes_count;
  if (typeof dropped === 'number' && dropped > 0) (attributes ??= {}).droppedAttributesCount = dropped;
  return attributes;
}

/** Zero is what stands for absent. */
function nanos(value: unknown): bigint | undefined {
  const time = timeOfCount(value, Unit.NANOS);
  return time === 0n ? undefined : time;
}

const NAME = /^SEVERITY_NUMBER_([A-Z]+)[1-4]?$/;

function severityOf(value: unknown): Severity | undefined {
  if (typeof value === 'number') return severityOfOtlp(value);
  // The specification allows numbers only; the Collector takes the names of the enum, too.
  return typeof value === 'string' ? severityOfWord(NAME.exec(value)?.[1]) : undefined;
}

function applicationOf(level: string | undefined, logger: string | undefined): UnifiedEvent['application'] {
  return level === undefined && logger === undefined ? undefined : { level, logger };
}

/** Text is the message, bytes are the raw data, anything else is the message as JSON. */
function readBody(event: UnifiedEvent, item: unknown): void {
  const body = objectOf(item);
  if (body === undefined) {
    keep(event, 'body', item);
    return;
  }
  const bytes = body.bytesValue ?? body.bytes_value;
  if (typeof bytes === 'string') {
    event.rawData = bytesOfBase64(bytes);
    if (event.rawData === undefined) keep(event, 'body', item);
    return;
  }
  const value = valueOf(body);
  if (value !== null && value !== '') event.message = anyText(value);
}
