/** Lines in, events out: takes wrappers off, puts parts together, and finds out whose line it is. */
import { show, TapioError } from '../errors';
import type { UnifiedEvent } from '../event/unified-event';
import { checkFunction, checkOptions, invalidArgument } from '../validate';
import { isTooDeep, MAX_DEPTH, parseExact } from './exact-json';
import { excerpt } from './excerpt';
import type {
  Format,
  FormatName,
  InputLine,
  JsonFormat,
  JsonObject,
  SkipReason,
  TextFormat,
  TextReader,
} from './format';
import { IndentedObject } from './indented-object';
import { addAttributes } from './new-event';
import { FORMATS } from './registry';
import { now } from './time';
import { objectOf } from './values';
import { isDockerLine, splitCri, StreamParts, type WrappedLine } from './wrappers';

/**
 * Reads lines of one format, or of whichever each line turns out to be of. One thread. Nothing that a line holds makes it throw;
 * every event it gives can be put into a buffer whose `maxEventSize` it fits.
 */
export interface FormatReader {
  /**
   * The events of a line, without its line end; none for a blank line, a bookmark, a part. Events may come later than their line:
   * with a further line, or from `idle` or `end`.
   * @throws TapioError ERR_INVALID_ARGUMENT for what is no string
   */
  push(line: string): UnifiedEvent[];
  /** What has waited for two seconds or more for lines that belong to it. To be called now and then while no line comes. */
  idle(): UnifiedEvent[];
  /** What still waits for further lines. The reader can be used on. */
  end(): UnifiedEvent[];
  /** How many of the last lines, from the oldest one that still waits for further ones: to be read again after a crash. */
  readonly held: number;
  /** The format that was named, or else of the last line that was recognised; undefined before there was one. */
  readonly format: FormatName | undefined;
  /** skipped: how often `onSkip` had a reason to be called. */
  getStats(): { lines: number; events: number; skipped: number };
}

export interface FormatReaderOptions {
  /**
   * Told of each line that gives no event and should: its number, counted from 1, and the reason, in which all text from the line is safe to show on
   * a terminal. Of what spans lines, the last one.
   */
  onSkip?: (line: number, reason: string) => void;
  /** With `auto`, told of each format the first time that a line of it comes, and by what it was recognised. */
  onFormat?: (line: number, format: FormatName, reason: string) => void;
  /**
   * The events are put into a buffer as they are, which saves half of the time: of most formats a line is not parsed, and the attributes are
   * the text they came as, which are there as an object once the event is taken out of a buffer; before, it may be empty, and a change of it is not
   * stored. Default false.
   */
  forBuffer?: boolean;
}

/**
 * @param format `auto`: each line is of the format that recognises it, first that of the line before
 * @throws TapioError ERR_INVALID_ARGUMENT for a format there is not, options that are no object, or a callback that is no function
 */
export function createFormatReader(
  format: FormatName | 'auto',
  options: FormatReaderOptions = {},
): FormatReader {
  const named = format === 'auto' ? undefined : FORMATS.get(format);
  if (format !== 'auto' && named === undefined) {
    throw new TapioError(
      'ERR_INVALID_ARGUMENT',
      `format must be auto or one of ${[...FORMATS.keys()].join(', ')}, not ${show(format)}`,
    );
  }
  const checked = checkOptions(options);
  for (const name of ['onSkip', 'onFormat'] as const) {
    if (checked[name] !== undefined) checkFunction(name, checked[name]);
  }
  return new Reader(named, checked);
}

class Reader implements FormatReader, InputLine {
  text = '';
  readonly forBuffer: boolean;
  private lines = 0;
  private events = 0;
  private skipped = 0;
  /** The format of the line before, asked first. */
  private current: Format | undefined;
  private readonly textReaders = new Map<TextFormat, TextReader>();
  private readonly told = new Set<FormatName>();
  private readonly indented = new IndentedObject();
  private indentedSince = 0;
  private readonly streams = new StreamParts();
  /** Of the line being read, where it has one. */
  private wrapper: WrappedLine | undefined;

  constructor(
    /** undefined: auto. */
    private readonly named: Format | undefined,
    private readonly options: FormatReaderOptions,
  ) {
    this.current = named;
    this.forBuffer = options.forBuffer === true;
  }

  get format(): FormatName | undefined {
    return this.current?.name;
  }

