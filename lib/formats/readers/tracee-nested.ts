/** Tracee's events as its main branch writes them since December 2025: nested, snake_case, not in a release yet. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import { containerEntity, entityOf, kernelOf, newEvent } from '../new-event';
import { severityOfTracee } from '../severity';
import { timeOfAny } from '../time';
import { arrayOf, idOf, objectOf, restOf, safeIntegerOf, textMapOf, textOf, u32Of } from '../values';
import { readAddress, readArguments, setReturn } from './tracee-arguments';

export function isNested(value: JsonObject): boolean {
  return (
    typeof value.name === 'string' &&
    (objectOf(value.workload) !== undefined || objectOf(value.threat) !== undefined) &&
    (value.policies !== undefined || value.id !== undefined)
  );
}

const MAPPED = new Set(['timestamp', 'name', 'workload', 'data']);
const MAPPED_OF_PROCESS = new Set(['host_pid', 'thread']);
const MAPPED_OF_THREAD = new Set(['host_tid', 'name', 'syscall']);

export function readNested(value: JsonObject, line: InputLine): UnifiedEvent {
  const event = newEvent(value.name as string, 'tracee', timeOfAny(value.timestamp) ?? line.arrival());
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
  const args = data?.filter((item) => objectOf(item)?.name !== 'returnValue');
  kernel.args = readArguments(args, valueOfData);
  const result = data?.map(objectOf).find((item) => item?.name === 'returnValue');
  if (result !== undefined) setReturn(kernel, valueOfData(result));
  event.kernel = kernel;
  readAddress(event, data, valueOfData);
  const container = objectOf(workload?.container);
  const k8s = objectOf(workload?.k8s);
  event.entity = podOf(k8s) ?? containerEntity(textOf(container?.id), textOf(container?.name));
  const threat = objectOf(value.threat);
  if (threat !== undefined) {
    // protojson leaves out a zero: info.
    event.severity = severityOfTracee(safeIntegerOf(threat.severity ?? 0));
    event.message = textOf(threat.name);
  }
  const attributes = restOf(value, MAPPED) ?? {};
  if (process !== undefined) {
    const rest = restOf(process, MAPPED_OF_PROCESS) ?? {};
    const threadRest = thread && restOf(thread, MAPPED_OF_THREAD);
    if (threadRest !== undefined) rest.thread = threadRest;
    attributes.process = rest;
  }
  if (container !== undefined) attributes.container = container;
  event.attributes = attributes;
  return event;
}

/** An entry is a name and one value under the name of its type. */
function valueOfData(entry: JsonObject): unknown {
  for (const key in entry) if (key !== 'name') return entry[key];
  return undefined;
}

function podOf(k8s: JsonObject | undefined): UnifiedEvent['entity'] {
  const pod = objectOf(k8s?.pod);
  const namespace = textOf(objectOf(k8s?.namespace)?.name);
  return entityOf('pod', textOf(pod?.name), namespace, textOf(pod?.uid), textMapOf(pod?.labels));
}
