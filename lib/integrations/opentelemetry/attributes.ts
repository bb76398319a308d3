/** An event's fields as attributes of a log record: by the semantic conventions where they have a name, else `tapio.SECTION.FIELD`. */
import type { AnyValue, AnyValueMap } from '@opentelemetry/api-logs';
import { EVENT_FIELDS, type FieldInfo } from '../../event/generated/fields';
import type { UnifiedEvent } from '../../event/unified-event';
import { toAnyMap, toAnyValue } from './any-value';

/** By the semantic conventions 1.45. */
const CONVENTIONAL: Readonly<Record<string, string>> = {
  id: 'log.record.uid',
  'kernel.pid': 'process.pid',
  'kernel.tid': 'thread.id',
  'kernel.uid': 'process.user.id',
  // Linux's own name of a process, 15 bytes of it.
  'kernel.comm': 'process.executable.name',
  'kernel.cpuCore': 'cpu.logical_number',
  'network.sourceIP': 'source.address',
  'network.sourcePort': 'source.port',
  'network.destIP': 'destination.address',
  'network.destPort': 'destination.port',
  'network.statusCode': 'http.response.status_code',
  'network.method': 'http.request.method',
  'network.path': 'url.path',
  'network.interfaceName': 'network.interface.name',
  'network.containerId': 'container.id',
  'application.errorType': 'exception.type',
  'application.stackTrace': 'exception.stacktrace',
  'application.userId': 'user.id',
  'application.sessionId': 'session.id',
  'kubernetes.clusterName': 'k8s.cluster.name',
};

/** Told elsewhere in the record. */
const ELSEWHERE = new Set(['timestamp', 'type', 'severity', 'message', 'traceContext']);

interface Attribute {
  readonly field: string;
  readonly name: string;
  readonly isMap: boolean;
}

function attributeOf({ name, path, json, kind }: FieldInfo, section: string): Attribute {
  const isMap = kind === 'stringMap' || kind === 'json';
  return { field: name, name: CONVENTIONAL[path] ?? `tapio.${section}${json}`, isMap };
}

const told = EVENT_FIELDS.filter(({ path }) => !ELSEWHERE.has(path));
const ofEvent = told.filter(({ kind }) => kind !== 'section').map((field) => attributeOf(field, ''));
const sections = told
  .filter(({ kind }) => kind === 'section')
  .map(({ name, json, fields }) => ({
    name,
    attributes: fields!.map((field) => attributeOf(field, `${json}.`)),
  }));

/** Maps are one attribute each: an SDK cuts a record at 128 attributes. */
export function attributesOf(event: UnifiedEvent): AnyValueMap {
  const attributes = Object.create(null) as AnyValueMap;
  addFields(attributes, event as unknown as Record<string, unknown>, ofEvent);
  for (const section of sections) {
    const values = (event as unknown as Record<string, Record<string, unknown> | null | undefined>)[
      section.name
    ];
    if (values) addFields(attributes, values, section.attributes);
  }
  addProtocol(attributes, event);
  addEntity(attributes, event);
  return attributes;
}

function addFields(
  attributes: AnyValueMap,
  values: Record<string, unknown>,
  fields: readonly Attribute[],
): void {
  for (const { field, name, isMap } of fields) {
    const value = values[field];
    if (value === undefined || value === null) continue;
    const converted: AnyValue | undefined =
      isMap && typeof value === 'object' ? toAnyMap(Object.entries(value)) : toAnyValue(value);
    if (converted !== undefined) attributes[name] = converted;
  }
}

/** Of the field both conventions and users say `tcp` and `http`, which are two attributes. */
function addProtocol(attributes: AnyValueMap, { network }: UnifiedEvent): void {
  const protocol = network?.protocol?.toLowerCase();
  if (protocol) {
    const isTransport = ['tcp', 'udp', 'unix', 'pipe', 'quic'].includes(protocol);
    attributes[isTransport ? 'network.transport' : 'network.protocol.name'] = protocol;
  }
  if (network?.direction)
    attributes['network.io.direction'] = network.direction === 'ingress' ? 'receive' : 'transmit';
}

/** The kinds of entities that the conventions know: what they call the name and the uid. */
const ENTITIES = new Map<string, readonly [name: string, uid: string]>([
  ['pod', ['k8s.pod.name', 'k8s.pod.uid']],
  ['node', ['k8s.node.name', 'k8s.node.uid']],
  ['container', ['container.name', 'container.id']],
  ['host', ['host.name', 'host.id']],
]);

function addEntity(attributes: AnyValueMap, { entity }: UnifiedEvent): void {
  if (!entity) return;
  const [name, uid] = ENTITIES.get(entity.type.toLowerCase()) ?? [];
  if (name && entity.name) attributes[name] = entity.name;
  if (uid && entity.uid) attributes[uid] = entity.uid;
  if (entity.namespace) attributes['k8s.namespace.name'] = entity.namespace;
}