  get held(): number {
    let oldest = Math.min(this.streams.waitingSince, this.indented.isOpen ? this.indentedSince : Infinity);
    for (const { waitingSince } of this.textReaders.values())
      oldest = Math.min(oldest, waitingSince ?? Infinity);
    return oldest === Infinity ? 0 : this.lines - oldest + 1;
  }

  get number(): number {
    return this.lines;
  }

  arrival(): bigint {
    return this.wrapper?.time ?? now();
  }

  getStats(): { lines: number; events: number; skipped: number } {
    return { lines: this.lines, events: this.events, skipped: this.skipped };
  }

  push(line: string): UnifiedEvent[] {
    if (typeof line !== 'string') throw invalidArgument('line', line, 'a string');
    this.lines++;
    this.wrapper = undefined;
    if (this.lines === 1 && line.charCodeAt(0) === BYTE_ORDER_MARK) line = line.slice(1);
    const early = this.readAsBefore(line);
    if (early !== undefined) {
      this.events += early.length;
      return early;
    }
    const out: UnifiedEvent[] = [];
    const cri = splitCri(line);
    if (cri !== undefined) this.readWrapped(cri, out);
    else this.readText(line, out);
    this.events += out.length;
    return out;
  }

  idle(): UnifiedEvent[] {
    const out: UnifiedEvent[] = [];
    for (const reader of this.textReaders.values()) reader.idle?.(out);
    this.events += out.length;
    return out;
  }

  end(): UnifiedEvent[] {
    const out: UnifiedEvent[] = [];
    for (const rest of this.streams.end()) this.readWrapped(rest, out);
    this.wrapper = undefined;
    if (this.indented.isOpen) this.skip(`an object without an end: ${excerpt(this.indented.take())}`);
    for (const reader of this.textReaders.values()) reader.end?.(out);
    this.events += out.length;
    return out;
  }

  /** The events of a line of the format of the line before, if that one can do without parsing all of it. */
  private readAsBefore(line: string): UnifiedEvent[] | undefined {
    const { current } = this;
    if (current?.kind !== 'json' || current.readText === undefined) return undefined;
    if (line.charCodeAt(0) !== OPEN || this.indented.isOpen) return undefined;
    this.text = line;
    return current.readText(this);
  }

  /** A part waits for its last one; what is whole is read as a line of its own. */
  private readWrapped(part: WrappedLine, out: UnifiedEvent[]): void {
    const whole = this.streams.join(part, this.lines);
    if (whole === undefined) return;
    if (whole.text === undefined) {
      this.skip('a line in parts that is too long');
      return;
    }
    const { wrapper } = this;
    this.wrapper = whole;
    const from = out.length;
    this.readText(whole.text, out);
    const around = { stream: whole.stream, ...whole.rest };
    const sizeOfAround = Object.keys(around).length;
    for (let at = from; at < out.length; at++) {
      const isTold = (at - from) * sizeOfAround > MOST_AROUND;
      addAttributes(out[at], 'wrapper', isTold ? { stream: whole.stream } : around);
    }
    this.wrapper = wrapper;
  }

  private readText(line: string, out: UnifiedEvent[]): void {
    // Of a line end of two characters.
    const text = line.charCodeAt(line.length - 1) === CARRIAGE_RETURN ? line.slice(0, -1) : line;
    this.text = text;
    const { current } = this;
    const early = this.wrapper === undefined ? undefined : this.readAsBefore(text);
    if (early !== undefined) {
      out.push(...early);
      return;
    }
    if (this.indented.isOpen && this.readIndented(text, out)) return;
    const first = firstCharacter(text);
    if (first === '') return;
    if (first === '{' || first === '[') {
      if (this.indented.begins(text)) {
        this.indentedSince = this.lines;
        return;
      }
      const value = parseExact(text);
      if (value === undefined) this.readBroken(text, out);
      else this.readValue(value, out);
    } else if (current?.kind === 'text' && current === this.named) this.readLine(current, out);
    else this.readBroken(text, out);
  }

  /** Whether the line goes on with the object that has begun; one that does not is read for itself. */
  private readIndented(text: string, out: UnifiedEvent[]): boolean {
    const state = this.indented.push(text);
    if (state === 'open') return true;
    const whole = this.indented.take();
    if (state === 'whole') {
      this.text = whole;
      const value = parseExact(whole);
      if (value === undefined) this.skip(`no JSON over several lines: ${excerpt(whole)}`);
      else this.readValue(value, out);
      return true;
    }
    this.skip(`an object without an end: ${excerpt(whole)}`);
    this.text = text;
    return state === 'too long';
  }

