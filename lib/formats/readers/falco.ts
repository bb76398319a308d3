/** Falco's alerts with json_output. */
import { keptText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import {
  addAttributes,
  containerEntity,
  entityOf,
  kernelOf,
  kernelUnlessEmpty,
  newEvent,
} from '../new-event';
import {
  endAt,
  isObjectAt,
  Kind,
  kindAt,
  project,
  rawAt,
  rowsEnd,
  startAt,
  timeAt,
  valueAt,
} from '../projection';
import { RecentValues } from '../recent-values';
import { severityOfWord } from '../severity';
import { Shape, WHOLE } from '../shape';
import { timeOfCount, timeOfText, Unit } from '../time';
import {
  anyText,
  arrayOf,
  i32Of,
  idOf,
  objectOf,
  portOf,
  restOf,
  setKey,
  textOf,
  textsOf,
  u32Of,
} from '../values';

export const falcoFormat: JsonFormat = {
  kind: 'json',
  name: 'falco',
  recognise: (value) => (isAlert(value) ? 'rule and priority' : undefined),
  read,
  readText,
};

/** Output, message, tags and output_fields can each be switched off. */
function isAlert({ rule, priority, source, time }: JsonObject): boolean {
  return (
    typeof rule === 'string' && typeof priority === 'string' && (source !== undefined || time !== undefined)
  );
}

const MAPPED = new Set([
  ...['hostname', 'message', 'output', 'output_fields', 'priority', 'rule', 'source', 'tags', 'time'],
]);
const TIMES = ['evt.time', 'evt.time.iso8601', 'evt.datetime'] as const;

function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  if (typeof value.rule !== 'string' || typeof value.priority !== 'string') return 'no rule and priority';
  const fields = objectOf(value.output_fields);
  const told = timeOfText(value.time);
  const time = told ?? timeOfFields(fields) ?? line.arrival();
  const event = readAlert(value, fields, time, fields);
  keepTexts(event, restOf(value, MAPPED));
  if (fields === undefined) keepText(event, 'output_fields', value.output_fields);
  if (told === undefined) keepText(event, 'time', value.time);
  out.push(event);
  return undefined;
}

const SHAPE = new Shape({
  ...{ hostname: WHOLE, message: WHOLE, output: WHOLE, priority: WHOLE, rule: WHOLE, source: WHOLE },
  ...{ tags: WHOLE, time: WHOLE },
  output_fields: {
    ...{ 'proc.pid': WHOLE, 'thread.tid': WHOLE, 'user.uid': WHOLE, 'proc.name': WHOLE, 'group.gid': WHOLE },
    ...{ 'evt.type': WHOLE, 'evt.cpu': WHOLE, 'evt.rawres': WHOLE },
    ...{ 'fd.cip': WHOLE, 'fd.sip': WHOLE, 'fd.l4proto': WHOLE, 'fd.cport': WHOLE, 'fd.sport': WHOLE },
    ...{ 'k8s.pod.name': WHOLE, 'k8s.ns.name': WHOLE, 'k8s.pod.uid': WHOLE },
    ...{ 'container.id': WHOLE, 'container.name': WHOLE },
    hostname: WHOLE,
  },
  '*': WHOLE,
});
const HOSTNAME = SHAPE.slot('hostname');
const MESSAGE = SHAPE.slot('message');
const OUTPUT = SHAPE.slot('output');
const PRIORITY = SHAPE.slot('priority');
const RULE = SHAPE.slot('rule');
const SOURCE = SHAPE.slot('source');
const TAGS = SHAPE.slot('tags');
const TIME = SHAPE.slot('time');
const OUTPUT_FIELDS = SHAPE.slot('output_fields');
const field = (name: string): number => SHAPE.slot('output_fields', name);
const PID = field('proc.pid');
const TID = field('thread.tid');
const UID = field('user.uid');
const COMM = field('proc.name');
const GID = field('group.gid');
const CALL = field('evt.type');
const CPU = field('evt.cpu');
const RESULT = field('evt.rawres');
const CLIENT = field('fd.cip');
const SERVER = field('fd.sip');
const PROTOCOL = field('fd.l4proto');
const CLIENT_PORT = field('fd.cport');
const SERVER_PORT = field('fd.sport');
const POD = field('k8s.pod.name');
const POD_NAMESPACE = field('k8s.ns.name');
const POD_UID = field('k8s.pod.uid');
const CONTAINER = field('container.id');
const CONTAINER_NAME = field('container.name');
const FIELD_HOSTNAME = field('hostname');

