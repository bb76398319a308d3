/** Log records out of lines that are not parsed as a whole: see log-record.ts. */
import type { UnifiedEvent } from '../event/unified-event';
import type { InputLine, JsonObject } from './format';
import { readLog } from './log-record';
import { endAt, Kind, kindAt, mayHaveFrom, project, restText, startAt, valueAt } from './projection';
import { Shape, TEXT, WHOLE } from './shape';

const SHAPE = new Shape({
  ...{ level: WHOLE, time: WHOLE, pid: WHOLE, hostname: WHOLE, name: WHOLE, msg: TEXT, v: WHOLE },
  ...{ reqId: WHOLE, err: { type: WHOLE, stack: TEXT, '*': WHOLE } },
  // From `message` on, those which most lines have none of: see mayHaveFrom.
  ...{ message: TEXT, error: WHOLE, req: WHOLE, res: WHOLE, responseTime: WHOLE, requestId: WHOLE },
  ...{ req_id: WHOLE, trace_id: WHOLE, span_id: WHOLE, trace_flags: WHOLE },
  ...{ timestamp: WHOLE, ts: WHOLE, '@timestamp': WHOLE },
  // Of other formats, and of docker's wrapper.
  'apiVersion|specversion|stream': WHOLE,
  '*': WHOLE,
});
const LEVEL = SHAPE.slot('level');
const TIME = SHAPE.slot('time');
const PID = SHAPE.slot('pid');
const HOSTNAME = SHAPE.slot('hostname');
const NAME = SHAPE.slot('name');
const MSG = SHAPE.slot('msg');
const MESSAGE = SHAPE.slot('message');
const V = SHAPE.slot('v');
const ERR = SHAPE.slot('err');
const ERR_NODE = SHAPE.nodeOf(['err']);
const ERR_TYPE = SHAPE.slot('err', 'type');
const ERR_STACK = SHAPE.slot('err', 'stack');
const ERROR = SHAPE.slot('error');
const REQ = SHAPE.slot('req');
const RES = SHAPE.slot('res');
const RESPONSE_TIME = SHAPE.slot('responseTime');
const REQ_ID = SHAPE.slot('reqId');
const REQUEST_ID = SHAPE.slot('requestId');
const REQ_ID_TOO = SHAPE.slot('req_id');
const TRACE_ID = SHAPE.slot('trace_id');
const SPAN_ID = SHAPE.slot('span_id');
const TRACE_FLAGS = SHAPE.slot('trace_flags');
const TIMESTAMP = SHAPE.slot('timestamp');
const TS = SHAPE.slot('ts');
const AT_TIMESTAMP = SHAPE.slot('@timestamp');
const OTHERS = SHAPE.slot('apiVersion|specversion|stream');
const ROOT = SHAPE.nodeOf([]);

/** recognise: whether the record is of the format that reads it. */
export function readLogText(
  line: InputLine,
  source: string,
  recognise: (value: JsonObject) => unknown,
): UnifiedEvent[] | undefined {
  if (!line.forBuffer) return undefined;
  const json = project(SHAPE, line.text);
  const more = mayHaveFrom(MESSAGE);
  if (json === undefined || (more && kindAt(OTHERS) !== Kind.ABSENT)) return undefined;
  const rest = restText(json, SHAPE, ROOT);
  if (rest === undefined) return undefined;
  const restOfError = isUsualError() ? restText(json, SHAPE, ERR_NODE) : undefined;
  const err =
    restOfError === undefined
      ? valueAt(json, ERR)
      : { type: valueAt(json, ERR_TYPE), stack: valueAt(json, ERR_STACK) };
  const value = more ? allOf(json, err) : commonOf(json, err);
  // The level may then be another one's value.
  if (value.level === null || recognise(value) === undefined) return undefined;
  return [readLog(value, source, line, rest, restOfError)];
}

/** Whether type and stack are in the fields that they have. */
function isUsualError(): boolean {
  return (
    kindAt(ERR_TYPE) === Kind.TEXT &&
    startAt(ERR_TYPE) < endAt(ERR_TYPE) &&
    (kindAt(ERR_STACK) === Kind.TEXT || kindAt(ERR_STACK) === Kind.UNESCAPED_TEXT) &&
    startAt(ERR_STACK) < endAt(ERR_STACK)
  );
}

/** What most lines have no more than. */
function commonOf(json: string, err: unknown): JsonObject {
  return {
    level: valueAt(json, LEVEL),
    time: valueAt(json, TIME),
    pid: valueAt(json, PID),
    hostname: valueAt(json, HOSTNAME),
    name: valueAt(json, NAME),
    msg: valueAt(json, MSG),
    v: valueAt(json, V),
    err,
    reqId: valueAt(json, REQ_ID),
  };
}

/** Written out, as to spread an object into another is slow. */
function allOf(json: string, err: unknown): JsonObject {
  return {
    level: valueAt(json, LEVEL),
    time: valueAt(json, TIME),
    pid: valueAt(json, PID),
    hostname: valueAt(json, HOSTNAME),
    name: valueAt(json, NAME),
    msg: valueAt(json, MSG),
    v: valueAt(json, V),
    err,
    reqId: valueAt(json, REQ_ID),
    message: valueAt(json, MESSAGE),
    error: valueAt(json, ERROR),
    req: valueAt(json, REQ),
    res: valueAt(json, RES),
    responseTime: valueAt(json, RESPONSE_TIME),
    requestId: valueAt(json, REQUEST_ID),
    req_id: valueAt(json, REQ_ID_TOO),
    trace_id: valueAt(json, TRACE_ID),
    span_id: valueAt(json, SPAN_ID),
    trace_flags: valueAt(json, TRACE_FLAGS),
    timestamp: valueAt(json, TIMESTAMP),
    ts: valueAt(json, TS),
    '@timestamp': valueAt(json, AT_TIMESTAMP),
  };
}
