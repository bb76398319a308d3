/** The text of a JSON object with the keys of audit records, written key by key. */
import { quoted } from '../../event/json-text';
import { textBytes } from '../../event/latin1-text';
import type { JsonObject } from '../format';
import type { AuditFields } from './auditd-fields';
import { Kind, keyOf, type AuditKey } from './auditd-key';
import { line } from './auditd-line';
import { hexDigit, isNone, textValue } from './auditd-value';

/** Under which an object has the words that are no fields, and those of the message where it has either. */
const WORDS = keyOf('text');
const WORDS_OF_MESSAGE = keyOf('msg.text');
/** Where a field is called `text`. */
const WORDS_OF_LINE = keyOf('line.text');

/** Objects are numbered, so that a key can tell which of them had it last. */
let lastNumber = 0;
const MAX_NUMBER = 2 ** 30;
const MAX_UNKNOWN = 16;

/**
 * Members whose values are short and plain ASCII are written here, byte by byte: a text for each, to be put together in the end, costs
 * several times as much.
 */
const ROOM = 1 << 14;
const bytes = new Uint8Array(ROOM);
const written = textBytes(bytes.buffer, 0, ROOM);
/** The longest such value. */
const MAX_SHORT = 512;
/** More than any key takes that is known. */
const MEMBER_ROOM = MAX_SHORT + 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LAST_VISIBLE = 0x7e;
const COMMA = 0x2c;
const OPEN = 0x7b;
const ZERO = 0x30;
const NINE = 0x39;
/** Digits of a number that fits 32 bits, with room. */
const MAX_DIGITS = 10;
const NOT_PLAIN = -1;

/**
 * Of a key that comes twice the last value counts. While the attributes of an event are written, the objects in them may be, one
 * after the other.
 */
export class AuditMembers {
  private text = '';
  /** Bytes that follow the text. */
  private end = 0;
  private count = 0;
  private readonly number = (lastNumber = (lastNumber + 1) % MAX_NUMBER);
  private repeats = false;
  /** Names of keys that are not known, up to MAX_UNKNOWN of them. */
  private unknown: string[] | undefined;
  private parsed: JsonObject | undefined;

  /** isPart: it is an object in attributes. */
  constructor(private readonly isPart: boolean) {}

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** value: JSON. */
  add(key: AuditKey, value: string): void {
    this.note(key);
    this.text += `${this.count++ === 0 ? '{' : ','}${key.json}${value}`;
  }

  /** The fields, of that text which is now in `line`, but for those that say that there is nothing, and what is no field. omit: bits of roles. */
  addFields(fields: AuditFields, omit = 0): void {
    const { count, keys } = fields;
    for (let i = 0; i < count; i++) {
      const key = keys[i];
      if (((omit >> key.role) & 1) === 0) this.addField(key, key.kind, fields, i);
    }
    this.flush();
    if (fields.hasWords) this.addWords(fields);
  }

  addWords({ words, wordsOfMessage }: AuditFields): void {
    if (words !== '') this.add(this.mayHave(WORDS) ? WORDS_OF_LINE : WORDS, quoted(words));
    if (wordsOfMessage !== '')
      this.add(this.mayHave(WORDS) ? WORDS_OF_MESSAGE : WORDS, quoted(wordsOfMessage));
  }

  /** A field under another key. To be followed by `flush`. */
  addField(key: AuditKey, kind: Kind, fields: AuditFields, index: number): void {
    const start = fields.starts[index];
    const end = fields.ends[index];
    if (isNone(fields.text, start, end)) return;
    this.note(key);
    if (this.end > ROOM - MEMBER_ROOM) this.flush();
    const plain =
      key.bytes === undefined || end - start > MAX_SHORT
        ? NOT_PLAIN
        : this.write(key.bytes, kind, start, end);
    if (plain === NOT_PLAIN) {
      this.flush();
      const raw = fields.raw(index);
      const value = kind === Kind.TEXT || raw.charCodeAt(0) === QUOTE ? textValue(raw) : raw;
      this.text += `${this.count === 0 ? '{' : ','}${key.json}${quoted(value!)}`;
    } else this.end = plain;
    this.count++;
  }

