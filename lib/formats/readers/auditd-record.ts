/** One record of the audit log: `[node=HOST ]type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): key=value ...`. */

export interface AuditRecord {
  /** The node and a space, or nothing; then SECONDS.MILLIS:SERIAL. All records of an event have the same. */
  readonly key: string;
  readonly node: string;
  readonly seconds: string;
  readonly millis: string;
  readonly serial: string;
  readonly type: string;
  /** Names and values in turn, as they are written, quotes included. */
  readonly fields: string[];
  /** Of the part that auditd added for people. */
  readonly enriched: string[];
  /** What a program in user space sent: it is an event of its own. */
  readonly fromUser: boolean;
}

const ENRICHED = '\x1d';
const NODE = 'node=';
const TYPE = 'type=';
const MESSAGE = ' msg=audit(';
/** SECONDS.MILLIS:SERIAL */
const STAMP = /^(\d{1,12})\.(\d{3}):(\d{1,10})$/;
/** Longest names of hosts and types, with room. */
const LONGEST_HEAD = 512;

/** Where `type=` stands; -1 in what is no record. */
function typeAt(text: string): number {
  const at = text.startsWith(NODE) ? text.indexOf(' ') + 1 : 0;
  return text.startsWith(TYPE, at) ? at : -1;
}

export function isAuditRecord(text: string): boolean {
  const at = typeAt(text);
  return at >= 0 && text.slice(at, at + LONGEST_HEAD).includes(MESSAGE);
}

export function parseRecord(text: string): AuditRecord | undefined {
  const at = typeAt(text);
  if (at < 0) return undefined;
  const typeEnd = text.indexOf(' ', at);
  const stampAt = typeEnd + MESSAGE.length;
  const close = text.indexOf(')', stampAt);
  if (!text.startsWith(MESSAGE, typeEnd) || close < 0) return undefined;
  const stamp = text.slice(stampAt, close);
  const match = STAMP.exec(stamp);
  if (match === null) return undefined;
  const node = at === 0 ? '' : text.slice(NODE.length, at - 1);
  const separator = text.indexOf(ENRICHED, close);
  const end = separator < 0 ? text.length : separator;
  const fields: string[] = [];
  // Old records of the daemon itself have no colon.
  const fromUser = readFields(text, text[close + 1] === ':' ? close + 2 : close + 1, end, fields, true);
  const enriched: string[] = [];
  if (separator >= 0) readFields(text, separator + 1, text.length, enriched, false);
  return {
    key: node === '' ? stamp : `${node} ${stamp}`,
    node,
    type: text.slice(at + TYPE.length, typeEnd),
    seconds: match[1],
    millis: match[2],
    serial: match[3],
    fields,
    enriched,
    fromUser,
  };
}

const SPACE = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BRACE = 0x7b;

/** Appends the fields of text[from, to) and tells whether one was a message in apostrophes, whose fields are appended, too. */
function readFields(
  text: string,
  from: number,
  to: number,
  fields: string[],
  mayHaveMessage: boolean,
): boolean {
  let hasMessage = false;
  let at = from;
  while (at < to) {
    let keyStart = at;
    let equals = at;
    for (; equals < to; equals++) {
      const code = text.charCodeAt(equals);
      if (code === EQUALS) break;
      if (code === SPACE) keyStart = equals + 1;
    }
    if (equals >= to) break;
    if (keyStart > at && at === from) addWords(text.slice(at, keyStart), fields);
    if (text.charCodeAt(keyStart) === OPEN) keyStart++;
    const key = text.slice(keyStart, equals);
    const start = equals + 1;
    let end: number;
    const first = text.charCodeAt(start);
    switch (first === APOSTROPHE && !mayHaveMessage ? SPACE : first) {
      case QUOTE:
        end = endOf(text, '"', start + 1, to) + 1;
        fields.push(key, text.slice(start, end));
        break;
      case APOSTROPHE: {
        const last = text.lastIndexOf("'", to - 1);
        end = last > start ? last : to;
        hasMessage = true;
        readFields(text, start + 1, end, fields, false);
        end++;
        break;
      }
      case BRACE:
        end = endOf(text, '}', start + 1, to) + 1;
        fields.push(key, text.slice(start, end));
        break;
      default: {
        end = start;
        while (end < to && text.charCodeAt(end) !== SPACE) end++;
        let valueEnd = end;
        // `(hostname=?, addr=?)`, as old programs wrote; not `(null)`.
        if (first !== OPEN) while (valueEnd > start && isTrailing(text.charCodeAt(valueEnd - 1))) valueEnd--;
        fields.push(key, text.slice(start, valueEnd));
      }
    }
    at = end;
    while (at < to && text.charCodeAt(at) === SPACE) at++;
  }
  return hasMessage;
}

/** `avc:  denied  { read } for` */
function addWords(words: string, fields: string[]): void {
  const text = words.trim();
  if (text !== '') fields.push('text', text);
}

function isTrailing(code: number): boolean {
  return code === COMMA || code === CLOSE;
}

function endOf(text: string, what: string, from: number, to: number): number {
  const found = text.indexOf(what, from);
  return found < 0 || found > to ? to : found;
}
