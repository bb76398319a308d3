/** The fields of a record: `key=value key="quoted value" msg='key=value ...'`. */
import { hashWith, keyAt, keyOf, type AuditKey } from './auditd-key';
import { line } from './auditd-line';

const SPACE = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What stands between fields and says nothing, as the colon in `acct=root : exe=a`. */
const PUNCTUATION = /^[\s:,(){}]*$/;

/** So many fields have a place that is kept from record to record. */
const MAX_KEPT = 256;

/**
 * Where the fields of a text lie. One object reads record after record, so that nothing is allocated for any: what it holds is void with
 * the next one. The text is that of `line`.
 */
export class AuditFields {
  text = '';
  /** How many there are, in the places from 0 on. */
  count = 0;
  readonly keys: AuditKey[] = [];
  /** Of the values as they are written, quotes included. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** Whether one was a message in apostrophes, as programs in user space send: its fields are among the others. */
  hasMessage = false;
  /** What is no field of the record, as in `avc:  denied  { read } for pid=1`, and of the message in it; runs of words are joined by a space. */
  words = '';
  wordsOfMessage = '';
  /** While a message is read: so many fields stand before it. */
  private kernels = 0;
  private inMessage = false;

  /** Of text[from, to). mayHaveMessage: whether apostrophes may stand around fields. */
  read(text: string, from: number, to: number, mayHaveMessage: boolean): void {
    if (this.keys.length > MAX_KEPT) this.keys.length = this.starts.length = this.ends.length = 0;
    this.text = text;
    this.count = 0;
    this.hasMessage = false;
    this.words = this.wordsOfMessage = '';
    line.read(text);
    this.readBetween(line.codes, from, to, mayHaveMessage);
  }

  get hasWords(): boolean {
    return this.words !== '' || this.wordsOfMessage !== '';
  }

  /** The value as it is written. */
  raw(index: number): string {
    return this.text.slice(this.starts[index], this.ends[index]);
  }

  private readBetween(codes: Uint16Array, from: number, to: number, mayHaveMessage: boolean): void {
    const { text } = this;
    let at = from;
    while (at < to && codes[at] === SPACE) at++;
    while (at < to) {
      let keyStart = at;
      let equals = at;
      let hash = 0;
      for (; equals < to; equals++) {
        const code = codes[equals];
        if (code === EQUALS) break;
        if (code === SPACE) {
          keyStart = equals + 1;
          hash = 0;
        } else hash = hashWith(hash, code);
      }
      if (equals >= to) {
        this.addWords(text.slice(at, to));
        break;
      }
      let key =
        codes[keyStart] === OPEN
          ? keyOf(text.slice(keyStart + 1, equals))
          : keyAt(text, keyStart, equals, hash);
      if (keyStart > at) key = this.keyBehind(text.slice(at, keyStart), key);
      at = this.readValue(codes, key, equals + 1, to, mayHaveMessage);
      while (at < to && codes[at] === SPACE) at++;
    }
  }

  /** Old kernels write `old auid=1 new auid=2` for what others call `old-auid` and `auid`. */
  private keyBehind(words: string, key: AuditKey): AuditKey {
    const before = words.trimEnd();
    if (before === 'old') return keyOf(`old-${key.name}`);
    const hasOld = this.count > 0 && this.keys[this.count - 1].name === `old-${key.name}`;
    if (before !== 'new' || !hasOld) this.addWords(before);
    return key;
  }

  /** Returns where it ends. */
  private readValue(
    codes: Uint16Array,
    key: AuditKey,
    start: number,
    to: number,
    mayHaveMessage: boolean,
  ): number {
    const first = start < to ? codes[start] : SPACE;
    if (first === QUOTE) return this.addUpTo(codes, QUOTE, key, start, to);
    if (first === OPEN_BRACE) return this.addUpTo(codes, CLOSE_BRACE, key, start, to);
    if (first === APOSTROPHE && mayHaveMessage) {
      const last = this.text.lastIndexOf("'", to - 1);
      const end = last > start ? last : to;
      this.hasMessage = true;
      this.kernels = this.count;
      this.inMessage = true;
      this.readBetween(codes, start + 1, end, false);
      this.inMessage = false;
      this.kernels = 0;
      return end + 1;
    }
    let end = start;
    while (end < to && codes[end] !== SPACE) end++;
    let valueEnd = end;
    // `(hostname=?, addr=?)`, as old programs wrote; not `(null)`.
    if (first !== OPEN) while (valueEnd > start && isTrailing(codes[valueEnd - 1])) valueEnd--;
    this.add(key, start, valueEnd);
    return end;
  }

  /** A value up to the character that closes it; up to `to` where none does. */
  private addUpTo(codes: Uint16Array, closing: number, key: AuditKey, start: number, to: number): number {
    let end = start + 1;
    while (end < to && codes[end] !== closing) end++;
    if (end < to) end++;
    this.add(key, start, end);
    return end;
  }

  /** Whether it is a key in the message of a program that the kernel has told before: a program may say what it likes. */
  private isKernels({ name }: AuditKey): boolean {
    for (let i = 0; i < this.kernels; i++) if (this.keys[i].name === name) return true;
    return false;
  }

  private addWords(words: string): void {
    if (PUNCTUATION.test(words)) return;
    const more = words.trimEnd();
    if (this.inMessage) this.wordsOfMessage += this.wordsOfMessage === '' ? more : ` ${more}`;
    else this.words += this.words === '' ? more : ` ${more}`;
  }

  private add(key: AuditKey, start: number, end: number): void {
    const index = this.count++;
    this.keys[index] = this.kernels > 0 && this.isKernels(key) ? keyOf(`msg.${key.name}`) : key;
    this.starts[index] = start;
    this.ends[index] = end;
  }
}

function isTrailing(code: number): boolean {
  return code === COMMA || code === CLOSE;
}