  /** Puts what was written behind the text. */
  flush(): void {
    if (this.end > 0) this.text += written.latin1Slice(0, this.end);
    this.end = 0;
  }

  /** Of a key that is known. */
  has(key: AuditKey): boolean {
    return (this.isPart ? key.inPart : key.inAttributes) === this.number;
  }

  /** The value, in JSON, that a key of attributes had when this was first asked. */
  valueOf(key: AuditKey): string | undefined {
    if (key.known ? !this.has(key) : this.unknown === undefined) return undefined;
    this.parsed ??= JSON.parse(this.json) as JsonObject;
    return Object.hasOwn(this.parsed, key.name) ? JSON.stringify(this.parsed[key.name]) : undefined;
  }

  /** Of the whole object, each key once. */
  toJson(): string {
    return this.repeats ? JSON.stringify(JSON.parse(this.json)) : this.json;
  }

  /** False only where it has not. */
  private mayHave(key: AuditKey): boolean {
    if (key.known) return this.has(key);
    const { unknown } = this;
    return unknown !== undefined && (unknown.length === MAX_UNKNOWN || unknown.includes(key.name));
  }

  private note(key: AuditKey): void {
    if (!key.known) this.noteUnknown(key.name);
    else if (this.has(key)) this.repeats = true;
    else if (this.isPart) key.inPart = this.number;
    else key.inAttributes = this.number;
  }

  private noteUnknown(name: string): void {
    const unknown = (this.unknown ??= []);
    // Of many it takes too long to tell.
    if (unknown.length === MAX_UNKNOWN || unknown.includes(name)) this.repeats = true;
    else unknown.push(name);
  }

  /** Writes a member; returns where it ends, or NOT_PLAIN. */
  private write(key: Uint8Array, kind: Kind, start: number, end: number): number {
    const { codes } = line;
    let at = this.end;
    bytes[at++] = this.count === 0 ? OPEN : COMMA;
    for (let i = 0; i < key.length; i++) bytes[at++] = key[i];
    if (codes[start] === QUOTE) {
      const isClosed = end - start > 1 && codes[end - 1] === QUOTE;
      return writeText(at, codes, start + 1, isClosed ? end - 1 : end);
    }
    if (kind === Kind.NUMBER && isNumber(codes, start, end)) {
      // JSON has no leading zeros.
      let from = start;
      while (codes[from] === ZERO && from < end - 1) from++;
      while (from < end) bytes[at++] = codes[from++];
      return at;
    }
    if (kind === Kind.TEXT && isHex(codes, start, end)) return writeHex(at, codes, start, end);
    return writeText(at, codes, start, end);
  }

  private get json(): string {
    return this.count === 0 ? '{}' : `${this.text}}`;
  }
}

function isPlain(code: number): boolean {
  return code >= SPACE && code <= LAST_VISIBLE && code !== QUOTE && code !== BACKSLASH;
}

function writeText(to: number, codes: Uint16Array, start: number, end: number): number {
  let at = to;
  bytes[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const code = codes[i];
    if (!isPlain(code)) return NOT_PLAIN;
    bytes[at++] = code;
  }
  bytes[at++] = QUOTE;
  return at;
}

function isHex(codes: Uint16Array, start: number, end: number): boolean {
  if (((end - start) & 1) !== 0) return false;
  for (let i = start; i < end; i++) if (hexDigit(codes[i]) < 0) return false;
  return true;
}

function writeHex(to: number, codes: Uint16Array, start: number, end: number): number {
  let at = to;
  bytes[at++] = QUOTE;
  for (let i = start; i < end; i += 2) {
    const code = hexDigit(codes[i]) * 16 + hexDigit(codes[i + 1]);
    if (!isPlain(code)) return NOT_PLAIN;
    bytes[at++] = code;
  }
  bytes[at++] = QUOTE;
  return at;
}

function isNumber(codes: Uint16Array, start: number, end: number): boolean {
  if (end - start > MAX_DIGITS) return false;
  for (let i = start; i < end; i++) if (codes[i] < ZERO || codes[i] > NINE) return false;
  return true;
}
