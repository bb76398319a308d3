/** OTLP logs out of lines of which only resources, scopes and nested values are parsed. */
import { jsonText, quoted } from '../../event/json-text';
import { keptText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import {
  isObjectAt,
  Kind,
  kindAt,
  nameAt,
  project,
  rawAt,
  rowsEnd,
  startAt,
  endAt,
  valueAt,
} from '../projection';
import { RecentValues } from '../recent-values';
import { Shape, WHOLE, WORDS } from '../shape';
import { textOf } from '../values';
import { observedBeside, readRecord, RECORD_FIELDS, RECORD_ID, resourceOf, scopeOf } from './otlp-record';
import { integerOf, isZero, valueOf } from './otlp-values';

const STRING = 'stringValue|string_value';
const INT = 'intValue|int_value';
const SIMPLE = 'boolValue|bool_value|bytesValue|bytes_value|doubleValue|double_value';
const NESTED = 'arrayValue|array_value|kvlistValue|kvlist_value';
/** One value by all the names of its kinds, of which the name tells. */
const ANY = [STRING, INT, SIMPLE, NESTED].join('|');
const FIRST_INT = 2;
const FIRST_SIMPLE = 4;
const FIRST_NESTED = 10;

const LOGS = 'resourceLogs|resource_logs';
const SCHEMA = 'schemaUrl|schema_url';
const SCOPES = 'scopeLogs|scope_logs';
const RECORDS = 'logRecords|log_records';
const TIME = 'timeUnixNano|time_unix_nano';
const OBSERVED = 'observedTimeUnixNano|observed_time_unix_nano';
const NUMBER = 'severityNumber|severity_number';
const TEXT = 'severityText|severity_text';
const TRACE = 'traceId|trace_id';
const SPAN = 'spanId|span_id';
const NAME = 'eventName|event_name';
const DROPPED = 'droppedAttributesCount|dropped_attributes_count';

const SHAPE = new Shape({
  '*': WHOLE,
  [LOGS]: {
    '[]': {
      resource: WHOLE,
      [SCHEMA]: WHOLE,
      '*': WHOLE,
      [SCOPES]: {
        '[]': {
          scope: WHOLE,
          [SCHEMA]: WHOLE,
          '*': WHOLE,
          [RECORDS]: {
            '[]': {
              ...{ [TIME]: WHOLE, [OBSERVED]: WHOLE, [NUMBER]: WHOLE, [TEXT]: WHOLE, [NAME]: WHOLE },
              ...{ [TRACE]: WHOLE, [SPAN]: WHOLE, flags: WHOLE, [DROPPED]: WHOLE },
              body: { [ANY]: WHOLE, '*': WHOLE },
              attributes: { '[]': { key: WHOLE, value: { [ANY]: WHOLE, '*': WHOLE }, '*': WHOLE } },
              '*': WHOLE,
            },
          },
        },
      },
    },
  },
  stream: WHOLE,
});

const LOGS_SLOT = SHAPE.slot(LOGS);
const STREAM = SHAPE.slot('stream');
const RESOURCE_PATH = [LOGS, '[]'];
const SCOPE_PATH = [...RESOURCE_PATH, SCOPES, '[]'];
const RECORD_PATH = [...SCOPE_PATH, RECORDS, '[]'];
const ATTRIBUTE_PATH = [...RECORD_PATH, 'attributes', '[]'];
const RESOURCE_ROW = SHAPE.nodeOf(RESOURCE_PATH);
const SCOPE_ROW = SHAPE.nodeOf(SCOPE_PATH);
const RECORD_ROW = SHAPE.nodeOf(RECORD_PATH);
const ATTRIBUTE_ROW = SHAPE.nodeOf(ATTRIBUTE_PATH);

/** From the beginning of a row. */
function offset(path: readonly string[], ...below: readonly string[]): number {
  return SHAPE.slot(...path, ...below) - SHAPE.slot(...path) + 1;
}
const ofLogs = (...path: readonly string[]): number => offset(RESOURCE_PATH, ...path);
const LOGS_ITEM = ofLogs();
const LOGS_RESOURCE = ofLogs('resource');
const LOGS_SCHEMA = ofLogs(SCHEMA);
const LOGS_SCOPES = ofLogs(SCOPES);
const ofScope = (...path: readonly string[]): number => offset(SCOPE_PATH, ...path);
const SCOPE_ITEM = ofScope();
const SCOPE_SCOPE = ofScope('scope');
const SCOPE_SCHEMA = ofScope(SCHEMA);
const SCOPE_RECORDS = ofScope(RECORDS);
const ofRecord = (...path: readonly string[]): number => offset(RECORD_PATH, ...path);
const RECORD = ofRecord();
const RECORD_TIME = ofRecord(TIME);
const RECORD_OBSERVED = ofRecord(OBSERVED);
const RECORD_NUMBER = ofRecord(NUMBER);
const RECORD_TEXT = ofRecord(TEXT);
const RECORD_NAME = ofRecord(NAME);
const RECORD_TRACE = ofRecord(TRACE);
const RECORD_SPAN = ofRecord(SPAN);
const RECORD_FLAGS = ofRecord('flags');
const RECORD_DROPPED = ofRecord(DROPPED);
const RECORD_BODY = ofRecord('body');
const RECORD_BODY_VALUE = ofRecord('body', ANY);
const RECORD_ATTRIBUTES = ofRecord('attributes');
const ATTRIBUTE_KEY = offset(ATTRIBUTE_PATH, 'key');
const ATTRIBUTE_VALUE = offset(ATTRIBUTE_PATH, 'value');
const ATTRIBUTE_ANY = offset(ATTRIBUTE_PATH, 'value', ANY);

/** Names that the attributes may have beside those of the producer, as the keys of a line. Where one of its own is the same, the line is parsed. */
const OURS: ReadonlySet<string> = new Set(
  ['resource', 'scope', 'droppedAttributesCount', ...RECORD_FIELDS].map((name) => JSON.stringify(name)),
);
/** Bits of the second characters that keys of such a length have in it: most keys are told apart without a look into it. */
const OUR_STARTS = new Uint32Array(1 + Math.max(...[...OURS].map(({ length }) => length)));
for (const key of OURS) OUR_STARTS[key.length] |= 1 << (key.charCodeAt(1) & 31);

function isOurs(key: string): boolean {
  return (
    key.length < OUR_STARTS.length &&
    ((OUR_STARTS[key.length] >> (key.charCodeAt(1) & 31)) & 1) === 1 &&
    OURS.has(key)
  );
}

const textOfRest = (rest: Record<string, unknown> | undefined): string =>
  rest === undefined ? '' : jsonText(rest, 'attributes', Infinity)!;
const RESOURCES = new RecentValues((resource) => {
  const read = resourceOf({ resource: JSON.parse(resource) as unknown });
  return { read, text: textOfRest(read.rest) };
});
const SCOPES_OF_LATE = new RecentValues((scope) => {
  const read = scopeOf({ scope: JSON.parse(scope) as unknown });
  return { read, text: textOfRest(read.rest) };
});

/** What stands around records, and the attributes for it: those of the object with the URL beside it. Undefined for what is better parsed. */
function aroundAt<T>(
  known: RecentValues<{ read: T; text: string }>,
  json: string,
  slot: number,
  url: number,
): { read: T; text: string } | undefined {
  const kind = kindAt(slot);
  if (kind !== Kind.OBJECT && kind !== Kind.ABSENT && kind !== Kind.NULL) return undefined;
  const object = known.get(kind === Kind.OBJECT ? rawAt(json, slot) : 'null');
  if (kindAt(url) === Kind.ABSENT) return object;
  if (kindAt(url) !== Kind.TEXT || startAt(url) === endAt(url) || object.text.includes('schemaUrl'))
    return undefined;
  const member = `"schemaUrl":${textOfValue(json, url)}`;
  return { read: object.read, text: `{${join(object.text.slice(1, -1), member)}}` };
}

/** Undefined for what is better parsed: keys and values that the specification has not, names that clash. */
export function readText(line: InputLine): UnifiedEvent[] | undefined {
  if (!line.forBuffer) return undefined;
  const json = project(SHAPE, line.text);
  if (json === undefined || kindAt(LOGS_SLOT) !== Kind.ARRAY || kindAt(STREAM) !== Kind.ABSENT)
    return undefined;
  const events: UnifiedEvent[] = [];
  const end = rowsEnd();
  // The row of an item stands behind those of what is in it.
  let logsFrom = SHAPE.rows;
  for (let row = logsFrom; row < end; row += SHAPE.wordsOfRow(WORDS[row])) {
    if (WORDS[row] < 0) return undefined;
    if (WORDS[row] !== RESOURCE_ROW) continue;
    if (!readLogs(json, logsFrom, row, line, events)) return undefined;
    logsFrom = row + SHAPE.wordsOfRow(RESOURCE_ROW);
  }
  return events;
}

function isList(slot: number): boolean {
  const kind = kindAt(slot);
  return kind === Kind.ARRAY || kind === Kind.ABSENT || kind === Kind.NULL;
}

/** The records of one resource, whose row is at `end`. False for what is better parsed. */
function readLogs(json: string, from: number, end: number, line: InputLine, events: UnifiedEvent[]): boolean {
  if (!isObjectAt(end + LOGS_ITEM) || !isList(end + LOGS_SCOPES)) return false;
  const resource = aroundAt(RESOURCES, json, end + LOGS_RESOURCE, end + LOGS_SCHEMA);
  if (resource === undefined) return false;
  let scopeFrom = from;
  for (let row = from; row < end; row += SHAPE.wordsOfRow(WORDS[row])) {
    if (WORDS[row] !== SCOPE_ROW) continue;
    if (!isObjectAt(row + SCOPE_ITEM) || !isList(row + SCOPE_RECORDS)) return false;
    const scope = aroundAt(SCOPES_OF_LATE, json, row + SCOPE_SCOPE, row + SCOPE_SCHEMA);
    if (scope === undefined) return false;
    let attributes: string | undefined = '';
    let id: string | undefined;
    for (let at = scopeFrom; at < row; at += SHAPE.wordsOfRow(WORDS[at])) {
      if (WORDS[at] === ATTRIBUTE_ROW) {
        if (isId(json, at)) {
          // One that stands twice, or is none, is better parsed.
          if (id !== undefined || (id = idAt(json, at)) === undefined) return false;
          continue;
        }
        attributes = withAttribute(attributes, json, at);
        if (attributes === undefined) return false;
      }
      if (WORDS[at] !== RECORD_ROW) continue;
      if (!isObjectAt(at + RECORD) || !isList(at + RECORD_ATTRIBUTES)) return false;
      const record = recordAt(json, at);
      const event = readRecord(record, resource.read, scope.read, line, id);
      const ours = textOfOurs(event, record, resource.text, scope.text);
      const all = attributes === '' ? ours : join(ours, attributes);
      event.attributes = all === '' ? undefined : keptText(`{${all}}`);
      events.push(event);
      attributes = '';
      id = undefined;
    }
    scopeFrom = row + SHAPE.wordsOfRow(SCOPE_ROW);
  }
  return true;
}

function recordAt(json: string, row: number): Record<string, unknown> {
  const hasText =
    nameAt(row + RECORD_BODY_VALUE) < FIRST_INT && kindAt(row + RECORD_BODY_VALUE) === Kind.TEXT;
  return {
    timeUnixNano: valueAt(json, row + RECORD_TIME),
    observedTimeUnixNano: valueAt(json, row + RECORD_OBSERVED),
    severityNumber: valueAt(json, row + RECORD_NUMBER),
    severityText: valueAt(json, row + RECORD_TEXT),
    eventName: valueAt(json, row + RECORD_NAME),
    traceId: valueAt(json, row + RECORD_TRACE),
    spanId: valueAt(json, row + RECORD_SPAN),
    flags: valueAt(json, row + RECORD_FLAGS),
    droppedAttributesCount: valueAt(json, row + RECORD_DROPPED),
    body: hasText
      ? { stringValue: valueAt(json, row + RECORD_BODY_VALUE) }
      : valueAt(json, row + RECORD_BODY),
  };
}

/** The attributes of a record that are not the producer's own, without the braces. */
function textOfOurs(event: UnifiedEvent, record: JsonObject, resource: string, scope: string): string {
  let text = '';
  for (const key in event.attributes) text = join(text, `"${key}":${textOfMisfit(event.attributes[key])}`);
  if (resource !== '') text = join(text, `"resource":${resource}`);
  if (scope !== '') text = join(text, `"scope":${scope}`);
  const { droppedAttributesCount: dropped, timeUnixNano: told, observedTimeUnixNano } = record;
  const observed = observedBeside(told, observedTimeUnixNano, event);
  if (observed !== undefined) text = join(text, `"observedTimeUnixNano":${textOfMisfit(observed)}`);
  return isZero(dropped) ? text : join(text, `"droppedAttributesCount":${textOfMisfit(dropped)}`);
}

/** The JSON of what found no field. */
function textOfMisfit(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0)
    ? String(value)
    : jsonText(value, 'attributes', Infinity)!;
}

