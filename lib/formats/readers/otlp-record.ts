/** One log record of OTLP, with what it belongs to. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import { SEVERITY_NUMBERS } from '../log-fields';
import { containerEntity, entityOf, newEvent } from '../new-event';
import { severityOfOtlp } from '../severity';
import { timeOfCount, Unit } from '../time';
import { traceContextOf } from '../trace-context';
import { anyText, bytesOfBase64, objectOf, safeIntegerOf, setKey, textOf } from '../values';
import { isDefault, readAttributes, restOfMessage, valueOf, withOthers } from './otlp-values';

export interface Resource {
  readonly source: string;
  readonly entity: UnifiedEvent['entity'];
  readonly clusterName: string | undefined;
  /** Shared by the events of a batch, as is the one of the scope. */
  readonly rest: Record<string, unknown> | undefined;
}

const LOGS_MAPPED = new Set(['scopeLogs', 'scope_logs', 'resource']);
const SCOPE_LOGS_MAPPED = new Set(['logRecords', 'log_records', 'scope']);
const ATTRIBUTES = new Set(['attributes']);
const POD_KEYS = ['k8s.pod.name', 'k8s.namespace.name', 'k8s.pod.uid'];

/** logs: ResourceLogs, of which the records are not read. */
export function resourceOf(logs: JsonObject): Resource {
  const resource = objectOf(logs.resource);
  const all = readAttributes(resource?.attributes) ?? {};
  const text = (key: string): string | undefined => textOf(all[key]);
  const pod = entityOf('pod', text('k8s.pod.name'), text('k8s.namespace.name'), text('k8s.pod.uid'));
  const source = text('service.name') ?? 'otlp';
  const entity =
    pod ??
    containerEntity(text('container.id'), text('container.name')) ??
    entityOf('host', text('host.name'));
  const clusterName = text('k8s.cluster.name');
  for (const key of ['service.name', 'k8s.cluster.name', ...(pod === undefined ? [] : POD_KEYS)])
    if (text(key) !== undefined) delete all[key];
  const own = restAround(logs, LOGS_MAPPED, 'resource', ATTRIBUTES);
  return { source, entity, clusterName, rest: emptyAsNone(withOthers(own, all)) };
}

export interface Scope {
  readonly name: string | undefined;
  readonly rest: Record<string, unknown> | undefined;
}

const NAME_AND_ATTRIBUTES = new Set(['name', 'attributes']);

/** logs: ScopeLogs, of which the records are not read. */
export function scopeOf(logs: JsonObject): Scope {
  const scope = objectOf(logs.scope);
  const name = textOf(scope?.name);
  const own = restAround(
    logs,
    SCOPE_LOGS_MAPPED,
    'scope',
    name === undefined ? ATTRIBUTES : NAME_AND_ATTRIBUTES,
  );
  return { name, rest: withOthers(own, readAttributes(scope?.attributes)) };
}

/** What `logs` says around its records, and its `key` beside the attributes. */
function restAround(
  logs: JsonObject,
  mapped: ReadonlySet<string>,
  key: string,
  mappedBelow: ReadonlySet<string>,
): Record<string, unknown> | undefined {
  const below = objectOf(logs[key]);
  const rest = restOfMessage(logs, mapped);
  if (below !== undefined) return withOthers(rest, restOfMessage(below, mappedBelow));
  return isDefault(logs[key]) ? rest : withOthers(rest, { [key]: logs[key] });
}

function emptyAsNone(attributes: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  return attributes === undefined || Object.keys(attributes).length === 0 ? undefined : attributes;
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
  const noticed = time === undefined ? nanos(observed) : undefined;
  const event = newEvent(type ?? 'log', resource.source, time ?? noticed ?? line.arrival());
  if (time === undefined) {
    keep(event, 'timeUnixNano', told);
    if (noticed === undefined) keep(event, 'observedTimeUnixNano', observed);
  }
  if (type === undefined) keep(event, 'eventName', name);
  const exact = severityNumberOf(number);
  event.severity = severityOfOtlp(exact);
  // A severity stands for four numbers.
  if (event.severity === undefined || SEVERITY_NUMBERS.get(event.severity) !== exact)
    keep(event, 'severityNumber', number);
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

function keep(event: UnifiedEvent, key: string, value: unknown): void {
  if (!isDefault(value)) (event.attributes ??= {})[key] = value;
}

/** When the record was seen, where the event has another time and has not told it. */
export function observedBeside(told: unknown, observed: unknown, event: UnifiedEvent): unknown {
  if (isDefault(observed) || observed === told || isDefault(told)) return undefined;
  return event.attributes?.timeUnixNano === undefined ? observed : undefined;
}

const RECORD_MAPPED = new Set([
  ...['timeUnixNano', 'time_unix_nano', 'observedTimeUnixNano', 'observed_time_unix_nano'],
  ...['severityNumber', 'severity_number', 'severityText', 'severity_text', 'eventName', 'event_name'],
  ...['traceId', 'trace_id', 'spanId', 'span_id', 'flags', 'body', 'attributes'],
  ...['droppedAttributesCount', 'dropped_attributes_count'],
]);

/** rest: what the record has in the place of fields. */
export function attributesOfRecord(
  record: JsonObject,
  resource: Resource,
  scope: Scope,
  event: UnifiedEvent,
): Record<string, unknown> | undefined {
  const own = { ...event.attributes };
  const told = record.timeUnixNano ?? record.time_unix_nano;
  const observed = record.observedTimeUnixNano ?? record.observed_time_unix_nano;
  const dropped = record.droppedAttributesCount ?? record.dropped_attributes_count;
  const ours = {
    resource: resource.rest,
    scope: scope.rest,
    observedTimeUnixNano: observedBeside(told, observed, event),
    droppedAttributesCount: isDefault(dropped) ? undefined : dropped,
  };
  for (const [key, value] of Object.entries(ours)) if (value !== undefined) setKey(own, key, value);
  const known = withOthers(own, restOfMessage(record, RECORD_MAPPED));
  return emptyAsNone(withOthers(known, readAttributes(record.attributes)));
}

/** Zero is what stands for absent. */
function nanos(value: unknown): bigint | undefined {
  const time = timeOfCount(value, Unit.NANOS);
  return time === 0n ? undefined : time;
}

const NAME = /^SEVERITY_NUMBER_(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)([2-4]?)$/;
const FIRST_OF: Readonly<Record<string, number>> = {
  TRACE: 1,
  DEBUG: 5,
  INFO: 9,
  WARN: 13,
  ERROR: 17,
  FATAL: 21,
};

/** The specification allows numbers only; the Collector takes the names of the enum, too. */
function severityNumberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const name = typeof value === 'string' ? NAME.exec(value) : null;
  return name === null ? undefined : FIRST_OF[name[1]] + Math.max(0, Number(name[2]) - 1);
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
  if (value === '') (event.attributes ??= {}).body = value;
  else if (value !== null) event.message = anyText(value);
}
