import { show, TapioError } from '../errors';
import { checkEmptyMap } from './empty-object';
import { EventTexts } from './event-texts';
import type { FieldWriter } from './field-writer';
import { HeaderWord, MEMO_PLACES, writeEvent } from './generated/encode';
import { invalidItem } from './invalid-event';
import { jsonText } from './json-text';
import { Reference } from './references';
import { CACHE_SIZE, cachedRefs, cachedTexts, internedId, internedText } from './strings';
import { BufferText, type Latin1Text, textBytes, type TextBytes } from './latin1-text';
import type { UnifiedEvent } from './unified-event';
import { readFailure } from './unreadable-event';
import { lengthOf } from '../validate';

/** Spread the texts of different fields, and the values of different keys, over the cache of interned text. */
const PLACE_SALT = 0x20000;
const VALUE_SALT = 0x1f35b;

/** Items of an array, or pairs of a map, whose texts are remembered from the last event. */
const MEMO_ITEMS = 8;

/** The cache of an encoder that interns nothing. */
const NO_TEXTS: readonly string[] = new Array<string>(CACHE_SIZE).fill('');
const NO_REFS = new Int32Array(CACHE_SIZE).fill(Reference.BUNDLED);

const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

/**
 * Encodes events into one region of memory. One thread at a time; not re-entrant: while `busy`, a getter of the
 * event being encoded is running, and an encode from there needs another Encoder. Reads each property of
 * an event once. Nothing outside the region is written. The memory is the caller's.
 */
export class Encoder implements FieldWriter {
  /** Whether an `encode` is under way, so that this Encoder cannot take another event. */
  get busy(): boolean {
    return this.encoding;
  }

  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly memoTexts: string[] = new Array<string>(MEMO_PLACES).fill('');
  readonly memoRefs = new Int32Array(MEMO_PLACES).fill(Reference.BUNDLED);
  /** The reference that each field had when it last was another than that of the memo. */
  private readonly rivalRefs = new Int32Array(MEMO_PLACES);
  readonly cachedTexts: readonly string[];
  readonly cachedRefs: Int32Array;
  private readonly bytes: TextBytes;
  private readonly byteLength: number;
  private readonly interning: boolean;
  private encoding = false;

  /** Of the event that was begun, and of those before it that are written with it. */
  readonly texts: EventTexts;
  private raw: Uint8Array | undefined;
  private rawLength = 0;
  private tooLarge = false;

  /**
   * @param byteOffset multiple of 8
   * @param interning false: the encoded event holds all of its text and may leave the process
   * @param latin1 how text gets into the region
   */
  constructor(
    memory: ArrayBuffer,
    byteOffset: number,
    byteLength: number,
    interning = true,
    latin1?: Latin1Text,
  ) {
    this.i32 = new Int32Array(memory, byteOffset, byteLength >>> 2);
    this.i64 = new BigInt64Array(memory, byteOffset, byteLength >>> 3);
    this.bytes = textBytes(memory, byteOffset, byteLength);
    this.byteLength = byteLength;
    this.interning = interning;
    this.cachedTexts = interning ? cachedTexts : NO_TEXTS;
    this.cachedRefs = interning ? cachedRefs : NO_REFS;
    this.texts = new EventTexts(this.i32, this.bytes, latin1 ?? new BufferText(this.bytes));
  }

  /** One that is busy for good: where another one stands usually, it turns everybody away. */
  static makeBusy(): Encoder {
    const encoder = new Encoder(new ArrayBuffer(0), 0, 0);
    encoder.encoding = true;
    return encoder;
  }

  /**
   * Encodes an event at byte `at` (multiple of 8) of the region.
   *
   * @returns the bytes written, or -1 when the event does not fit in the rest of the region, whose bytes from
   *   `at` on are then undefined
   * @throws TapioError ERR_INVALID_EVENT naming the property and its value; whatever a getter throws
   */
  encode(event: UnifiedEvent, at: number): number {
    const start = this.begin(event, at);
    return start < 0 ? -1 : this.finish(at);
  }

  /**
   * Encodes all but the text of an event, on the assumption that it is all Latin-1. Then either the `texts` that were added, if any,
   * are written from the returned byte on by other means, or `finish` does the rest.
   *
   * @param index of events whose texts are written together: its number
   * @returns the byte of the region where the text starts, or -1 when the event does not fit
   * @throws TapioError as `encode`
   */
  begin(event: UnifiedEvent, at: number, index = 0): number {
    if (this.encoding)
      throw new TapioError('ERR_INVALID_ARGUMENT', 'this encoder is busy with another event');
    if ((at & 7) !== 0 || at < 0 || at > this.byteLength) {
      throw new TapioError(
        'ERR_INVALID_ARGUMENT',
        `at must be a multiple of 8 up to ${this.byteLength}, not ${show(at)}`,
      );
    }
    this.encoding = true;
    // Whatever is left of an event that was refused.
    this.raw = undefined;
    this.tooLarge = false;
    const { texts } = this;
    texts.begin(index);
    let start = -1;
    try {
      let end = writeEvent(this, event, at >> 2) * 4;
      if (this.raw !== undefined || this.tooLarge) end = this.placeRaw(end);
      const { units } = texts;
      if (end < 0 || end + units > this.byteLength) return -1;
      const base = at >> 2;
      this.i32[base + HeaderWord.TEXT_START] = end - at;
      this.i32[base + HeaderWord.LATIN1_UNITS] = units;
      return (start = end);
    } catch (error) {
      throw readFailure(event, error);
    } finally {
      this.encoding = false;
      texts.end(index, start);
    }
  }

