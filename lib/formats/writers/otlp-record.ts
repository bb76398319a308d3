/**
 * Events as log records of OTLP in JSON (opentelemetry-proto 1.x, specification "OTLP", section JSON Protobuf Encoding): one table,
 * log-fields.ts, names the attributes here and for SDKs. What JSON can carry is taken for granted: events that come out of a buffer, or
 * that eventToJSON has written.
 */
import { quoted } from '../../event/json-text';
import { toldSeverity } from '../../event/helpers';
import type { FieldKind } from '../../event/generated/fields';
import type { UnifiedEvent } from '../../event/unified-event';
import {
  EMPTY_NAME,
  entityAttributes,
  EVENT_LOG_FIELDS,
  type LogField,
  networkAttributes,
  SECTION_LOG_FIELDS,
  SEVERITY_NUMBERS,
} from '../log-fields';
import {
  bytesValue,
  doubleValue,
  integerValue,
  keyValue,
  mapValue,
  stringsValue,
  stringValue,
} from './otlp-value';

const SCOPE = '@tapio/performance';
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/** Told by the resource or the scope, or, of attributes, each under its own name. */
const NOT_IN_RECORD = new Set(['source', 'kubernetes.clusterName', 'application.logger', 'attributes']);

interface Attribute {
  readonly field: string;
  readonly name: string;
  /** The text up to the value. */
  readonly head: string;
  readonly write: (value: never) => string;
}

const WRITERS: Partial<Record<FieldKind, (value: never) => string>> = {
  boolean: (value) => `{"boolValue":${value as boolean}}`,
  u32: integerValue,
  i32: integerValue,
  port: integerValue,
  safeInteger: integerValue,
  double: doubleValue,
  strings: stringsValue,
  stringMap: mapValue,
  json: mapValue,
  bytes: bytesValue,
};

const attributesFor = (fields: readonly LogField[]): readonly Attribute[] =>
  fields
    .filter(({ path }) => !NOT_IN_RECORD.has(path))
    .map(({ field, name, kind }) => ({
      field,
      name,
      head: `{"key":"${name}","value":`,
      write: WRITERS[kind] ?? stringValue,
    }));

/** Of the one attribute that every event has. */
const [{ name: ID_NAME, head: ID_HEAD }] = attributesFor(
  EVENT_LOG_FIELDS.filter(({ path }) => path === 'id'),
);
const EVENT_ATTRIBUTES = attributesFor(EVENT_LOG_FIELDS.filter(({ path }) => path !== 'id'));
const SECTIONS = SECTION_LOG_FIELDS.map(({ section, fields }) => ({
  section,
  attributes: attributesFor(fields),
}));

type Fields = Record<string, unknown>;

/** One record, as a text. */
export function otlpRecord(event: UnifiedEvent): string {
  const { timestamp, traceContext, message } = event;
  const severity = toldSeverity(event);
  let text = '{';
  // Zero is what stands for absent.
  if (timestamp > 0n) text += `"timeUnixNano":"${timestamp}",`;
  if (severity !== undefined) {
    const number = SEVERITY_NUMBERS.get(severity) ?? SEVERITY_NUMBERS.get(severity.toLowerCase());
    if (number !== undefined) text += `"severityNumber":${number},`;
    text += `"severityText":${quoted(severity)},`;
  }
  if (message !== undefined && message !== null) text += `"body":${stringValue(message)},`;
  text += `"attributes":[${attributesText(event)}]`;
  if (traceContext && TRACE_ID.test(traceContext.traceId)) {
    text += `,"flags":${traceContext.sampled ? 1 : 0},"traceId":"${traceContext.traceId}"`;
    if (SPAN_ID.test(traceContext.spanId)) text += `,"spanId":"${traceContext.spanId}"`;
  }
  return `${text},"eventName":${quoted(event.type)}}`;
}

/** What a record needs around it: the end of a resource's logs, behind their records. */
export const OTLP_PLACE_END = ']}]}';

