/** Tetragon's JSON export, and `tetra getevents -o json`. */
import { keepJsonText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import { exactJson, isTooDeep, parseJson } from '../exact-json';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { containerEntity, entityOf, kernelOf, newEvent } from '../new-event';
import { timeOfText } from '../time';
import { i32Of, idOf, objectOf, setKey, textMapOf, textOf, textsOf, u32Of } from '../values';
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
  out.push(readEvent(kind, body as Attributes, around, line));
  return undefined;
}

const BEGIN = /^\{"(process_[a-z]+)": ?(?=\{)/;
const AROUND = /^\}, ?(?="node_name":)/;

/**
 * Parses the event and what is around it each for itself, so that the texts of both are known to be objects, and are the attributes' text. What
 * does not look like that is left to `read`.
 */
function readText(line: InputLine, out: UnifiedEvent[]): boolean {
  if (!line.forBuffer) return false;
  const json = exactJson(line.text);
  const begin = BEGIN.exec(json);
  const end = json.lastIndexOf('"node_name":');
  const close = json.lastIndexOf('}', end);
  if (begin === null || close < 0 || !AROUND.test(json.slice(close, end + 12))) return false;
  const bodyText = json.slice(begin[0].length, close);
  const aroundText = json.slice(end);
  const body = objectOf(parseJson(`${bodyText}}`));
  const around = objectOf(parseJson(`{${aroundText}`));
  if (body?.process === undefined || around === undefined || !KINDS.has(begin[1]) || isTooDeep(json, body))
    return false;
  const event = readEvent(begin[1], body, around, line);
  keepJsonText(event.attributes!, `${bodyText},${aroundText}`);
  out.push(event);
  return true;
}

type Attributes = Record<string, unknown>;

/** The attributes are `body` with what is `around` it, as they came. */
function readEvent(kind: string, body: Attributes, around: JsonObject, line: InputLine): UnifiedEvent {
  const time = timeOfText(around.time) ?? timeOfText(body.time) ?? line.arrival();
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
  if (kind === 'rate_limit_info') event.severity = 'warning';
  const clusterName = textOf(around.cluster_name);
  if (clusterName !== undefined) event.kubernetes = { clusterName };
  for (const key in around) setKey(body, key, around[key]);
  event.attributes = body;
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
