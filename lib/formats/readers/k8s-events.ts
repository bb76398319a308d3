/** Kubernetes events, core/v1 and events.k8s.io: objects, lists, and the lines of a watch. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { excerpt } from '../excerpt';
import { entityOf, newEvent } from '../new-event';
import { timeOfText } from '../time';
import {
  arrayOf,
  mergeUnder,
  objectOf,
  restOf,
  scalarText,
  textMapOf,
  textOf,
  unlessEmpty,
  withMisfits,
} from '../values';
import { addAroundItems } from './k8s-list';

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
  const event = readEvent(object, value.type as string, line);
  event.attributes = mergeUnder(event.attributes, 'watch', restOf(value, MAPPED_OF_WATCH));
  out.push(event);
  return undefined;
}

const MAPPED_OF_WATCH = new Set(['type', 'object']);

function readList(list: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  let others = 0;
  const first = out.length;
  for (const item of arrayOf(list.items)!) {
    const value = objectOf(item);
    // The items of a typed list may leave out what the list says.
    if (value !== undefined && (list.kind === 'EventList' || isEvent(value)))
      out.push(readEvent(value, undefined, line, list.apiVersion as string));
    else others++;
  }
  addAroundItems(out[first], list);
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
  ...['deprecatedCount', 'deprecatedSource'],
  ...['source', 'count', 'reportingComponent', 'reportingController', 'reportingInstance'],
]);
const MAPPED_OF_OBJECT = new Set(['kind', 'name', 'namespace', 'uid']);
const MAPPED_OF_METADATA = new Set(['name', 'uid', 'resourceVersion', 'labels', 'annotations']);
const MAPPED_OF_SOURCE = new Set(['component', 'host']);

/** apiVersion: where it has none itself. */
function readEvent(
  value: JsonObject,
  watch: string | undefined,
  line: InputLine,
  apiVersion?: string,
): UnifiedEvent {
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
    apiVersion: textOf(value.apiVersion) ?? apiVersion,
    resourceVersion,
    labels: textMapOf(metadata.labels),
    annotations: textMapOf(metadata.annotations),
    clusterName: undefined,
  };
  event.attributes = attributesOf(value, metadata, object, watch, event);
  return event;
}

/** What the event has no field for. */
function attributesOf(
  value: JsonObject,
  metadata: JsonObject,
  object: JsonObject,
  watch: string | undefined,
  { entity, kubernetes }: UnifiedEvent,
): Record<string, unknown> | undefined {
  const attributes = restOf(value, MAPPED) ?? {};
  const set = (key: string, item: unknown): void => {
    if (item !== undefined && item !== null) attributes[key] = item;
  };
  const { source: reporter, deprecatedSource, deprecatedCount } = value;
  const source = objectOf(reporter) ?? objectOf(deprecatedSource);
  const component =
    textOf(value.reportingComponent) ?? textOf(value.reportingController) ?? source?.component;
  const instance = textOf(value.reportingInstance) ?? source?.host;
  const count = value.count ?? deprecatedCount ?? objectOf(value.series)?.count;
  set('watch', watch);
  set('name', metadata.name);
  set('count', count);
  set('component', component);
  set('instance', instance);
  const { objectKind: kind, object: name, resourceVersion, labels, annotations } = kubernetes!;
  set(
    'object',
    withMisfits(restOf(object, MAPPED_OF_OBJECT), object, {
      kind,
      name,
      namespace: entity?.namespace,
      uid: entity?.uid,
    }),
  );
  set(
    'metadata',
    withMisfits(restOf(metadata, MAPPED_OF_METADATA), metadata, {
      uid: textOf(metadata.uid),
      resourceVersion,
      labels,
      annotations,
    }),
  );
  if (source !== undefined) {
    const taken = { component: told(source.component, component), host: told(source.host, instance) };
    set('source', withMisfits(restOf(source, MAPPED_OF_SOURCE), source, taken));
  }
  withMisfits(attributes, value, {
    kind: told(value.kind, 'Event'),
    apiVersion: told(value.apiVersion, kubernetes!.apiVersion),
    metadata: objectOf(value.metadata),
    involvedObject: told(value.involvedObject, object),
    regarding: told(value.regarding, object),
    source: objectOf(reporter),
    deprecatedSource: told(deprecatedSource, source),
    deprecatedCount: told(deprecatedCount, count),
    reportingComponent: told(value.reportingComponent, component),
    reportingController: told(value.reportingController, component),
    reportingInstance: told(value.reportingInstance, instance),
    reason: kubernetes!.reason,
    message: told(value.message, kubernetes!.message),
    note: told(value.note, kubernetes!.message),
    type: kubernetes!.eventType,
    action: kubernetes!.action,
  });
  return unlessEmpty(attributes);
}

/** Whether a value is the one that was taken; empty text stands for none here. */
function told(value: unknown, taken: unknown): true | undefined {
  return value === taken || value === '' || undefined;
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
