/** journald, as journalctl -o json writes it; also json-sse and json-seq. */
import { isUtf8 } from 'node:buffer';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { containerEntity, entityOf, kernelOf, kernelUnlessEmpty, newEvent } from '../new-event';
import { severityOfSyslog } from '../severity';
import { timeOfCount, Unit } from '../time';
import { idOf, restOf, u32Of, withMisfits } from '../values';

const MAPPED = new Set([
  ...['__CURSOR', '__REALTIME_TIMESTAMP', '_SOURCE_REALTIME_TIMESTAMP', 'MESSAGE', 'PRIORITY'],
  ...['SYSLOG_IDENTIFIER', '_PID', '_UID', '_GID', '_COMM'],
]);

export const journaldFormat: JsonFormat = {
  kind: 'json',
  name: 'journald',
  recognise: ({ __CURSOR: cursor, __REALTIME_TIMESTAMP: time }) =>
    typeof cursor === 'string' && typeof time === 'string' ? '__CURSOR and __REALTIME_TIMESTAMP' : undefined,
  read,
  repair: unframe,
};

/** json-sse writes `data: ` before each object, json-seq a byte 1e. */
function unframe(text: string): string | undefined {
  if (text.startsWith('data: {')) return text.slice('data: '.length);
  return text.startsWith('\x1e{') ? text.slice(1) : undefined;
}

function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  const told = timeOfCount(first(value._SOURCE_REALTIME_TIMESTAMP), Unit.MICROS);
  const sent = told === 0n ? undefined : told;
  const time = sent ?? timeOfCount(value.__REALTIME_TIMESTAMP, Unit.MICROS);
  if (time === undefined && value.MESSAGE === undefined) return 'neither a time nor a message';
  const event = newEvent('log', 'journald', time ?? line.arrival(), text(value.__CURSOR));
  event.severity = severityOfSyslog(u32Of(first(value.PRIORITY)));
  event.message = text(value.MESSAGE);
  // Of a message that is no UTF-8, the bytes themselves.
  if (isBytes(value.MESSAGE) && decode(value.MESSAGE) === value.MESSAGE)
    event.rawData = new Uint8Array(value.MESSAGE);
  const logger = text(value.SYSLOG_IDENTIFIER);
  if (logger !== undefined) event.application = { logger };
  const kernel = kernelOf(u32Of(first(value._PID)), undefined, idOf(first(value._UID)), text(value._COMM));
  kernel.gid = idOf(first(value._GID));
  const { pid, uid, gid, comm } = kernel;
  event.kernel = kernelUnlessEmpty(kernel);
  event.entity = entityOfEntry(value);
  event.attributes = attributesOf(
    withMisfits(restOf(value, MAPPED), value, {
      __CURSOR: text(value.__CURSOR),
      __REALTIME_TIMESTAMP: sent === undefined ? time : undefined,
      _SOURCE_REALTIME_TIMESTAMP: single(value._SOURCE_REALTIME_TIMESTAMP, sent),
      MESSAGE: single(value.MESSAGE, event.message ?? event.rawData),
      PRIORITY: single(value.PRIORITY, isCoarse(first(value.PRIORITY)) ? undefined : event.severity),
      SYSLOG_IDENTIFIER: single(value.SYSLOG_IDENTIFIER, logger),
      _PID: single(value._PID, pid),
      _UID: single(value._UID, uid),
      _GID: single(value._GID, gid),
      _COMM: single(value._COMM, comm),
    }),
  );
  out.push(event);
  return undefined;
}

/** Those that are critical, as 2 is. */
function isCoarse(priority: unknown): boolean {
  const level = u32Of(priority);
  return level === 0 || level === 1;
}

function entityOfEntry(value: JsonObject): UnifiedEvent['entity'] {
  const container = text(value.CONTAINER_NAME);
  const id = text(value.CONTAINER_ID_FULL) ?? text(value.CONTAINER_ID);
  if (container !== undefined)
    return id === undefined ? entityOf('container', container) : containerEntity(id, container);
  return (
    entityOf('unit', text(value._SYSTEMD_UNIT) ?? text(value._SYSTEMD_USER_UNIT)) ??
    entityOf('host', text(value._HOSTNAME))
  );
}

/** A field that was set several times is an array of its values. Numbers in an array are the bytes of one value. */
function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}

/** Bytes that are no UTF-8 stay an array of numbers. */
function decode(value: unknown): unknown {
  if (isBytes(value)) return isUtf8(Buffer.from(value)) ? Buffer.from(value).toString('utf8') : value;
  return Array.isArray(value) ? value.map(decode) : value;
}

/** Of several values the first. */
function first(value: unknown): unknown {
  const found: unknown = Array.isArray(value) && !isBytes(value) ? value[0] : value;
  return isBytes(found) ? Buffer.from(found).toString('utf8') : found;
}

/** What was taken of a value; undefined of several, of which only the first has been. */
function single(value: unknown, taken: unknown): unknown {
  return Array.isArray(value) && !isBytes(value) ? undefined : taken;
}

/** Null stands for a value of 4096 bytes or more, name and = included, that journalctl left out without --all. */
function text(value: unknown): string | undefined {
  const found = first(value);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function attributesOf(rest: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (rest !== undefined)
    for (const key of Object.keys(rest)) if (Array.isArray(rest[key])) rest[key] = decode(rest[key]);
  return rest;
}
