/** OTLP logs out of lines of which only resources, scopes and nested values are parsed. */
import { jsonText } from '../../event/json-text';
import { keptText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine } from '../format';
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
import { objectOf } from '../values';
import { readRecord, resourceOf, scopeOf } from './otlp-record';
import { integerOf, valueOf } from './otlp-values';

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
  [LOGS]: {
    '[]': {
      resource: WHOLE,
      [SCOPES]: {
        '[]': {
          scope: WHOLE,
          [RECORDS]: {
            '[]': {
              ...{ [TIME]: WHOLE, [OBSERVED]: WHOLE, [NUMBER]: WHOLE, [TEXT]: WHOLE, [NAME]: WHOLE },
              ...{ [TRACE]: WHOLE, [SPAN]: WHOLE, flags: WHOLE, [DROPPED]: WHOLE },
              body: { [ANY]: WHOLE },
              attributes: { '[]': { key: WHOLE, value: { [ANY]: WHOLE } } },
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
const RESOURCE = offset(RESOURCE_PATH, 'resource');
const SCOPE = offset(SCOPE_PATH, 'scope');
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
const ATTRIBUTE_KEY = offset(ATTRIBUTE_PATH, 'key');
const ATTRIBUTE_VALUE = offset(ATTRIBUTE_PATH, 'value', ANY);

const textOfRest = (rest: Record<string, unknown> | undefined): string =>
  rest === undefined ? '' : jsonText(rest, 'attributes', Infinity)!;
const RESOURCES = new RecentValues((value) => {
  const resource = resourceOf(objectOf(value));
  return { resource, text: textOfRest(resource.rest) };
});
const SCOPES_OF_LATE = new RecentValues((value) => {
  const scope = scopeOf(objectOf(value));
  return { scope, text: textOfRest(scope.rest) };
});

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
    if (WORDS[row] !== RESOURCE_ROW) continue;
    readLogs(json, logsFrom, row, line, events);
    logsFrom = row + SHAPE.wordsOfRow(RESOURCE_ROW);
  }
  return events;
}

/** The records of one resource, whose row is at `end`. */
function readLogs(json: string, from: number, end: number, line: InputLine, events: UnifiedEvent[]): void {
  const { resource, text } = RESOURCES.get(objectText(json, end + RESOURCE));
  let scopeFrom = from;
  for (let row = from; row < end; row += SHAPE.wordsOfRow(WORDS[row])) {
    if (WORDS[row] !== SCOPE_ROW) continue;
    const known = SCOPES_OF_LATE.get(objectText(json, row + SCOPE));
    let attributes = '';
    for (let at = scopeFrom; at < row; at += SHAPE.wordsOfRow(WORDS[at])) {
      if (WORDS[at] === ATTRIBUTE_ROW) attributes = withAttribute(attributes, json, at);
      if (WORDS[at] !== RECORD_ROW) continue;
      if (isObjectAt(at + RECORD)) {
        const event = readRecord(recordAt(json, at), resource, known.scope, line);
        const rest = textOfRest(event.attributes);
        const dropped = valueAt(json, at + RECORD_DROPPED);
        event.attributes = attributesOf(rest, text, known.text, attributes, dropped);
        events.push(event);
      }
      attributes = '';
    }
    scopeFrom = row + SHAPE.wordsOfRow(SCOPE_ROW);
  }
}

/** Of what is no object nothing is read. */
function objectText(json: string, slot: number): string {
  return isObjectAt(slot) ? rawAt(json, slot) : 'null';
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
    body: hasText
      ? { stringValue: valueAt(json, row + RECORD_BODY_VALUE) }
      : valueAt(json, row + RECORD_BODY),
  };
}

/** In the order of `attributesOfRecord`, as of keys that stand twice the last one counts. */
function attributesOf(
  rest: string,
  resource: string,
  scope: string,
  attributes: string,
  dropped: unknown,
): Record<string, unknown> | undefined {
  let text = rest.slice(1, -1);
  if (resource !== '') text = join(text, `"resource":${resource}`);
  if (scope !== '') text = join(text, `"scope":${scope}`);
  if (attributes !== '') text = join(text, attributes);
  if (typeof dropped === 'number' && dropped > 0) text = join(text, `"droppedAttributesCount":${dropped}`);
  return text === '' ? undefined : keptText(`{${text}}`);
}

function join(before: string, member: string): string {
  return before === '' ? member : `${before},${member}`;
}

function withAttribute(before: string, json: string, row: number): string {
  const kind = kindAt(row + ATTRIBUTE_KEY);
  if (kind !== Kind.TEXT && kind !== Kind.ESCAPED_TEXT) return before;
  const key = textOfValue(json, row + ATTRIBUTE_KEY);
  return join(before, `${key}:${textOfAny(json, row + ATTRIBUTE_VALUE)}`);
}

/** The JSON of what `valueOf` gives. */
function textOfAny(json: string, slot: number): string {
  if (kindAt(slot) === Kind.ABSENT) return 'null';
  const name = nameAt(slot);
  // The words of an integer leave no room for where it stands; its name is told all the same.
  if (name < FIRST_INT || (name >= FIRST_SIMPLE && name < FIRST_NESTED)) return textOfValue(json, slot);
  const value = valueAt(json, slot);
  if (name < FIRST_SIMPLE) return jsonText(integerOf(value), 'attributes', Infinity)!;
  const any = { [name < FIRST_KVLIST ? 'arrayValue' : 'kvlistValue']: value };
  return jsonText(valueOf(any), 'attributes', Infinity)!;
}

const FIRST_KVLIST = FIRST_NESTED + 2;

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
