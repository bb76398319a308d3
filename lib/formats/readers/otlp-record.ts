/** One log record of OTLP, with what it belongs to. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import { SEVERITY_NUMBERS } from '../log-fields';
import { containerEntity, entityOf, newEvent } from '../new-event';
import { severityOfOtlp } from '../severity';
import { timeOfCount, Unit } from '../time';
import { traceContextOf } from '../trace-context';
import { anyText, bytesOfBase64, mergeUnder, objectOf, safeIntegerOf, textOf, withItem } from '../values';
import {
  inCamelCase,
  isDefault,
  isTextNamed,
  isZero,
  readAttributes,
  restOfMessage,
  valueOf,
} from './otlp-values';

export interface Resource {
  readonly source: string;
  readonly entity: UnifiedEvent['entity'];
  readonly clusterName: string | undefined;
  /** Shared by the events of a batch, as is the one of the scope. */
  readonly rest: Record<string, unknown> | undefined;
}

const LOGS_MAPPED = new Set(['scopeLogs', 'resource']);
const SCOPE_LOGS_MAPPED = new Set(['logRecords', 'scope']);
const ATTRIBUTES = new Set(['attributes']);
const NAME_AND_ATTRIBUTES = new Set(['name', 'attributes']);
const POD_KEYS = ['k8s.pod.name', 'k8s.namespace.name', 'k8s.pod.uid'];

/** Where attributes of the producer stood whose name is one of the specification. */
const PLACE = 'attributes';

/** The attribute that names a record, by the semantic conventions. */
export const RECORD_ID = 'log.record.uid';

/** logs: ResourceLogs in camel case, of which the records are not read. */
export function resourceOf(logs: JsonObject): Resource {
  const resource = inCamelCase(objectOf(logs.resource) ?? {});
  const all = readAttributes(resource.attributes) ?? {};
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
  const own = restAround(logs, LOGS_MAPPED, 'resource', restOfMessage(resource, ATTRIBUTES));
  return { source, entity, clusterName, rest: mergeUnder(own, PLACE, all) };
}

export interface Scope {
  readonly name: string | undefined;
  readonly rest: Record<string, unknown> | undefined;
}

/** logs: ScopeLogs in camel case, of which the records are not read. */
export function scopeOf(logs: JsonObject): Scope {
  const scope = inCamelCase(objectOf(logs.scope) ?? {});
  const name = textOf(scope.name);
  const below = restOfMessage(scope, name === undefined ? ATTRIBUTES : NAME_AND_ATTRIBUTES);
  const own = restAround(logs, SCOPE_LOGS_MAPPED, 'scope', below);
  return { name, rest: mergeUnder(own, PLACE, readAttributes(scope.attributes)) };
}

/** What `logs` says around its records, and what its `key` says: `below`, unless it is no object. */
function restAround(
  logs: JsonObject,
  mapped: ReadonlySet<string>,
  key: string,
  below: Record<string, unknown> | undefined,
): Record<string, unknown> | undefined {
  const value = logs[key];
  const isNone = value !== undefined && value !== null && objectOf(value) === undefined;
  return mergeUnder(isNone ? { [key]: value } : below, PLACE, restOfMessage(logs, mapped));
}

/** All of the event. record: in camel case. */
export function readWholeRecord(
  record: JsonObject,
  resource: Resource,
  scope: Scope,
  line: InputLine,
): UnifiedEvent {
  const attributes = readAttributes(record.attributes);
  const name = textOf(attributes?.[RECORD_ID]);
  const id = name !== undefined && isTextNamed(record.attributes, RECORD_ID) ? name : undefined;
  if (id !== undefined) delete attributes![RECORD_ID];
  const event = readRecord(record, resource, scope, line, id);
  event.attributes = mergeUnder(attributesBeside(record, resource, scope, event), PLACE, attributes);
  return event;
}

/**
 * All but the attributes, of which it has only what does not fit its field. record: in camel case, of which the attributes are not read.
 *
 * @param id what the attributes name it
 */