const RECENT_TAGS = new RecentValues((tags) => JSON.parse(tags) as unknown);

/** Without parsing the line. What has other keys, or no time or fields, is left to `read`. */
function readText(line: InputLine): UnifiedEvent[] | undefined {
  if (!line.forBuffer) return undefined;
  const json = project(SHAPE, line.text);
  if (json === undefined || rowsEnd() !== SHAPE.rows || !isObjectAt(OUTPUT_FIELDS)) return undefined;
  if (kindAt(FIELD_HOSTNAME) !== Kind.ABSENT) return undefined;
  const time = timeAt(json, TIME);
  const alert = {
    hostname: valueAt(json, HOSTNAME),
    message: valueAt(json, MESSAGE),
    output: valueAt(json, OUTPUT),
    priority: valueAt(json, PRIORITY),
    rule: valueAt(json, RULE),
    source: valueAt(json, SOURCE),
    tags: kindAt(TAGS) === Kind.ARRAY ? RECENT_TAGS.get(rawAt(json, TAGS)) : valueAt(json, TAGS),
    time,
  };
  if (time === undefined || !isAlert(alert)) return undefined;
  const fields = {
    'proc.pid': valueAt(json, PID),
    'thread.tid': valueAt(json, TID),
    'user.uid': valueAt(json, UID),
    'proc.name': valueAt(json, COMM),
    'group.gid': valueAt(json, GID),
    'evt.type': valueAt(json, CALL),
    'evt.cpu': valueAt(json, CPU),
    'evt.rawres': valueAt(json, RESULT),
    'fd.cip': valueAt(json, CLIENT),
    'fd.sip': valueAt(json, SERVER),
    'fd.l4proto': valueAt(json, PROTOCOL),
    'fd.cport': valueAt(json, CLIENT_PORT),
    'fd.sport': valueAt(json, SERVER_PORT),
    'k8s.pod.name': valueAt(json, POD),
    'k8s.ns.name': valueAt(json, POD_NAMESPACE),
    'k8s.pod.uid': valueAt(json, POD_UID),
    'container.id': valueAt(json, CONTAINER),
    'container.name': valueAt(json, CONTAINER_NAME),
  };
  const attributes = keptText(json.slice(startAt(OUTPUT_FIELDS), endAt(OUTPUT_FIELDS)));
  return [readAlert(alert, fields, time, attributes)];
}

/** attributes: the fields as they came. */
function readAlert(
  alert: JsonObject,
  fields: JsonObject | undefined,
  time: bigint,
  attributes: Record<string, unknown> | undefined,
): UnifiedEvent {
  const event = newEvent(alert.rule as string, 'falco', time);
  event.category = textOf(alert.source);
  event.severity = severityOfWord(alert.priority);
  event.message = textOf(alert.message) ?? textOfOutput(alert.output, alert.priority as string);
  event.tags = textsOf(alert.tags);
  if (fields !== undefined) {
    readFields(event, fields);
    event.attributes = attributes;
  }
  keepMisfits(event, alert);
  return event;
}

