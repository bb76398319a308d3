/** Tetragon's JSON export, and `tetra getevents -o json`. */
import { keptText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { containerEntity, entityOf, kernelOf, kernelUnlessEmpty, newEvent } from '../new-event';
import {
  endAt,
  isObjectAt,
  Kind,
  kindAt,
  nameAt,
  project,
  rawAt,
  rowsEnd,
  startAt,
  timeAt,
  valueAt,
} from '../projection';
import { RecentValues } from '../recent-values';
import { Shape, WHOLE } from '../shape';
import { timeOfText } from '../time';
import { i32Of, idOf, mergeUnder, objectOf, textMapOf, textOf, textsOf, u32Of } from '../values';
import { readCall } from './tetragon-call';
import { snakeCase } from './tetragon-case';

export const tetragonFormat: JsonFormat = {
  kind: 'json',
  name: 'tetragon',
  recognise: (value) => {
    const kind = kindOf(value);
    return kind === undefined ? undefined : `the key ${kind}`;
  },
  read,
  readText,
};

const KINDS: ReadonlySet<string> = new Set([
  ...[
    'process_exec',
    'process_exit',
    'process_kprobe',
    'process_tracepoint',
    'process_loader',
    'process_uprobe',
  ],
  ...[
    'process_throttle',
    'process_lsm',
    'process_usdt',
    'process_connect',
    'process_close',
    'process_listen',
  ],
  'rate_limit_info',
  // What a client of the gRPC API writes with protojson as it comes.
  ...['processExec', 'processExit', 'processKprobe', 'processTracepoint', 'processLoader', 'processUprobe'],
  ...['processThrottle', 'processLsm', 'processUsdt', 'processConnect', 'processClose', 'processListen'],
  'rateLimitInfo',
]);

function kindOf(value: JsonObject): string | undefined {
  for (const key in value) {
    if (KINDS.has(key) && objectOf(value[key]) !== undefined) return key;
  }
  return undefined;
}

function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  const kind = kindOf(value);
  if (kind === undefined) return 'none of the keys that name an event';
  if (!kind.includes('_')) return read(snakeCase(value), line, out);
  const { [kind]: body, ...around } = value;
  const time = timeOfText(around.time) ?? timeOfText((body as JsonObject).time) ?? line.arrival();
  const event = readEvent(kind, body as JsonObject, around, time);
  event.attributes = mergeUnder(around, kind, body as JsonObject);
  out.push(event);
  return undefined;
}

const SNAKE_CASE = [...KINDS].filter((kind) => kind.includes('_'));

/** What stands around events: not in them, unless somebody else's. */
const AROUND = 'node_name|cluster_name|node_labels|aggregation_info';

const SHAPE = new Shape({
  [SNAKE_CASE.join('|')]: {
    process: {
      ...{ pid: WHOLE, tid: WHOLE, uid: WHOLE, binary: WHOLE, docker: WHOLE },
      process_credentials: { gid: WHOLE },
      pod: { namespace: WHOLE, name: WHOLE, uid: WHOLE, pod_labels: WHOLE },
    },
    ...{ message: WHOLE, tags: WHOLE, args: WHOLE, return: WHOLE, function_name: WHOLE, event: WHOLE },
    ...{ symbol: WHOLE, subsys: WHOLE, status: WHOLE, time: WHOLE },
    [AROUND]: WHOLE,
  },
  ...{ node_name: WHOLE, time: WHOLE, cluster_name: WHOLE, node_labels: WHOLE, aggregation_info: WHOLE },
  stream: WHOLE,
  '*': WHOLE,
});
const BODY_KEY = SNAKE_CASE.join('|');
const BODY = SHAPE.slot(BODY_KEY);
const inBody = (...path: string[]): number => SHAPE.slot(BODY_KEY, ...path);
const PROCESS = inBody('process');
const PID = inBody('process', 'pid');
const TID = inBody('process', 'tid');
const UID = inBody('process', 'uid');
const BINARY = inBody('process', 'binary');
const DOCKER = inBody('process', 'docker');
const CREDENTIALS = inBody('process', 'process_credentials');
const GID = inBody('process', 'process_credentials', 'gid');
const POD = inBody('process', 'pod');
const POD_NAMESPACE = inBody('process', 'pod', 'namespace');
const POD_NAME = inBody('process', 'pod', 'name');
const POD_UID = inBody('process', 'pod', 'uid');
const POD_LABELS = inBody('process', 'pod', 'pod_labels');
const MESSAGE = inBody('message');
const TAGS = inBody('tags');
const ARGS = inBody('args');
const RETURN = inBody('return');
const FUNCTION_NAME = inBody('function_name');
const EVENT = inBody('event');
const SYMBOL = inBody('symbol');
const SUBSYS = inBody('subsys');
const STATUS = inBody('status');
const BODY_TIME = inBody('time');
const CLASHES = inBody(AROUND);
const NODE_NAME = SHAPE.slot('node_name');
const TIME = SHAPE.slot('time');
const CLUSTER_NAME = SHAPE.slot('cluster_name');
const STREAM = SHAPE.slot('stream');

const RECENT_LABELS = new RecentValues((labels) => JSON.parse(labels) as unknown);

