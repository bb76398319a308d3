/** Tracee's events as its releases to 0.24 write them: flat, camelCase. */
import { keepJsonText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonObject } from '../format';
import { containerEntity, entityOf, kernelOf, newEvent } from '../new-event';
import { severityOfTracee } from '../severity';
import { timeOfAny } from '../time';
import { arrayOf, idOf, objectOf, safeIntegerOf, scalarText, textOf, u32Of } from '../values';
import { readAddress, readArguments, setReturn } from './tracee-arguments';

export function isFlat(value: JsonObject): boolean {
  return (
    typeof value.eventName === 'string' &&
    (value.hostProcessId !== undefined || value.processName !== undefined)
  );
}

/** The host's numbers of process and thread are the kernel section's; the namespace's are in the attributes, with all that the line has. */
export function readFlat(value: JsonObject, line: InputLine): UnifiedEvent {
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
  readEntity(event, value);
  const properties = objectOf(objectOf(value.metadata)?.Properties);
  if (properties !== undefined) {
    event.severity = severityOfTracee(safeIntegerOf(properties.Severity));
    event.message = textOf(properties.signatureName);
  }
  if (line.forBuffer && line.json !== undefined) keepJsonText(value, line.json);
  event.attributes = value;
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
