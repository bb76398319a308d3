/** Tracee's events as its releases to 0.24 write them: flat, camelCase. */
import { keptText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import { containerEntity, entityOf, kernelOf, kernelUnlessEmpty, newEvent } from '../new-event';
import { isObjectAt, Kind, kindAt, project, valueAt } from '../projection';
import { severityOfTracee } from '../severity';
import { Shape, WHOLE } from '../shape';
import { timeOfAny } from '../time';
import { arrayOf, idOf, objectOf, scalarText, textOf, u32Of } from '../values';
import { readAddress, readArguments, setReturn } from './tracee-arguments';

export function isFlat(value: JsonObject): boolean {
  return (
    typeof value.eventName === 'string' &&
    (value.hostProcessId !== undefined || value.processName !== undefined)
  );
}

const SHAPE = new Shape({
  ...{ timestamp: WHOLE, hostProcessId: WHOLE, hostThreadId: WHOLE, userId: WHOLE, processName: WHOLE },
  ...{ eventName: WHOLE, syscall: WHOLE, processorId: WHOLE, args: WHOLE, stackAddresses: WHOLE },
  ...{ returnValue: WHOLE, hostName: WHOLE },
  metadata: { Properties: { Severity: WHOLE, signatureName: WHOLE } },
  kubernetes: { podName: WHOLE, podNamespace: WHOLE, podUID: WHOLE },
  ...{ podName: WHOLE, podNamespace: WHOLE, podUID: WHOLE },
  container: { id: WHOLE, name: WHOLE },
  containerId: WHOLE,
  stream: WHOLE,
});
const TIMESTAMP = SHAPE.slot('timestamp');
const PROCESS_ID = SHAPE.slot('hostProcessId');
const THREAD_ID = SHAPE.slot('hostThreadId');
const USER_ID = SHAPE.slot('userId');
const PROCESS_NAME = SHAPE.slot('processName');
const EVENT_NAME = SHAPE.slot('eventName');
const SYSCALL = SHAPE.slot('syscall');
const PROCESSOR_ID = SHAPE.slot('processorId');
const ARGS = SHAPE.slot('args');
const STACK = SHAPE.slot('stackAddresses');
const RETURN_VALUE = SHAPE.slot('returnValue');
const HOST_NAME = SHAPE.slot('hostName');
const PROPERTIES = SHAPE.slot('metadata', 'Properties');
const SEVERITY = SHAPE.slot('metadata', 'Properties', 'Severity');
const SIGNATURE = SHAPE.slot('metadata', 'Properties', 'signatureName');
const KUBERNETES = SHAPE.slot('kubernetes');
const K8S_POD = SHAPE.slot('kubernetes', 'podName');
const K8S_NAMESPACE = SHAPE.slot('kubernetes', 'podNamespace');
const K8S_UID = SHAPE.slot('kubernetes', 'podUID');
const POD = SHAPE.slot('podName');
const POD_NAMESPACE = SHAPE.slot('podNamespace');
const POD_UID = SHAPE.slot('podUID');
const CONTAINER = SHAPE.slot('container');
const CONTAINER_ID = SHAPE.slot('container', 'id');
const CONTAINER_NAME = SHAPE.slot('container', 'name');
const OLD_CONTAINER_ID = SHAPE.slot('containerId');
const STREAM = SHAPE.slot('stream');

/** Without parsing the line, but for its arguments. */
export function readFlatText(line: InputLine): UnifiedEvent[] | undefined {
  const json = project(SHAPE, line.text);
  if (json === undefined || kindAt(STREAM) !== Kind.ABSENT) return undefined;
  const value = {
    timestamp: valueAt(json, TIMESTAMP),
    hostProcessId: valueAt(json, PROCESS_ID),
    hostThreadId: valueAt(json, THREAD_ID),
    userId: valueAt(json, USER_ID),
    processName: valueAt(json, PROCESS_NAME),
    eventName: valueAt(json, EVENT_NAME),
    syscall: valueAt(json, SYSCALL),
    processorId: valueAt(json, PROCESSOR_ID),
    args: valueAt(json, ARGS),
    stackAddresses: valueAt(json, STACK),
    returnValue: valueAt(json, RETURN_VALUE),
    hostName: valueAt(json, HOST_NAME),
    metadata: isObjectAt(PROPERTIES)
      ? { Properties: { Severity: valueAt(json, SEVERITY), signatureName: valueAt(json, SIGNATURE) } }
      : undefined,
    kubernetes: isObjectAt(KUBERNETES)
      ? {
          podName: valueAt(json, K8S_POD),
          podNamespace: valueAt(json, K8S_NAMESPACE),
          podUID: valueAt(json, K8S_UID),
        }
      : undefined,
    podName: valueAt(json, POD),
    podNamespace: valueAt(json, POD_NAMESPACE),
    podUID: valueAt(json, POD_UID),
    container: isObjectAt(CONTAINER)
      ? { id: valueAt(json, CONTAINER_ID), name: valueAt(json, CONTAINER_NAME) }
      : undefined,
    containerId: valueAt(json, OLD_CONTAINER_ID),
  };
  if (!isFlat(value)) return undefined;
  return [readEvent(value, line, keptText(json))];
}

export function readFlat(value: JsonObject, line: InputLine): UnifiedEvent {
  return readEvent(value, line, value);
}

/** The host's numbers of process and thread are the kernel section's; the namespace's are in the attributes, with all that the line has. */
function readEvent(value: JsonObject, line: InputLine, attributes: Record<string, unknown>): UnifiedEvent {
  const event = newEvent(value.eventName as string, 'tracee', timeOfAny(value.timestamp) ?? line.arrival());
  const kernel = kernelOf(
    u32Of(value.hostProcessId),
    u32Of(value.hostThreadId),
    idOf(value.userId),
    textOf(value.processName),
  );
  kernel.syscall = textOf(value.syscall);
  kernel.cpuCore = u32Of(value.processorId);
  kernel.args = readArguments(arrayOf(value.args), valueOfArgument);
  kernel.stackTrace = addressesOf(value.stackAddresses);
  setReturn(kernel, value.returnValue);
  event.kernel = kernel;
  readAddress(event, arrayOf(value.args), valueOfArgument);
  event.kernel = kernelUnlessEmpty(kernel);
  readEntity(event, value);
  const properties = objectOf(objectOf(value.metadata)?.Properties);
  if (properties !== undefined) {
    event.severity = severityOfTracee(properties.Severity);
    event.message = textOf(properties.signatureName);
  }
  event.attributes = attributes;
  return event;
}

function valueOfArgument(argument: JsonObject): unknown {
  return argument.value;
}

/** Old releases have the keys of `kubernetes` and `container` at the top. */
function readEntity(event: UnifiedEvent, value: JsonObject): void {
  const pod = objectOf(value.kubernetes) ?? value;
  const container = objectOf(value.container);
  event.entity =
    entityOf(
      'pod',
      textOf(pod.podName) ?? textOf(value.podName),
      textOf(pod.podNamespace),
      textOf(pod.podUID),
    ) ??
    containerEntity(textOf(container?.id) ?? textOf(value.containerId), textOf(container?.name)) ??
    entityOf('host', textOf(value.hostName));
}

/** [0] is a stack that could not be read. */
function addressesOf(value: unknown): string[] | undefined {
  const addresses = arrayOf(value)
    ?.map(scalarText)
    .filter((address) => address !== undefined && address !== '0');
  return addresses !== undefined && addresses.length > 0 ? (addresses as string[]) : undefined;
}