/** Without parsing the line. What does not begin with the event, as Tetragon writes it, is left to `read`. */
function readText(line: InputLine): UnifiedEvent[] | undefined {
  if (!line.forBuffer) return undefined;
  const json = project(SHAPE, line.text);
  if (json === undefined || !isObjectAt(BODY) || kindAt(STREAM) !== Kind.ABSENT) return undefined;
  // Another key around the event may be one in it, too.
  if (rowsEnd() !== SHAPE.rows || kindAt(CLASHES) !== Kind.ABSENT || kindAt(BODY_TIME) > Kind.TEXT)
    return undefined;
  const kind = SNAKE_CASE[nameAt(BODY)];
  const start = startAt(BODY);
  const end = endAt(BODY) - 1;
  const behindKey = kind.length + '{"":'.length;
  const isFirst = start === behindKey || (start === behindKey + 1 && json.charCodeAt(behindKey) === SPACE);
  if (!isFirst || json.charCodeAt(0) !== OPEN || !isObjectAt(PROCESS)) return undefined;
  const body = {
    process: {
      pid: valueAt(json, PID),
      tid: valueAt(json, TID),
      uid: valueAt(json, UID),
      binary: valueAt(json, BINARY),
      docker: valueAt(json, DOCKER),
      process_credentials: isObjectAt(CREDENTIALS) ? { gid: valueAt(json, GID) } : undefined,
      pod: isObjectAt(POD)
        ? {
            namespace: valueAt(json, POD_NAMESPACE),
            name: valueAt(json, POD_NAME),
            uid: valueAt(json, POD_UID),
            pod_labels: isObjectAt(POD_LABELS) ? RECENT_LABELS.get(rawAt(json, POD_LABELS)) : undefined,
          }
        : undefined,
    },
    message: valueAt(json, MESSAGE),
    tags: valueAt(json, TAGS),
    args: valueAt(json, ARGS),
    return: valueAt(json, RETURN),
    function_name: valueAt(json, FUNCTION_NAME),
    event: valueAt(json, EVENT),
    symbol: valueAt(json, SYMBOL),
    subsys: valueAt(json, SUBSYS),
    status: valueAt(json, STATUS),
  };
  const around = {
    node_name: valueAt(json, NODE_NAME),
    cluster_name: valueAt(json, CLUSTER_NAME),
  };
  const time = timeAt(json, TIME) ?? timeAt(json, BODY_TIME) ?? line.arrival();
  const event = readEvent(kind, body, around, time);
  const text = json.slice(start, end) + json.slice(end + 1);
  event.attributes = keptText(hasInnerTime(json) ? withInnerTime(text, kind, json) : text);
  return [event];
}

/** Whether there are two times, and of those, two texts. */
function hasInnerTime(json: string): boolean {
  return (
    kindAt(BODY_TIME) === Kind.TEXT &&
    kindAt(TIME) !== Kind.ABSENT &&
    (kindAt(TIME) !== Kind.TEXT || rawAt(json, TIME) !== rawAt(json, BODY_TIME))
  );
}

function withInnerTime(text: string, kind: string, json: string): string {
  return `${text.slice(0, text.lastIndexOf('}'))},"${kind}.time":"${rawAt(json, BODY_TIME)}"}`;
}

const OPEN = 0x7b;
const SPACE = 0x20;

/** All but the attributes, which are `body` with what is `around` it, as they came. */
function readEvent(kind: string, body: JsonObject, around: JsonObject, time: bigint): UnifiedEvent {
  const event = newEvent(kind, 'tetragon', time);
  const process = objectOf(body.process);
  if (process !== undefined) readProcess(event, process);
  event.entity ??= entityOf('host', textOf(around.node_name));
  event.message = textOf(body.message);
  event.tags = textsOf(body.tags);
  readCall(event, body);
  // protojson leaves out a zero.
  if (kind === 'process_exit' && event.kernel !== undefined)
    event.kernel.returnCode = i32Of(body.status ?? 0);
  if (event.kernel !== undefined) event.kernel = kernelUnlessEmpty(event.kernel);
  if (kind === 'rate_limit_info') event.severity = 'warning';
  const clusterName = textOf(around.cluster_name);
  if (clusterName !== undefined) event.kubernetes = { clusterName };
  return event;
}

function readProcess(event: UnifiedEvent, process: JsonObject): void {
  const comm = baseName(process.binary);
  event.kernel = kernelOf(u32Of(process.pid), u32Of(process.tid), idOf(process.uid), comm);
  event.kernel.gid = idOf(objectOf(process.process_credentials)?.gid);
  const pod = objectOf(process.pod);
  if (pod !== undefined) {
    const { name, namespace, uid, pod_labels: labels } = pod;
    event.entity = entityOf('pod', textOf(name), textOf(namespace), textOf(uid), textMapOf(labels));
  }
  event.entity ??= containerEntity(textOf(process.docker));
}

/** Tetragon has no comm: the last part of the path of the binary, of Windows too. */
function baseName(path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined;
  const from = Math.max(path.lastIndexOf('/'), /^[A-Za-z]:\\/.test(path) ? path.lastIndexOf('\\') : -1);
  return textOf(path.slice(from + 1));
}
