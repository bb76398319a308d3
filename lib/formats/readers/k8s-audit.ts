/** The audit log of the Kubernetes API server. */
import type { Severity, UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { entityOf, newEvent } from '../new-event';
import { timeOfText } from '../time';
import { arrayOf, objectOf, restOf, safeIntegerOf, textMapOf, textOf, withMisfits } from '../values';
import { addAroundItems } from './k8s-list';

export const k8sAuditFormat: JsonFormat = {
  kind: 'json',
  name: 'k8s-audit',
  recognise: (value) => (isAudit(value) ? 'the API audit.k8s.io' : undefined),
  read,
};

function isAudit({ kind, apiVersion }: JsonObject): boolean {
  return (
    (kind === 'Event' || kind === 'EventList') &&
    typeof apiVersion === 'string' &&
    apiVersion.startsWith('audit.k8s.io/')
  );
}

function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  if (!isAudit(value)) return 'no kind Event of the API audit.k8s.io';
  if (value.kind === 'Event') {
    out.push(readRecord(value, line));
    return undefined;
  }
  // What a webhook is sent.
  const items = arrayOf(value.items)?.map(objectOf) ?? [];
  const first = out.length;
  for (const item of items) if (item !== undefined) out.push(readRecord(item, line));
  addAroundItems(out[first], value);
  return items.includes(undefined) ? 'an item of a list is no object' : undefined;
}

const MAPPED = new Set([
  ...['kind', 'apiVersion', 'auditID', 'requestURI', 'verb', 'annotations', 'requestReceivedTimestamp'],
  ...['stageTimestamp'],
]);

/** A request has a record for each stage, all of one auditID, which is whatever text the client has sent. */
function readRecord(value: JsonObject, line: InputLine): UnifiedEvent {
  const received = timeOfText(value.requestReceivedTimestamp);
  const staged = timeOfText(value.stageTimestamp);
  const time = staged ?? received;
  const auditId = textOf(value.auditID);
  const id = auditId === undefined ? undefined : `${auditId}/${textOf(value.stage) ?? ''}`;
  const event = newEvent('audit', 'kubernetes-audit', time ?? line.arrival(), id);
  const verb = textOf(value.verb);
  const path = textOf(value.requestURI);
  const statusCode = safeIntegerOf(objectOf(value.responseStatus)?.code);
  event.severity = severityOf(statusCode);
  event.message = [verb, path].filter((part) => part !== undefined).join(' ') || undefined;
  const object = objectOf(value.objectRef);
  if (object !== undefined) {
    const { resource, name, namespace, uid } = object;
    event.entity = entityOf(textOf(resource) ?? 'object', textOf(name), textOf(namespace), textOf(uid));
  }
  // The client can set all addresses but the last.
  const sourceIP = textOf(arrayOf(value.sourceIPs)?.at(-1));
  const latencyNs =
    staged !== undefined && received !== undefined && value.stage !== 'RequestReceived'
      ? latencyOf(staged - received)
      : undefined;
  if ((verb ?? path ?? statusCode ?? sourceIP ?? latencyNs) !== undefined)
    event.network = { method: verb, path, statusCode, sourceIP, latencyNs };
  const userId = textOf(objectOf(value.user)?.username);
  if ((userId ?? auditId) !== undefined) event.application = { userId, requestId: auditId };
  const annotations = textMapOf(value.annotations);
  if (annotations !== undefined) event.kubernetes = { annotations };
  event.attributes = withMisfits(restOf(value, MAPPED), value, {
    auditID: auditId,
    verb,
    requestURI: path,
    annotations,
    requestReceivedTimestamp: latencyNs ?? (received === time ? received : undefined),
    stageTimestamp: staged,
  });
  return event;
}

/** Clocks of several servers may disagree. */
function latencyOf(nanos: bigint): number | undefined {
  return nanos < 0n ? undefined : safeIntegerOf(Number(nanos));
}

function severityOf(statusCode: number | undefined): Severity | undefined {
  if (statusCode === undefined) return undefined;
  if (statusCode >= 500) return 'error';
  return statusCode >= 400 ? 'warning' : undefined;
}