  /** Writes the text of the event that was begun at byte `at`; returns the length of the event, or -1. */
  finish(at: number): number {
    const { texts } = this;
    const end = texts.write(0, at);
    texts.ease();
    return end < 0 ? -1 : end - at;
  }

  interned(word: number, text: string, place: number): void {
    this.intern(word, text, place, place * PLACE_SALT);
  }

  changed(word: number, text: string, place: number): void {
    const id = this.interning ? internedId(text, place * PLACE_SALT) : 0;
    if (id === 0) this.stage(word, text);
    else this.i32[word] = id;
  }

  /** Returns the id, 0 when the text is in the bundle. */
  private intern(word: number, text: string, place: number, salt: number): number {
    const id = this.interning ? internedId(text, salt) : 0;
    if (id === 0) {
      this.stage(word, text);
      return 0;
    }
    // What comes twice takes the place. To write it each time, in a field that alternates, would cost more than it saves.
    if (this.rivalRefs[place] === id) {
      this.memoTexts[place] = internedText(id);
      this.memoRefs[place] = id;
    } else {
      this.rivalRefs[place] = id;
    }
    return (this.i32[word] = id);
  }

  /** As `intern`, for one of many items, which costs no more when it is that of the last event. */
  private item(word: number, text: string, place: number, salt: number): number {
    if (this.memoTexts[place] === text) return (this.i32[word] = this.memoRefs[place]);
    return this.intern(word, text, place, salt);
  }

  json(word: number, value: object, path: string): void {
    const text = jsonText(value, path, this.byteLength);
    if (text === undefined) this.tooLarge = true;
    else this.stage(word, text);
  }

  double(word: number, value: number): void {
    DOUBLE[0] = value;
    this.i32[word] = DOUBLE_WORDS[0]!;
    this.i32[word + 1] = DOUBLE_WORDS[1]!;
  }

  strings(word: number, items: readonly unknown[], path: string, place: number, interned: boolean): number {
    const { length } = items;
    const countWord = word++;
    let count = 0;
    for (let i = 0; i < length; i++) {
      const item = items[i];
      if (typeof item !== 'string') throw invalidItem(path, i, item);
      if (interned) this.item(word++, item, place + (i & (MEMO_ITEMS - 1)), place * PLACE_SALT);
      else this.stage(word++, item);
      count++;
    }
    // Not `length`: that of a Proxy may be anything.
    this.i32[countWord] = count;
    return word;
  }

  stringMap(
    word: number,
    map: Readonly<Record<string, unknown>>,
    path: string,
    place: number,
    internedKeys: boolean,
    internedValues: boolean,
  ): number {
    const countWord = word++;
    let count = 0;
    for (const key in map) {
      if (!Object.prototype.hasOwnProperty.call(map, key)) continue;
      const item = map[key];
      if (typeof item !== 'string') throw invalidItem(path, key, item);
      const keyPlace = place + 2 * (count & (MEMO_ITEMS - 1));
      let keyId = 0;
      if (internedKeys) keyId = this.item(word, key, keyPlace, place * PLACE_SALT);
      else this.stage(word, key);
      if (internedValues) this.item(word + 1, item, keyPlace + 1, keyId * VALUE_SALT);
      else this.stage(word + 1, item);
      word += 2;
      count++;
    }
    if (count === 0) checkEmptyMap(path, map);
    this.i32[countWord] = count;
    return word;
  }

  rawBytes(value: Uint8Array): void {
    this.raw = value;
    this.rawLength = lengthOf(value);
  }

  stage(word: number, text: string): void {
    this.texts.add(word, text);
  }

  /** Puts the raw bytes that were noted at byte `start`; returns where they end, or -1 if the event does not fit. */
  private placeRaw(start: number): number {
    const { raw, rawLength, tooLarge } = this;
    this.raw = undefined;
    this.tooLarge = false;
    if (tooLarge) return -1;
    const end = start + rawLength;
    if (end > this.byteLength) return -1;
    if (raw !== undefined) this.bytes.set(raw, start);
    return end;
  }
}