/** What the alert says around its fields and has no field of the event. */
function keepMisfits(event: UnifiedEvent, alert: JsonObject): void {
  const { hostname, source, message, output, priority, tags } = alert;
  if (event.entity === undefined) event.entity = entityOf('host', textOf(hostname));
  if (event.entity?.type !== 'host') keepText(event, 'hostname', hostname);
  if (event.category === undefined) keepText(event, 'source', source);
  // Emergency and Alert are critical, too.
  const isCoarse = event.severity === 'critical' && (priority as string).toLowerCase() !== 'critical';
  if (event.severity === undefined || isCoarse) keepText(event, 'priority', priority);
  if (textOf(message) === undefined) keepText(event, 'message', message);
  const told = event.message;
  if (told === undefined || typeof output !== 'string' || !output.endsWith(told))
    keepText(event, 'output', output);
  if ((event.tags?.length ?? 0) !== arrayOf(tags)?.length) keepText(event, 'tags', tags);
}

function keepText(event: UnifiedEvent, key: string, value: unknown): void {
  if (value !== undefined && value !== null) keepTexts(event, { [key]: value });
}

function keepTexts(event: UnifiedEvent, rest: JsonObject | undefined): void {
  if (rest === undefined) return;
  const texts: Record<string, string> = {};
  for (const key in rest) setKey(texts, key, anyText(rest[key]));
  addAttributes(event, 'alert', texts);
}

/** All of them are nanoseconds since the epoch, whatever their names promise. */
function timeOfFields(fields: JsonObject | undefined): bigint | undefined {
  for (const name of TIMES) {
    const time = fields && timeOfCount(fields[name], Unit.NANOS);
    if (time !== undefined) return time;
  }
  return undefined;
}

const SPACE = 0x20;
const PREFIX = /^[\d:.TZ+-]{8,40}: $/;

/** Without the time, which is local and has no date, and the priority. */
function textOfOutput(output: unknown, priority: string): string | undefined {
  const text = textOf(output);
  if (text === undefined) return undefined;
  const start = text.indexOf(': ') + 2;
  const end = start + priority.length;
  const isPrefixed =
    text.charCodeAt(end) === SPACE && text.startsWith(priority, start) && PREFIX.test(text.slice(0, start));
  return isPrefixed ? textOf(text.slice(end + 1)) : text;
}

function readFields(event: UnifiedEvent, fields: JsonObject): void {
  const kernel = kernelOf(
    u32Of(fields['proc.pid']),
    u32Of(fields['thread.tid']),
    idOf(fields['user.uid']),
    textOf(fields['proc.name']),
  );
  kernel.gid = idOf(fields['group.gid']);
  kernel.syscall = textOf(fields['evt.type']);
  kernel.cpuCore = u32Of(fields['evt.cpu']);
  const result = fields['evt.rawres'];
  if (result !== undefined && result !== null) {
    kernel.returnCode = i32Of(result);
    // An address.
    if (kernel.returnCode === undefined) kernel.args = { return: anyText(result) };
  }
  event.kernel = kernelUnlessEmpty(kernel);
  readConnection(event, fields);
  const pod = known(fields['k8s.pod.name']);
  event.entity =
    entityOf('pod', pod, known(fields['k8s.ns.name']), known(fields['k8s.pod.uid'])) ??
    containerEntity(containerOf(fields), known(fields['container.name']));
}

/** Client and server: whoever connected is the source. */
function readConnection(event: UnifiedEvent, fields: JsonObject): void {
  const sourceIP = known(fields['fd.cip']);
  const destIP = known(fields['fd.sip']);
  if (sourceIP === undefined && destIP === undefined) return;
  event.network = {
    protocol: known(fields['fd.l4proto']),
    sourceIP,
    sourcePort: portOf(fields['fd.cport']),
    destIP,
    destPort: portOf(fields['fd.sport']),
  };
}

/** `host` is what stands for none. */
function containerOf(fields: JsonObject): string | undefined {
  const id = known(fields['container.id']);
  return id === 'host' ? undefined : id;
}

/** `<NA>` is how Falco writes what it does not know, where it does not write null. */
function known(value: unknown): string | undefined {
  return value === '<NA>' ? undefined : textOf(value);
}