  private readValue(value: unknown, out: UnifiedEvent[]): void {
    if (isTooDeep(this.text, value)) this.skip(`JSON nested more than ${MAX_DEPTH} deep`);
    else if (!Array.isArray(value)) this.readItem(value, out);
    else if (value.length === 0) this.skip('an empty array');
    else {
      for (const item of value) this.readItem(item, out);
    }
  }

  private readItem(item: unknown, out: UnifiedEvent[]): void {
    const value = objectOf(item);
    if (value === undefined) {
      this.skip(`JSON, but no object: ${excerpt(this.text)}`);
      return;
    }
    if (this.wrapper === undefined && isDockerLine(value)) {
      this.readWrapped(this.streams.ofDocker(value), out);
      return;
    }
    const format = this.formatOf(value);
    if (format === undefined) {
      this.skip(`an object of no known format, with ${keysOf(value)}`);
      return;
    }
    const reason = format.read(value, this, out);
    if (reason !== undefined) this.skip(`${format.name}: ${reason}`);
  }

  /** Whose object it is; the one named is asked by reading. */
  private formatOf(value: JsonObject): JsonFormat | undefined {
    const { named, current } = this;
    if (named !== undefined) return named.kind === 'json' ? named : undefined;
    if (current?.kind === 'json' && current.recognise(value) !== undefined) return current;
    for (const format of FORMATS.values()) {
      if (format.kind !== 'json') continue;
      const reason = format.recognise(value);
      if (reason === undefined) continue;
      this.found(format, reason);
      return format;
    }
    return undefined;
  }

  /** A line that is no JSON: of a format of text, or of one whose producer writes broken JSON, or of none. */
  private readBroken(text: string, out: UnifiedEvent[]): void {
    const { named, current } = this;
    const candidates = named === undefined ? FORMATS.values() : [named];
    if (named === undefined && current?.kind === 'text' && current.recognise(text) !== undefined) {
      this.readLine(current, out);
      return;
    }
    for (const format of candidates) {
      if (format.kind === 'text') {
        const reason = named === undefined ? format.recognise(text) : '';
        if (reason === undefined) continue;
        this.found(format, reason);
        this.readLine(format, out);
        return;
      }
      const repaired = format.repair?.(text);
      const value = repaired === undefined ? undefined : parseExact(repaired);
      if (value === undefined) continue;
      this.text = repaired!;
      this.readValue(value, out);
      return;
    }
    this.skip(`no JSON${named === undefined ? ', and of no known format' : ''}: ${excerpt(text)}`);
  }

  private readLine(format: TextFormat, out: UnifiedEvent[]): void {
    let reader = this.textReaders.get(format);
    if (reader === undefined) this.textReaders.set(format, (reader = format.open(this.forBuffer)));
    if (!this.text.isWellFormed()) this.text = this.text.toWellFormed();
    const reason: SkipReason = reader.push(this, out);
    if (reason !== undefined) this.skip(`${format.name}: ${reason}`);
  }

  private found(format: Format, reason: string): void {
    this.current = format;
    if (this.named !== undefined || this.told.has(format.name)) return;
    this.told.add(format.name);
    const { wrapper } = this;
    const around = wrapper === undefined ? '' : `, in lines of a container (${wrapper.wrapper})`;
    this.options.onFormat?.(this.lines, format.name, reason + around);
  }

  private skip(reason: string): void {
    this.skipped++;
    this.options.onSkip?.(this.lines, reason);
  }
}

/** What stands around a batch is told of each of its events, up to so many attributes in all: else it could take any amount of time. */
const MOST_AROUND = 65_536;

const OPEN = 0x7b;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/** The first that is no white space; '' of a blank line. */
function firstCharacter(text: string): string {
  const first = text.charCodeAt(0);
  // A line that begins with a visible character, as most do.
  return first > 0x20 && first < 0x7f ? text[0] : text.trimStart().charAt(0);
}

const KEYS_SHOWN = 4;

function keysOf(value: JsonObject): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'no keys';
  const shown = keys.slice(0, KEYS_SHOWN).map(excerpt).join(', ');
  return keys.length > KEYS_SHOWN ? `${shown} and ${keys.length - KEYS_SHOWN} more keys` : shown;
}