export function readRecord(
  record: JsonObject,
  resource: Resource,
  scope: Scope,
  line: InputLine,
  id: string | undefined,
): UnifiedEvent {
  const { timeUnixNano: told, observedTimeUnixNano: observed, eventName: name } = record;
  const { severityNumber: number, severityText: level } = record;
  const time = nanos(told);
  const type = textOf(name);
  const noticed = time === undefined ? nanos(observed) : undefined;
  const event = newEvent(type ?? 'log', resource.source, time ?? noticed ?? line.arrival(), id);
  if (time === undefined) {
    if (!isZero(told)) keep(event, 'timeUnixNano', told);
    if (noticed === undefined && !isZero(observed)) keep(event, 'observedTimeUnixNano', observed);
  }
  if (type === undefined) keep(event, 'eventName', name);
  const exact = severityNumberOf(number);
  event.severity = severityOfOtlp(exact);
  // A severity stands for four numbers.
  if (exact !== 0 && (event.severity === undefined || SEVERITY_NUMBERS.get(event.severity) !== exact))
    keep(event, 'severityNumber', number);
  readTrace(event, record.traceId, record.spanId, record.flags);
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
  if ((context === undefined || bits !== 1) && !isZero(flags)) keep(event, 'flags', flags);
}

function keep(event: UnifiedEvent, key: string, value: unknown): void {
  if (!isDefault(value)) setAttribute(event, key, value);
}

function setAttribute(event: UnifiedEvent, key: string, value: unknown): void {
  (event.attributes ??= {})[key] = value;
}

/** When the record was seen, where the event has another time and has not told it. */
export function observedBeside(told: unknown, observed: unknown, event: UnifiedEvent): unknown {
  if (isZero(observed) || observed === told || isZero(told)) return undefined;
  return event.attributes?.timeUnixNano === undefined ? observed : undefined;
}

/** The fields of a record that are read, each in the attributes under its own name where it does not fit its place. */
export const RECORD_FIELDS: ReadonlySet<string> = new Set([
  ...['timeUnixNano', 'observedTimeUnixNano', 'severityNumber', 'severityText', 'eventName', 'traceId'],
  ...['spanId', 'flags', 'body', 'attributes'],
]);

/** Those that are not the producer's own. event: as `readRecord` left it. */
function attributesBeside(
  record: JsonObject,
  resource: Resource,
  scope: Scope,
  event: UnifiedEvent,
): Record<string, unknown> | undefined {
  let own = event.attributes;
  own = withItem(own, 'resource', resource.rest);
  own = withItem(own, 'scope', scope.rest);
  const observed = observedBeside(record.timeUnixNano, record.observedTimeUnixNano, event);
  own = withItem(own, 'observedTimeUnixNano', observed);
  return mergeUnder(own, 'record', restOfMessage(record, RECORD_FIELDS));
}

/** Zero is what stands for absent. */
function nanos(value: unknown): bigint | undefined {
  const time = timeOfCount(value, Unit.NANOS);
  return time === 0n ? undefined : time;
}

const NAME = /^SEVERITY_NUMBER_(UNSPECIFIED|(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)(?=[2-4]?$))([2-4]?)$/;
const FIRST_OF: Readonly<Record<string, number>> = {
  UNSPECIFIED: 0,
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
    if (item !== undefined && item !== null) setAttribute(event, 'body', item);
    return;
  }
  const [kind, more] = Object.keys(body);
  if ((kind === 'bytesValue' || kind === 'bytes_value') && more === undefined) {
    const bytes = body[kind];
    event.rawData = typeof bytes === 'string' ? bytesOfBase64(bytes) : undefined;
    if (event.rawData === undefined && bytes !== null) setAttribute(event, 'body', item);
    return;
  }
  const value = valueOf(body);
  if (value === '') setAttribute(event, 'body', value);
  else if (value !== null) event.message = anyText(value);
}