function join(before: string, member: string): string {
  return before === '' ? member : `${before},${member}`;
}

function isId(json: string, row: number): boolean {
  const slot = row + ATTRIBUTE_KEY;
  return (
    endAt(slot) - startAt(slot) === RECORD_ID.length &&
    kindAt(slot) === Kind.TEXT &&
    json.startsWith(RECORD_ID, startAt(slot))
  );
}

/** Text that is not empty. */
function idAt(json: string, row: number): string | undefined {
  const slot = row + ATTRIBUTE_ANY;
  return nameAt(slot) < FIRST_INT && kindAt(slot) === Kind.TEXT ? textOf(valueAt(json, slot)) : undefined;
}

/** Undefined for what is better parsed. */
function withAttribute(before: string, json: string, row: number): string | undefined {
  if (kindAt(row + ATTRIBUTE_KEY) !== Kind.TEXT) return undefined;
  const key = textOfValue(json, row + ATTRIBUTE_KEY);
  if (isOurs(key)) return undefined;
  return join(before, `${key}:${textOfAny(json, row + ATTRIBUTE_VALUE, row + ATTRIBUTE_ANY)}`);
}

/** The JSON of what `valueOf` gives. */
function textOfAny(json: string, whole: number, slot: number): string {
  if (kindAt(slot) === Kind.ABSENT) {
    if (kindAt(whole) === Kind.ABSENT || (isObjectAt(whole) && endAt(whole) - startAt(whole) === 2))
      return 'null';
  } else {
    const name = nameAt(slot);
    // The words of an integer leave no room for where it stands; its name is told all the same.
    if (name < FIRST_INT || (name >= FIRST_SIMPLE && name < FIRST_NESTED)) return textOfValue(json, slot);
    if (name < FIRST_SIMPLE) {
      const value = integerOf(valueAt(json, slot));
      if (value !== undefined) return textOfMisfit(value);
    }
  }
  return jsonText(valueOf(valueAt(json, whole)), 'attributes', Infinity)!;
}

/** The JSON of a value as it stands in the text, or the same number. */
function textOfValue(json: string, slot: number): string {
  switch (kindAt(slot)) {
    case Kind.TEXT:
      return json.slice(startAt(slot) - 1, endAt(slot) + 1);
    case Kind.INTEGER:
      return String(valueAt(json, slot));
    default:
      return rawAt(json, slot);
  }
}
