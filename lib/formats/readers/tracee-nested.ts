/** Tracee's events as its main branch writes them since December 2025: nested, snake_case, not in a release yet. */
import { keptText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import { containerEntity, entityOf, kernelOf, kernelUnlessEmpty, newEvent } from '../new-event';
import { hasRest, isObjectAt, Kind, kindAt, project, rawAt, restText, valueAt } from '../projection';
import { severityOfTracee } from '../severity';
import { Shape, WHOLE } from '../shape';
import { timeOfAny } from '../time';
import {
  arrayOf,
  idOf,
  objectOf,
  restOf,
  textMapOf,
  textOf,
  u32Of,
  unlessEmpty,
  withMisfits,
} from '../values';
import { readAddress, readArguments, setReturn } from './tracee-arguments';

export function isNested(value: JsonObject): boolean {
  return (
    typeof value.name === 'string' &&
    (objectOf(value.workload) !== undefined || objectOf(value.threat) !== undefined) &&
    (value.policies !== undefined || value.id !== undefined)
  );
}

/** The entry of the data that is no argument. */
const RESULT = 'returnValue';

const MAPPED = new Set(['timestamp', 'name', 'workload', 'data']);
const MAPPED_OF_WORKLOAD = new Set(['process', 'container', 'k8s']);
const MAPPED_OF_PROCESS = new Set(['host_pid', 'thread']);
const MAPPED_OF_THREAD = new Set(['host_tid', 'name', 'syscall']);

const SHAPE = new Shape({
  ...{ timestamp: WHOLE, name: WHOLE, data: WHOLE, eventName: WHOLE },
  workload: {
    process: {
      host_pid: WHOLE,
      real_user: { id: WHOLE },
      thread: { host_tid: WHOLE, name: WHOLE, syscall: WHOLE, '*': WHOLE },
      '*': WHOLE,
    },
    container: { id: WHOLE, name: WHOLE },
    k8s: { pod: { name: WHOLE, uid: WHOLE, labels: WHOLE }, namespace: { name: WHOLE } },
    '*': WHOLE,
  },
  threat: { severity: WHOLE, name: WHOLE },
  stream: WHOLE,
  '*': WHOLE,
});
const TIMESTAMP = SHAPE.slot('timestamp');
const NAME = SHAPE.slot('name');
/** Of the flat format. */
const EVENT_NAME = SHAPE.slot('eventName');
const DATA = SHAPE.slot('data');
const WORKLOAD = SHAPE.slot('workload');
const WORKLOAD_NODE = SHAPE.nodeOf(['workload']);
const PROCESS = SHAPE.slot('workload', 'process');
const PROCESS_NODE = SHAPE.nodeOf(['workload', 'process']);
const PID = SHAPE.slot('workload', 'process', 'host_pid');
const USER = SHAPE.slot('workload', 'process', 'real_user');
const UID = SHAPE.slot('workload', 'process', 'real_user', 'id');
const THREAD = SHAPE.slot('workload', 'process', 'thread');
const THREAD_NODE = SHAPE.nodeOf(['workload', 'process', 'thread']);
const TID = SHAPE.slot('workload', 'process', 'thread', 'host_tid');
const COMM = SHAPE.slot('workload', 'process', 'thread', 'name');
const SYSCALL = SHAPE.slot('workload', 'process', 'thread', 'syscall');
const CONTAINER = SHAPE.slot('workload', 'container');
const CONTAINER_ID = SHAPE.slot('workload', 'container', 'id');
const CONTAINER_NAME = SHAPE.slot('workload', 'container', 'name');
const K8S = SHAPE.slot('workload', 'k8s');
const POD = SHAPE.slot('workload', 'k8s', 'pod');
const POD_NAME = SHAPE.slot('workload', 'k8s', 'pod', 'name');
const POD_UID = SHAPE.slot('workload', 'k8s', 'pod', 'uid');
const POD_LABELS = SHAPE.slot('workload', 'k8s', 'pod', 'labels');
const NAMESPACE = SHAPE.slot('workload', 'k8s', 'namespace');
const NAMESPACE_NAME = SHAPE.slot('workload', 'k8s', 'namespace', 'name');
const THREAT = SHAPE.slot('threat');
const THREAT_SEVERITY = SHAPE.slot('threat', 'severity');
const THREAT_NAME = SHAPE.slot('threat', 'name');
const STREAM = SHAPE.slot('stream');
const ROOT_NODE = SHAPE.nodeOf([]);
const OBJECTS = [WORKLOAD, PROCESS, THREAD, CONTAINER, K8S];

/** Without parsing the line, but for its data. */
export function readNestedText(line: InputLine): UnifiedEvent[] | undefined {
  const json = project(SHAPE, line.text);
  if (json === undefined || kindAt(STREAM) !== Kind.ABSENT || kindAt(EVENT_NAME) !== Kind.ABSENT)
    return undefined;
  const attributes = attributesText(json);
  if (attributes === undefined) return undefined;
  const value = {
    timestamp: valueAt(json, TIMESTAMP),
    name: valueAt(json, NAME),
    data: valueAt(json, DATA),
    workload: isObjectAt(WORKLOAD)
      ? {
          process: isObjectAt(PROCESS)
            ? {
                host_pid: valueAt(json, PID),
                real_user: isObjectAt(USER) ? { id: valueAt(json, UID) } : undefined,
                thread: isObjectAt(THREAD)
                  ? {
                      host_tid: valueAt(json, TID),
                      name: valueAt(json, COMM),
                      syscall: valueAt(json, SYSCALL),
                    }
                  : undefined,
              }
            : undefined,
          container: isObjectAt(CONTAINER)
            ? { id: valueAt(json, CONTAINER_ID), name: valueAt(json, CONTAINER_NAME) }
            : undefined,
          k8s: isObjectAt(K8S)
            ? {
                pod: isObjectAt(POD)
                  ? {
                      name: valueAt(json, POD_NAME),
                      uid: valueAt(json, POD_UID),
                      labels: valueAt(json, POD_LABELS),
                    }
                  : undefined,
                namespace: isObjectAt(NAMESPACE) ? { name: valueAt(json, NAMESPACE_NAME) } : undefined,
              }
            : undefined,
        }
      : undefined,
    threat: isObjectAt(THREAT)
      ? { severity: valueAt(json, THREAT_SEVERITY), name: valueAt(json, THREAT_NAME) }
      : undefined,
    id: hasRest(json, SHAPE, ROOT_NODE, 'id') || hasRest(json, SHAPE, ROOT_NODE, 'policies') || undefined,
  };
  if (!isNested(value)) return undefined;
  const time = timeOfAny(value.timestamp);
  const event = readEvent(value, time, line);
  const { pid, tid, comm, syscall } = event.kernel ?? NO_KERNEL;
  const fits =
    (time !== undefined || kindAt(TIMESTAMP) === Kind.ABSENT) &&
    (pid !== undefined || kindAt(PID) === Kind.ABSENT) &&
    (tid !== undefined || kindAt(TID) === Kind.ABSENT) &&
    (comm !== undefined || kindAt(COMM) === Kind.ABSENT) &&
    (syscall !== undefined || kindAt(SYSCALL) === Kind.ABSENT) &&
    (kindAt(DATA) === Kind.ABSENT || isTold(value.data, event.kernel));
  if (!fits) return undefined;
  event.attributes = attributes === '{}' ? undefined : keptText(attributes);
  return [event];
}

/** The text of what `attributesOf` gives where all values fit their fields; undefined where something in it is null or no object. */
function attributesText(json: string): string | undefined {
  const rest = restText(json, SHAPE, ROOT_NODE);
  const ofProcess = restText(json, SHAPE, PROCESS_NODE);
  const ofThread = restText(json, SHAPE, THREAD_NODE);
  if (rest === undefined || ofProcess === undefined || ofThread === undefined) return undefined;
  if (restText(json, SHAPE, WORKLOAD_NODE) !== '') return undefined;
  for (const slot of OBJECTS) if (kindAt(slot) !== Kind.ABSENT && !isObjectAt(slot)) return undefined;
  const parts: string[] = [];
  if (rest !== '') parts.push(rest);
  if (kindAt(THREAT) !== Kind.ABSENT) {
    if (!isObjectAt(THREAT)) return undefined;
    parts.push(`"threat":${rawAt(json, THREAT)}`);
  }
  if (isObjectAt(PROCESS)) {
    // The user's id has a field, and stays.
    if (kindAt(USER) !== Kind.ABSENT && !isObjectAt(USER)) return undefined;
    const user = isObjectAt(USER) ? `"real_user":${rawAt(json, USER)}` : '';
    const thread = ofThread === '' ? '' : `"thread":{${ofThread}}`;
    const process = [ofProcess, user, thread].filter((part) => part !== '').join(',');
    parts.push(`"process":{${process}}`);
  }
  if (isObjectAt(CONTAINER)) parts.push(`"container":${rawAt(json, CONTAINER)}`);
  if (isObjectAt(K8S)) parts.push(`"k8s":${rawAt(json, K8S)}`);
  return `{${parts.join(',')}}`;
}

export function readNested(value: JsonObject, line: InputLine): UnifiedEvent {
  const time = timeOfAny(value.timestamp);
  const event = readEvent(value, time, line);
  event.attributes = attributesOf(value, time, event.kernel);
  return event;
}

function readEvent(value: JsonObject, time: bigint | undefined, line: InputLine): UnifiedEvent {
  const event = newEvent(value.name as string, 'tracee', time ?? line.arrival());
  const workload = objectOf(value.workload);
  const process = objectOf(workload?.process);
  const thread = objectOf(process?.thread);
  const kernel = kernelOf(
    u32Of(process?.host_pid),
    u32Of(thread?.host_tid),
    idOf(objectOf(process?.real_user)?.id),
    textOf(thread?.name),
  );
  kernel.syscall = textOf(thread?.syscall);
  const data = arrayOf(value.data);
  const args = data?.filter((item) => objectOf(item)?.name !== RESULT);
  kernel.args = readArguments(args, valueOfData);
  const result = data?.map(objectOf).find((item) => item?.name === RESULT);
  if (result !== undefined) setReturn(kernel, valueOfData(result));
  event.kernel = kernel;
  readAddress(event, data, valueOfData);
  event.kernel = kernelUnlessEmpty(kernel);
  const container = objectOf(workload?.container);
  const k8s = objectOf(workload?.k8s);
  event.entity = podOf(k8s) ?? containerEntity(textOf(container?.id), textOf(container?.name));
  const threat = objectOf(value.threat);
  if (threat !== undefined) {
    // protojson leaves out a zero: info.
    event.severity = severityOfTracee(threat.severity ?? 0);
    event.message = textOf(threat.name);
  }
  return event;
}

/** All that has no field. */
function attributesOf(
  value: JsonObject,
  time: bigint | undefined,
  kernel: UnifiedEvent['kernel'],
): Record<string, unknown> | undefined {
  const { pid, tid, comm, syscall } = kernel ?? NO_KERNEL;
  const workload = objectOf(value.workload);
  const data = isTold(value.data, kernel) || undefined;
  const attributes = withMisfits(restOf(value, MAPPED), value, { timestamp: time, data, workload }) ?? {};
  if (workload === undefined) return unlessEmpty(attributes);
  const rest = restOf(workload, MAPPED_OF_WORKLOAD);
  if (rest !== undefined) attributes.workload = rest;
  const { process: item, container, k8s } = workload;
  const process = objectOf(item);
  if (process === undefined) withMisfits(attributes, workload, { process });
  else {
    const thread = objectOf(process.thread);
    const taken = { host_pid: pid, thread };
    const restOfProcess = withMisfits(restOf(process, MAPPED_OF_PROCESS), process, taken) ?? {};
    const threadTaken = { host_tid: tid, name: comm, syscall };
    const restOfThread = thread && withMisfits(restOf(thread, MAPPED_OF_THREAD), thread, threadTaken);
    if (restOfThread !== undefined) restOfProcess.thread = restOfThread;
    attributes.process = restOfProcess;
  }
  // Those have fields, and stay.
  if (container !== undefined && container !== null) attributes.container = container;
  if (k8s !== undefined && k8s !== null) attributes.k8s = k8s;
  return unlessEmpty(attributes);
}

const NO_KERNEL: NonNullable<UnifiedEvent['kernel']> = {};

/** Whether all of the data has become arguments and the return code: entries of a name and a value, each with a name of its own. */
function isTold(data: unknown, kernel: UnifiedEvent['kernel']): boolean {
  const list = arrayOf(data);
  if (list === undefined) return false;
  let values = 0;
  let results = 0;
  for (const item of list) {
    const entry = objectOf(item);
    if (entry === undefined || textOf(entry.name) === undefined || sizeOf(entry) !== 2) return false;
    const value = valueOfData(entry);
    if (entry.name === RESULT && ++results > 1) return false;
    if (value !== undefined && value !== null) values++;
  }
  const { args, returnCode } = kernel ?? NO_KERNEL;
  return values === sizeOf(args ?? {}) + (returnCode === undefined ? 0 : 1);
}

function sizeOf(object: object): number {
  let size = 0;
  for (const key in object) if (Object.hasOwn(object, key)) size++;
  return size;
}

/** An entry is a name and one value, under `value` or the name of its type. */
function valueOfData(entry: JsonObject): unknown {
  if (entry.value !== undefined) return entry.value;
  for (const key in entry) if (key !== 'name') return entry[key];
  return undefined;
}

function podOf(k8s: JsonObject | undefined): UnifiedEvent['entity'] {
  const pod = objectOf(k8s?.pod);
  const namespace = textOf(objectOf(k8s?.namespace)?.name);
  return entityOf('pod', textOf(pod?.name), namespace, textOf(pod?.uid), textMapOf(pod?.labels));
}
