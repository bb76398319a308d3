import { isArray, isArrayOrRevoked, show, TapioError } from '../errors';
import { NARROW_UNITS_WORD, TEXT_START_WORD, writeEvent } from './generated/encode';
import { invalid, pathOf } from './invalid-event';
import { jsonText } from './json-text';
import { BUNDLED, WIDE } from './references';
import { internedId } from './strings';
import { textBytes, type TextBytes } from './text-bytes';
import type { UnifiedEvent } from './unified-event';
import { types } from 'node:util';

/** Up to this many characters in all, texts are copied in JavaScript; beyond, joined and written by one call into C++. */
const SHORT_BUNDLE = 72;

/** Staged texts of larger events are let go afterwards, so that an idle encoder keeps little alive. */
const MAX_KEPT_UNITS = 4096;

/** Spreads the values of different keys over the cache of interned text. */
const VALUE_SALT = 0x1f35b;

const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below; an event's own `length` could lie
const byteLengthOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  'byteLength',
)!.get as (this: Uint8Array) => number;

/**
 * Encodes events into one region of memory. One thread at a time; not re-entrant: while `busy`, a getter of the
 * event being encoded is running, and an encode from there needs another Encoder. Reads each property of
 * an event once. Nothing outside the region is written. The memory is the caller's.
 */
export class Encoder {
  /** Whether an `encode` is under way, so that this Encoder cannot take another event. */
  get busy(): boolean {
    return this.encoding;
  }

  /** @internal */
  readonly i32: Int32Array;
  /** @internal */
  readonly i64: BigInt64Array;
  private readonly bytes: TextBytes;
  private readonly byteLength: number;
  private readonly interning: boolean;
  private encoding = false;

  private readonly texts: string[] = [];
  private readonly textWords: number[] = [];
  private textCount = 0;
  private textUnits = 0;
  private raw: Uint8Array | undefined;
  private rawLength = 0;
  private tooLarge = false;

  /**
   * @param byteOffset multiple of 8
   * @param interning false: the encoded event holds all of its text and may leave the process
   */
  constructor(memory: ArrayBuffer, byteOffset: number, byteLength: number, interning = true) {
    this.i32 = new Int32Array(memory, byteOffset, byteLength >>> 2);
    this.i64 = new BigInt64Array(memory, byteOffset, byteLength >>> 3);
    this.bytes = textBytes(memory, byteOffset, byteLength);
    this.byteLength = byteLength;
    this.interning = interning;
  }

  /**
   * Encodes an event at byte `at` (multiple of 8) of the region.
   *
   * @returns the bytes written, or -1 when the event does not fit in the rest of the region, whose bytes from
   *   `at` on are then undefined
   * @throws TapioError ERR_INVALID_EVENT naming the property and its value; whatever a getter throws
   */
  encode(event: UnifiedEvent, at: number): number {
    if (this.encoding)
      throw new TapioError('ERR_INVALID_ARGUMENT', 'this encoder is busy with another event');
    if ((at & 7) !== 0 || at < 0 || at > this.byteLength) {
      throw new TapioError(
        'ERR_INVALID_ARGUMENT',
        `at must be a multiple of 8 up to ${this.byteLength}, not ${show(at)}`,
      );
    }
    this.encoding = true;
    this.textCount = 0;
    this.textUnits = 0;
    try {
      return this.finish(at, writeEvent(this, event, at >> 2));
    } finally {
      this.encoding = false;
      if (this.textUnits > MAX_KEPT_UNITS) this.letGo();
    }
  }

  /** Writes the reference of a text that recurs. @internal */
  interned(word: number, value: unknown, path: string, salt: number): void {
    if (typeof value !== 'string') throw invalid(path, value, 'a string');
    const id = this.interning ? internedId(value, salt) : 0;
    if (id !== 0) this.i32[word] = id;
    else this.stage(word, value);
  }

  /** Writes the reference of a text that is known to be one; returns its id, 0 when it is in the bundle. */
  private put(word: number, text: string, interned: boolean, salt: number): number {
    const id = interned && this.interning ? internedId(text, salt) : 0;
    if (id !== 0) this.i32[word] = id;
    else this.stage(word, text);
    return id;
  }

  /** Writes the reference of a text that travels in the bundle. @internal */
  bundled(word: number, value: unknown, path: string): void {
    if (typeof value !== 'string') throw invalid(path, value, 'a string');
    this.stage(word, value);
  }

