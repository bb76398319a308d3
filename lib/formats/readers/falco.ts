/** Falco's alerts with json_output. */
import { keepJsonText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import { exactJson, isTooDeep, parseJson } from '../exact-json';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { addAttribute, containerEntity, entityOf, kernelOf, newEvent } from '../new-event';
import { severityOfWord } from '../severity';
import { timeOfCount, timeOfText, Unit } from '../time';
import { anyText, i32Of, idOf, objectOf, portOf, textOf, textsOf, u32Of } from '../values';

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
  if (!isAlert(value)) return 'no rule and priority';
  out.push(readAlert(value, objectOf(value.output_fields), line));
  return undefined;
}

const FIELDS = '"output_fields":';

/**
 * Parses the fields and the alert around them each for itself, so that the text of the fields is known to be an object, and is the
 * attributes' text. What does not look like that is left to `read`.
 */
function readText(line: InputLine, out: UnifiedEvent[]): boolean {
  if (!line.forBuffer) return false;
  const json = exactJson(line.text);
  const begin = json.indexOf(FIELDS) + FIELDS.length;
  const end = json.lastIndexOf('},"priority":') + 1;
  if (begin < FIELDS.length || end <= begin) return false;
  const fieldsText = json.slice(begin, end);
  const fields = objectOf(parseJson(fieldsText));
  const alert = objectOf(parseJson(`${json.slice(0, begin)}0${json.slice(end)}`));
  // The 0 is where the fields were: in an alert, and not in a text.
  if (fields === undefined || alert?.output_fields !== 0 || !isAlert(alert) || isTooDeep(json, fields))
    return false;
  keepJsonText(fields, fieldsText);
  out.push(readAlert(alert, fields, line));
  return true;
}

/** The attributes are the fields as they came. */
function readAlert(
  alert: JsonObject,
  fields: Record<string, unknown> | undefined,
  line: InputLine,
): UnifiedEvent {
  const time = timeOfText(alert.time) ?? timeOfFields(fields) ?? line.arrival();
  const event = newEvent(alert.rule as string, 'falco', time);
  event.category = textOf(alert.source);
  event.severity = severityOfWord(alert.priority);
  event.message = textOf(alert.message) ?? textOfOutput(alert.output, alert.priority as string);
  event.tags = textsOf(alert.tags);
  if (fields !== undefined) {
    readFields(event, fields);
    event.attributes = fields;
  }
  const host = textOf(alert.hostname);
  if (event.entity === undefined) event.entity = entityOf('host', host);
  else if (host !== undefined) addAttribute(event, 'hostname', host);
  for (const key in alert) if (!MAPPED.has(key)) addAttribute(event, key, anyText(alert[key]));
  return event;
}

/** All of them are nanoseconds since the epoch, whatever their names promise. */
function timeOfFields(fields: JsonObject | undefined): bigint | undefined {
  for (const name of TIMES) {
    const time = fields && timeOfCount(fields[name], Unit.NANOS);
    if (time !== undefined) return time;
  }
  return undefined;
}

const PREFIX = /^[\d:.TZ+-]{8,40}: $/;

/** Without the time, which is local and has no date, and the priority. */
function textOfOutput(output: unknown, priority: string): string | undefined {
  const text = textOf(output);
  const at = text?.indexOf(`: ${priority} `) ?? -1;
  return at >= 0 && PREFIX.test(text!.slice(0, at + 2))
    ? textOf(text!.slice(at + priority.length + 3))
    : text;
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
  if (KERNEL_FIELDS.some((name) => kernel[name] !== undefined)) event.kernel = kernel;
  readConnection(event, fields);
  const pod = known(fields['k8s.pod.name']);
  event.entity =
    entityOf('pod', pod, known(fields['k8s.ns.name']), known(fields['k8s.pod.uid'])) ??
    containerEntity(containerOf(fields), known(fields['container.name']));
}

const KERNEL_FIELDS = [
  'pid',
  'tid',
  'uid',
  'gid',
  'comm',
  'syscall',
  'cpuCore',
  'returnCode',
  'args',
] as const;

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
