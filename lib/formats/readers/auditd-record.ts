/** A record of the audit log: `[node=HOST ]type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): key=value ...`. */
import { digits } from '../time';
import { AuditFields } from './auditd-fields';

/** What the records of an event have in common. */
export interface AuditStamp {
  readonly node: string;
  /** SECONDS.MILLIS:SERIAL */
  readonly text: string;
  readonly timeMs: number;
}

export interface AuditRecord {
  readonly stamp: AuditStamp;
  readonly type: string;
  readonly text: string;
  /** Where in the text the fields are. */
  readonly from: number;
  readonly to: number;
}

const ENRICHED = '\x1d';
const NODE = 'node=';
const TYPE = 'type=';
const MESSAGE = ' msg=audit(';
const MAX_SECONDS_DIGITS = 12;
const MILLIS_DIGITS = 3;
const MAX_SERIAL_DIGITS = 10;
/** Longest names of hosts and types, with room. */
const LONGEST_HEAD = 512;
const COLON = 0x3a;
const CLOSE = 0x29;

/** Where `type=` stands; -1 in what is no record. */
function typeAt(text: string): number {
  const at = text.startsWith(NODE) ? text.indexOf(' ') + 1 : 0;
  return text.startsWith(TYPE, at) ? at : -1;
}

export function isAuditRecord(text: string): boolean {
  const at = typeAt(text);
  if (at < 0) return false;
  return (
    text.startsWith(MESSAGE, text.indexOf(' ', at)) || text.slice(at, at + LONGEST_HEAD).includes(MESSAGE)
  );
}

/** before: the stamp of another record, which most often is that of this one, too. */
export function parseRecord(text: string, before: AuditStamp | undefined): AuditRecord | undefined {
  const at = typeAt(text);
  if (at < 0) return undefined;
  const typeEnd = text.indexOf(' ', at);
  if (!text.startsWith(MESSAGE, typeEnd)) return undefined;
  const stampAt = typeEnd + MESSAGE.length;
  const node = at === 0 ? '' : text.slice(NODE.length, at - 1);
  const stamp =
    before !== undefined && isStampAt(text, stampAt, before, node) ? before : stampOf(text, stampAt, node);
  if (stamp === undefined) return undefined;
  const close = stampAt + stamp.text.length;
  const separator = text.indexOf(ENRICHED, close);
  return {
    stamp,
    type: text.slice(at + TYPE.length, typeEnd),
    text,
    // Old records of the daemon itself have no colon.
    from: text.charCodeAt(close + 1) === COLON ? close + 2 : close + 1,
    to: separator < 0 ? text.length : separator,
  };
}

function isStampAt(text: string, at: number, stamp: AuditStamp, node: string): boolean {
  return (
    text.startsWith(stamp.text, at) &&
    text.charCodeAt(at + stamp.text.length) === CLOSE &&
    stamp.node === node
  );
}

function stampOf(text: string, at: number, node: string): AuditStamp | undefined {
  const point = text.indexOf('.', at);
  const colon = point + 1 + MILLIS_DIGITS;
  const close = text.indexOf(')', colon);
  if (
    point < 0 ||
    text.charCodeAt(colon) !== COLON ||
    point - at > MAX_SECONDS_DIGITS ||
    close - colon - 1 > MAX_SERIAL_DIGITS
  )
    return undefined;
  const seconds = digits(text, at, point);
  const millis = digits(text, point + 1, colon);
  if (seconds < 0 || millis < 0 || digits(text, colon + 1, close) < 0) return undefined;
  return { node, text: text.slice(at, close), timeMs: seconds * 1000 + millis };
}

const fields = new AuditFields();

/** Whether a program in user space sent it, in apostrophes: it is an event of its own. */
export function isFromUser(record: AuditRecord): boolean {
  // Where there are none, nothing is to be read; elsewhere they may be part of a value.
  const at = record.text.indexOf("='", record.from);
  if (at < 0 || at >= record.to) return false;
  readFields(fields, record);
  return fields.hasMessage;
}

export function readFields(fields: AuditFields, { text, from, to }: AuditRecord): void {
  fields.read(text, from, to, true);
}
