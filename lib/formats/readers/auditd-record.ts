/** One record of the audit log: `[node=HOST ]type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): key=value ...`. */

export interface AuditRecord {
  /** `NODE` and a space, or nothing; then SECONDS.MILLIS:SERIAL. All records of an event have the same. */
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

/** Old records of the daemon itself have no colon behind the parenthesis. */
const HEAD = /^(?:node=(\S+) )?type=(\S+) msg=audit\((\d{1,12})\.(\d{3}):(\d{1,10})\):? ?/;
const ENRICHED = '\x1d';

export function isAuditRecord(text: string): boolean {
  return (text.startsWith('type=') || text.startsWith('node=')) && HEAD.test(text);
}

export function parseRecord(text: string): AuditRecord | undefined {
  const head = HEAD.exec(text);
  if (head === null) return undefined;
  const [whole, node = '', type, seconds, millis, serial] = head;
  const separator = text.indexOf(ENRICHED, whole.length);
  const end = separator < 0 ? text.length : separator;
  const fields: string[] = [];
  const fromUser = readFields(text, whole.length, end, fields, true);
  const enriched: string[] = [];
  if (separator >= 0) readFields(text, separator + 1, text.length, enriched, false);
  const key = `${node} ${seconds}.${millis}:${serial}`;
  return { key, node, type, seconds, millis, serial, fields, enriched, fromUser };
}

const SPACE = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
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
    const equals = text.indexOf('=', at);
    if (equals < 0 || equals >= to) break;
    let keyStart = Math.max(at, text.lastIndexOf(' ', equals) + 1);
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
        end = endOf(text, ' ', start, to);
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
