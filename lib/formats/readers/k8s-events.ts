/** Kubernetes events, core/v1 and events.k8s.io: objects, lists, and the lines of a watch. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { excerpt } from '../excerpt';
import { entityOf, newEvent } from '../new-event';
import { timeOfText } from '../time';
import { arrayOf, objectOf, restOf, scalarText, textMapOf, textOf } from '../values';

export const k8sEventsFormat: JsonFormat = {
  kind: 'json',
  name: 'k8s-events',
  recognise,
  read,
};

const API = /^(?:v1|events\.k8s\.io\/.+)$/;
const WATCH: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/** An audit record has the kind Event, too, of another API. */
function isEvent({ kind, apiVersion }: JsonObject): boolean {
  return kind === 'Event' && typeof apiVersion === 'string' && API.test(apiVersion);
}

/** A list of whatever, of which `read` takes the events. */
function isList({ kind, apiVersion, items }: JsonObject): boolean {
  return (
    (kind === 'List' || kind === 'EventList') &&
    typeof apiVersion === 'string' &&
    API.test(apiVersion) &&
    Array.isArray(items)
  );
}

function recognise(value: JsonObject): string | undefined {
  if (isEvent(value)) return 'kind Event';
  if (isList(value)) return 'a list';
  const object = WATCH.has(value.type) ? objectOf(value.object) : undefined;
  if (object === undefined) return undefined;
  return isEvent(object) || object.kind === 'Status' ? 'a watch of events' : undefined;
}

function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  if (isEvent(value)) {
    out.push(readEvent(value, undefined, line));
    return undefined;
  }
  if (isList(value)) return readList(value, line, out);
  const object = WATCH.has(value.type) ? objectOf(value.object) : undefined;
  if (object === undefined) return 'neither an event nor a list nor a watch of them';
  if (value.type === 'BOOKMARK') return undefined;
  if (value.type === 'ERROR') return `the watch failed: ${excerpt(textOf(object.message) ?? 'no message')}`;
  if (!isEvent(object)) return `a watch of another kind: ${excerpt(textOf(object.kind) ?? 'none')}`;
  out.push(readEvent(object, value.type as string, line));
  return undefined;
}

function readList(list: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  let others = 0;
  for (const item of arrayOf(list.items)!) {
    const value = objectOf(item);
    // The items of a typed list may leave out what the list says.
    if (value !== undefined && (list.kind === 'EventList' || isEvent(value)))
      out.push(readEvent(value, undefined, line));
    else others++;
  }
  return others > 0 ? `${others} items of a list are no events` : undefined;
}

const MAPPED = new Set([
  ...[
    'kind',
    'apiVersion',
    'metadata',
    'involvedObject',
    'regarding',
    'reason',
    'message',
    'note',
    'type',
    'action',
  ],
  ...['deprecatedCount', 'deprecatedSource', 'deprecatedFirstTimestamp', 'deprecatedLastTimestamp'],
  ...['source', 'count', 'reportingComponent', 'reportingController', 'reportingInstance'],
]);
const MAPPED_OF_OBJECT = new Set(['kind', 'name', 'namespace', 'uid']);

function readEvent(value: JsonObject, watch: string | undefined, line: InputLine): UnifiedEvent {
  const metadata = objectOf(value.metadata) ?? {};
  const object = objectOf(value.involvedObject) ?? objectOf(value.regarding) ?? {};
  const uid = textOf(metadata.uid);
  const resourceVersion = scalarText(metadata.resourceVersion);
  const id = uid === undefined ? undefined : `${uid}/${resourceVersion ?? ''}`;
  const event = newEvent('event', 'kubernetes', timeOf(value, metadata) ?? line.arrival(), id);
  const type = textOf(value.type);
  const kind = textOf(object.kind);
  const name = textOf(object.name);
  event.severity = type === 'Warning' ? 'warning' : type === 'Normal' ? 'info' : undefined;
  event.message = textOf(value.message) ?? textOf(value.note);
  if (name !== undefined) {
    const namespace = textOf(object.namespace);
    event.entity = entityOf(kind?.toLowerCase() ?? 'object', name, namespace, textOf(object.uid));
  }
  event.kubernetes = {
    eventType: type,
    reason: textOf(value.reason),
    object: name,
    objectKind: kind,
    message: event.message,
    action: textOf(value.action),
    apiVersion: textOf(value.apiVersion),
    resourceVersion,
    labels: textMapOf(metadata.labels),
    annotations: textMapOf(metadata.annotations),
    clusterName: undefined,
  };
  event.attributes = attributesOf(value, metadata, object, watch);
  return event;
}

function attributesOf(
  value: JsonObject,
  metadata: JsonObject,
  object: JsonObject,
  watch: string | undefined,
): Record<string, unknown> | undefined {
  const attributes = restOf(value, MAPPED) ?? {};
  const set = (key: string, item: unknown): void => {
    if (item !== undefined && item !== null && item !== '') attributes[key] = item;
  };
  const source = objectOf(value.source) ?? objectOf(value.deprecatedSource);
  set('watch', watch);
  set('name', metadata.name);
  set('count', value.count ?? value.deprecatedCount ?? objectOf(value.series)?.count);
  set(
    'component',
    textOf(value.reportingComponent) ?? textOf(value.reportingController) ?? source?.component,
  );
  set('instance', textOf(value.reportingInstance) ?? source?.host);
  set('object', restOf(object, MAPPED_OF_OBJECT));
  return attributes;
}

/** The time of the latest occurrence. The event recorder of newer components fills in eventTime and no other. */
function timeOf(value: JsonObject, metadata: JsonObject): bigint | undefined {
  return (
    timeOfText(objectOf(value.series)?.lastObservedTime) ??
    timeOfText(value.eventTime) ??
    timeOfText(value.lastTimestamp ?? value.deprecatedLastTimestamp) ??
    timeOfText(value.firstTimestamp ?? value.deprecatedFirstTimestamp) ??
    timeOfText(metadata.creationTimestamp)
  );
}
