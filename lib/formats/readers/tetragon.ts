/** Tetragon's JSON export, and `tetra getevents -o json`. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { containerEntity, entityOf, kernelOf, newEvent } from '../new-event';
import { timeOfText } from '../time';
import { i32Of, idOf, objectOf, restOf, textMapOf, textOf, textsOf, u32Of } from '../values';
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

const MAPPED_OF_BODY = new Set([
  ...['process', 'parent', 'args', 'function_name', 'message', 'tags', 'return', 'status', 'time'],
]);
const MAPPED_OF_PROCESS = new Set(['pid', 'tid', 'uid', 'pod']);
const MAPPED_OF_POD = new Set(['namespace', 'name', 'uid', 'pod_labels']);
const MAPPED: ReadonlySet<string> = new Set([...KINDS, 'time', 'cluster_name']);

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
  const body = value[kind] as JsonObject;
  const event = newEvent(kind, 'tetragon', timeOfText(value.time) ?? timeOfText(body.time) ?? line.arrival());
  const attributes = restOf(body, MAPPED_OF_BODY) ?? {};
  const parent = objectOf(body.parent);
  // An unknown parent is absent, or empty.
  if (parent !== undefined && Object.keys(parent).length > 0) attributes.parent = parent;
  const process = objectOf(body.process);
  if (process !== undefined) readProcess(event, process, attributes);
  event.entity ??= entityOf('host', textOf(value.node_name));
  event.message = textOf(body.message);
  event.tags = textsOf(body.tags);
  readCall(event, body);
  // protojson leaves out a zero.
  if (kind === 'process_exit' && event.kernel !== undefined)
    event.kernel.returnCode = i32Of(body.status ?? 0);
  if (kind === 'rate_limit_info') event.severity = 'warning';
  const clusterName = textOf(value.cluster_name);
  if (clusterName !== undefined) event.kubernetes = { clusterName };
  event.attributes = restOf(value, MAPPED, attributes);
  out.push(event);
  return undefined;
}

function readProcess(event: UnifiedEvent, process: JsonObject, attributes: Record<string, unknown>): void {
  const comm = baseName(process.binary);
  event.kernel = kernelOf(u32Of(process.pid), u32Of(process.tid), idOf(process.uid), comm);
  event.kernel.gid = idOf(objectOf(process.process_credentials)?.gid);
  const rest = restOf(process, MAPPED_OF_PROCESS);
  const pod = objectOf(process.pod);
  if (pod !== undefined) {
    const { name, namespace, uid, pod_labels: labels } = pod;
    event.entity = entityOf('pod', textOf(name), textOf(namespace), textOf(uid), textMapOf(labels));
    const podRest = restOf(pod, MAPPED_OF_POD);
    if (podRest !== undefined) attributes.pod = podRest;
  }
  event.entity ??= containerEntity(textOf(process.docker));
  if (rest !== undefined) attributes.process = rest;
}

/** Tetragon has no comm: the last part of the path of the binary, of Windows too. */
function baseName(path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined;
  const from = Math.max(path.lastIndexOf('/'), /^[A-Za-z]:\\/.test(path) ? path.lastIndexOf('\\') : -1);
  return textOf(path.slice(from + 1));
}