/**
 * The beginning of a resource's logs, up to the first record: equal for events of one place. The resource tells the source, as
 * `service.name`, the entity and the cluster, the scope the logger.
 *
 * @param resource attributes of every resource, by name; they replace those of the event
 */
export function otlpPlace(event: UnifiedEvent, resource: Readonly<Record<string, string>> = {}): string {
  let attributes = '';
  const add = (name: string, value: string): void => {
    attributes += `${attributes === '' ? '' : ','}{"key":${quoted(name)},"value":${stringValue(value)}}`;
  };
  const addOwn = (name: string, value: string): void => {
    if (!Object.hasOwn(resource, name)) add(name, value);
  };
  addOwn('service.name', event.source);
  if (event.kubernetes?.clusterName) addOwn('k8s.cluster.name', event.kubernetes.clusterName);
  for (const [name, value] of entityAttributes(event)) addOwn(name, value);
  for (const name of Object.keys(resource)) add(name, resource[name]);
  const scope = quoted(event.application?.logger ?? SCOPE);
  return `{"resource":{"attributes":[${attributes}]},"scopeLogs":[{"scope":{"name":${scope}},"logRecords":[`;
}

/** Around the places of a request, which stand between commas. */
export const [OTLP_REQUEST_START, OTLP_REQUEST_END] = ['{"resourceLogs":[', ']}'];

function attributesText(event: UnifiedEvent): string {
  // The others each begin with a comma.
  let text = `${ID_HEAD}${stringValue(event.id)}}`;
  text += fieldsText(event as unknown as Fields, EVENT_ATTRIBUTES);
  for (const { section, attributes } of SECTIONS) {
    const values = (event as unknown as Fields)[section] as Fields | null | undefined;
    if (values) text += fieldsText(values, attributes);
  }
  if (event.network)
    for (const [name, value] of networkAttributes(event))
      text += `,{"key":"${name}","value":${stringValue(value)}}`;
  if (event.attributes) text += ownText(event, event.attributes);
  return text;
}

function fieldsText(values: Fields, attributes: readonly Attribute[]): string {
  let text = '';
  for (const { field, head, write } of attributes) {
    const value = values[field];
    if (value !== undefined && value !== null) text += `,${head}${write(value as never)}}`;
  }
  return text;
}

const NAMES: ReadonlySet<string> = new Set([
  ID_NAME,
  ...EVENT_ATTRIBUTES.map(({ name }) => name),
  ...SECTIONS.flatMap(({ attributes }) => attributes.map(({ name }) => name)),
  ...['network.transport', 'network.protocol.name', 'network.io.direction'],
]);

/** The event's own attributes. A name that is taken is told under `tapio.attributes.`, as names are unique in a record. */
function ownText(event: UnifiedEvent, attributes: Readonly<Record<string, unknown>>): string {
  let text = '';
  let taken: Set<string> | undefined;
  for (const key of Object.keys(attributes)) {
    let name = key === '' ? EMPTY_NAME : key;
    if (name !== key || NAMES.has(name)) {
      taken ??= takenNames(event);
      while (taken.has(name) || (name !== key && Object.hasOwn(attributes, name)))
        name = `tapio.attributes.${name}`;
    }
    text += `,${keyValue(name, attributes[key])}`;
  }
  return text;
}

function takenNames(event: UnifiedEvent): Set<string> {
  const names = new Set([ID_NAME, ...networkAttributes(event).map(([name]) => name)]);
  const add = (values: Fields, attributes: readonly Attribute[]): void => {
    for (const { field, name } of attributes)
      if (values[field] !== undefined && values[field] !== null) names.add(name);
  };
  add(event as unknown as Fields, EVENT_ATTRIBUTES);
  for (const { section, attributes } of SECTIONS) {
    const values = (event as unknown as Fields)[section] as Fields | null | undefined;
    if (values) add(values, attributes);
  }
  return names;
}