  /** Writes the reference of a JSON object, which travels as text. @internal */
  json(word: number, value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null || isArrayOrRevoked(value))
      throw invalid(path, value, 'an object');
    const text = jsonText(value, path, this.byteLength);
    if (text === undefined) this.tooLarge = true;
    else this.stage(word, text);
  }

  /** @internal */
  double(word: number, value: number): void {
    DOUBLE[0] = value;
    this.i32[word] = DOUBLE_WORDS[0]!;
    this.i32[word + 1] = DOUBLE_WORDS[1]!;
  }

  /** Writes a counted array of texts; returns the word behind it. @internal */
  strings(word: number, value: unknown, path: string, salt: number, interned: boolean): number {
    if (!isArray(value)) throw invalid(path, value, 'an array of strings');
    const count = value.length;
    this.i32[word++] = count;
    for (let i = 0; i < count; i++) {
      const item = value[i];
      if (typeof item !== 'string') throw invalid(pathOf(path, i), item, 'a string');
      this.put(word++, item, interned, salt);
    }
    return word;
  }

  /** Writes a counted map of texts to texts; returns the word behind it. @internal */
  stringMap(
    word: number,
    value: unknown,
    path: string,
    salt: number,
    internedKeys: boolean,
    internedValues: boolean,
  ): number {
    if (typeof value !== 'object' || value === null || isArrayOrRevoked(value)) {
      throw invalid(path, value, 'an object of strings');
    }
    const map = value as Readonly<Record<string, unknown>>;
    const countWord = word++;
    let count = 0;
    for (const key in map) {
      if (!Object.prototype.hasOwnProperty.call(map, key)) continue;
      const item = map[key];
      if (typeof item !== 'string') throw invalid(pathOf(path, key), item, 'a string');
      const keyId = this.put(word, key, internedKeys, salt);
      this.put(word + 1, item, internedValues, keyId * VALUE_SALT);
      word += 2;
      count++;
    }
    if (count === 0 && (types.isMap(map) || types.isSet(map)))
      throw invalid(path, map, 'a plain object of strings');
    this.i32[countWord] = count;
    return word;
  }

  /** Takes note of raw bytes; they are copied when the words are written. @internal */
  rawBytes(value: unknown, path: string): void {
    if (!types.isUint8Array(value)) throw invalid(path, value, 'a Uint8Array');
    this.raw = value;
    this.rawLength = byteLengthOf.call(value);
  }

  private stage(word: number, text: string): void {
    const count = this.textCount++;
    this.texts[count] = text;
    this.textWords[count] = word;
    this.textUnits += text.length;
  }

  /** Puts the raw bytes and the bundles behind the words of the event; returns its length, or -1. */
  private finish(at: number, endWord: number): number {
    const { bytes, i32, raw } = this;
    let end = endWord * 4;
    if (raw !== undefined || this.tooLarge) {
      const { rawLength, tooLarge } = this;
      this.raw = undefined;
      this.tooLarge = false;
      if (tooLarge || end + rawLength > this.byteLength) return -1;
      if (raw !== undefined) bytes.set(raw, end);
      end += rawLength;
    }
    if (end + this.textUnits > this.byteLength) return -1;

    const base = at >> 2;
    i32[base + TEXT_START_WORD] = end - at;
    const units = this.textUnits;
    if (units > SHORT_BUNDLE ? this.writeJoined(end) : this.writeShort(end)) {
      i32[base + NARROW_UNITS_WORD] = units;
      return end + units - at;
    }
    return this.writeMixed(at, end);
  }

  /** Writes all texts from byte `at` on, character by character, if all are Latin-1. */
  private writeShort(at: number): boolean {
    const { bytes, i32, texts, textWords, textCount } = this;
    for (let i = 0; i < textCount; i++) {
      const text = texts[i];
      if (!writeNarrow(bytes, text, at)) return false;
      i32[textWords[i]] = BUNDLED | text.length;
      at += text.length;
    }
    return true;
  }

  /**
   * Writes all texts from byte `at` on with one call, if all are ASCII. Only then does UTF-8 take one byte for each
   * character; with four bytes of spare room no other text can come out at exactly that length.
   */
  private writeJoined(at: number): boolean {
    const { bytes, i32, texts, textWords, textCount, textUnits } = this;
    if (at + textUnits + 4 > this.byteLength) return false;
    let joined = '';
    for (let i = 0; i < textCount; i++) {
      const text = texts[i];
      i32[textWords[i]] = BUNDLED | text.length;
      joined += text;
    }
    return bytes.utf8Write(joined, at, textUnits + 4) === textUnits;
  }

  /** Writes the Latin-1 texts from byte `start` on, then the wide ones; returns the length of the event, or -1. */
  private writeMixed(at: number, start: number): number {
    const { bytes, i32, texts, textWords, textCount } = this;
    const wide: number[] = [];
    let end = start;
    for (let i = 0; i < textCount; i++) {
      const text = texts[i];
      if (writeNarrow(bytes, text, end)) {
        i32[textWords[i]] = BUNDLED | text.length;
        end += text.length;
      } else {
        wide.push(i);
      }
    }
    i32[(at >> 2) + NARROW_UNITS_WORD] = end - start;
    for (const i of wide) {
      const text = texts[i];
      const size = text.length * 2;
      if (end + size > this.byteLength) return -1;
      bytes.ucs2Write(text.toWellFormed(), end, size);
      i32[textWords[i]] = BUNDLED | WIDE | text.length;
      end += size;
    }
    return end - at;
  }

  private letGo(): void {
    this.texts.length = 0;
    this.textWords.length = 0;
  }
}

/** Writes a text at byte `at` if it is Latin-1. Eight characters at a time: the test for width costs as much as a store. */
function writeNarrow(bytes: Uint8Array, text: string, at: number): boolean {
  const length = text.length;
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    const e = text.charCodeAt(i + 4);
    const f = text.charCodeAt(i + 5);
    const g = text.charCodeAt(i + 6);
    const h = text.charCodeAt(i + 7);
    if ((a | b | c | d | e | f | g | h) > 0xff) return false;
    const to = at + i;
    bytes[to] = a;
    bytes[to + 1] = b;
    bytes[to + 2] = c;
    bytes[to + 3] = d;
    bytes[to + 4] = e;
    bytes[to + 5] = f;
    bytes[to + 6] = g;
    bytes[to + 7] = h;
  }
  for (; i < length; i++) {
    const char = text.charCodeAt(i);
    if (char > 0xff) return false;
    bytes[at + i] = char;
  }
  return true;
}
