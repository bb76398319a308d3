/**
 * How an event is told as a log record of OpenTelemetry, whoever writes it: numbers of severities, and names of attributes, by the
 * semantic conventions 1.45 where they have one, else `tapio.SECTION.FIELD`.
 */
import { EVENT_FIELDS, type FieldInfo, type FieldKind } from '../event/generated/fields';
import type { UnifiedEvent } from '../event/unified-event';

/**
 * Of the four numbers of each of OpenTelemetry's levels the first, or the second for a level of ours that it has not. A Map, as the
 * level of an application may be any word.
 */
export const SEVERITY_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['debug', 5],
  ['info', 9],
  ['low', 10],
  ['warning', 13],
  ['medium', 14],
  ['error', 17],
  ['high', 18],
  ['critical', 21],
]);

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

/** A field that is an attribute. */
export interface LogField {
  /** Of the event, or of the section. */
  readonly field: string;
  /** From the event, such as `kernel.pid`. */
  readonly path: string;
  readonly name: string;
  readonly kind: FieldKind;
}

function logField({ name, path, json, kind }: FieldInfo, section: string): LogField {
  return { field: name, path, name: CONVENTIONAL[path] ?? `tapio.${section}${json}`, kind };
}

const told = EVENT_FIELDS.filter(({ path }) => !ELSEWHERE.has(path));

/** Of the event itself. */
export const EVENT_LOG_FIELDS: readonly LogField[] = told
  .filter(({ kind }) => kind !== 'section')
  .map((field) => logField(field, ''));

export const SECTION_LOG_FIELDS: readonly {
  readonly section: string;
  readonly fields: readonly LogField[];
}[] = told
  .filter(({ kind }) => kind === 'section')
  .map(({ name, json, fields }) => ({
    section: name,
    fields: fields!.map((field) => logField(field, `${json}.`)),
  }));

const TRANSPORTS = new Set(['tcp', 'udp', 'unix', 'pipe', 'quic']);

/** Of the field both conventions and users say `tcp` and `http`, which are two attributes. */
export function networkAttributes({ network }: UnifiedEvent): (readonly [name: string, value: string])[] {
  const attributes: (readonly [string, string])[] = [];
  const protocol = network?.protocol?.toLowerCase();
  if (protocol)
    attributes.push([TRANSPORTS.has(protocol) ? 'network.transport' : 'network.protocol.name', protocol]);
  if (network?.direction)
    attributes.push(['network.io.direction', network.direction === 'ingress' ? 'receive' : 'transmit']);
  return attributes;
}

/** The kinds of entities that the conventions know: what they call the name and the uid. */
const ENTITIES: ReadonlyMap<string, readonly [name: string, uid: string]> = new Map([
  ['pod', ['k8s.pod.name', 'k8s.pod.uid']],
  ['node', ['k8s.node.name', 'k8s.node.uid']],
  ['container', ['container.name', 'container.id']],
  ['host', ['host.name', 'host.id']],
]);

export function entityAttributes({ entity }: UnifiedEvent): (readonly [name: string, value: string])[] {
  if (!entity) return [];
  const attributes: (readonly [string, string])[] = [];
  const [name, uid] = ENTITIES.get(entity.type) ?? ENTITIES.get(entity.type.toLowerCase()) ?? [];
  if (name && entity.name) attributes.push([name, entity.name]);
  if (uid && entity.uid) attributes.push([uid, entity.uid]);
  if (entity.namespace) attributes.push(['k8s.namespace.name', entity.namespace]);
  return attributes;
}

/** What stands for an attribute without a name, which the specification does not allow. */
export const EMPTY_NAME = '(empty)';
