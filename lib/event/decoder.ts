import { eventSlabs } from '../byte-slabs';
import { HeaderWord } from './generated/encode';
import { readEvent } from './generated/decode';
import { corrupt } from './invalid-event';
import { parseJsonText } from './json-text';
import { IS_LITTLE_ENDIAN, Reference } from './references';
import { MapMemo } from './map-memo';
import { internedText, textOfId } from './strings';
import { BufferText, type NarrowText, textBytes } from './narrow-text';
import { TextRun } from './text-run';
import type { UnifiedEvent } from './unified-event';

const NOTHING_KNOWN: readonly (string | undefined)[] = [undefined];

/**
 * Decodes events out of one region of memory, which nothing else may write meanwhile. One thread at a time.
 * Every length and count is checked against the bounds of the event: whatever the bytes are, the outcome is an
 * event or ERR_CORRUPT_DATA, nothing outside the event is read, and the time is bounded by its length.
 */
export class Decoder {
  /** @internal */
  readonly i32: Int32Array;
  /** @internal */
  readonly i64: BigInt64Array;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly byteLength: number;
  private readonly interning: boolean;
  /** Text by the ids that may occur. @internal */
  readonly known: readonly (string | undefined)[];
  private readonly maps = new MapMemo();

  /** The words of the event end before this word. */
  private wordLimit = 0;
  /** The event ends before this word. */
  private eventLimit = 0;
  /** Word behind the section just read. @internal */
  w = 0;

  private textStart = 0;
  private readonly narrow: TextRun;
  private readonly wide: TextRun;

  /**
   * @param byteOffset multiple of 8
   * @param interning false: the encoded events hold all of their text
   * @param narrow how text gets out of the region
   */
  constructor(
    memory: ArrayBuffer,
    byteOffset: number,
    byteLength: number,
    interning = true,
    narrow?: NarrowText,
  ) {
    this.i32 = new Int32Array(memory, byteOffset, byteLength >>> 2);
    this.i64 = new BigInt64Array(memory, byteOffset, byteLength >>> 3);
    this.view = new DataView(memory, byteOffset, byteLength);
    this.bytes = new Uint8Array(memory, byteOffset, byteLength);
    this.byteLength = byteLength;
    this.interning = interning;
    const bytes = textBytes(memory, byteOffset, byteLength);
    this.narrow = new TextRun(1, narrow ?? new BufferText(bytes));
    this.wide = new TextRun(2, { read: (start, end) => bytes.ucs2Slice(start, end) });
    this.known = interning ? textOfId : NOTHING_KNOWN;
  }

  /**
   * Decodes the event in bytes `at` (multiple of 8) to `at + length` of the region.
   *
   * @param into an event to fill instead of a new one: fields that are absent in the bytes are removed from it, its
   *   nested objects are replaced
   * @param narrow the Latin-1 text of the event, if it has been read already
   * @throws TapioError ERR_CORRUPT_DATA
   */
  decode(at: number, length: number, into?: UnifiedEvent, narrow?: string): UnifiedEvent {
    const { i32 } = this;
    const base = at >> 2;
    const end = at + length;
    if ((at & 7) !== 0 || at < 0 || length < HeaderWord.COUNT * 4 || !(end <= this.byteLength)) {
      throw corrupt(`${length} bytes at ${at} of ${this.byteLength}`);
    }
    const textStart = i32[base + HeaderWord.TEXT_START];
    const narrowUnits = i32[base + HeaderWord.NARROW_UNITS];
    if (textStart < HeaderWord.COUNT * 4 || textStart > length)
      throw corrupt(`its text starts at ${textStart} of ${length}`);
    const wideBytes = length - textStart - narrowUnits;
    if (narrowUnits < 0 || wideBytes < 0 || (wideBytes & 1) !== 0) {
      throw corrupt(`${narrowUnits} characters of text in ${length - textStart} bytes`);
    }
    const narrowStart = at + textStart;
    this.textStart = narrowStart;
    this.wordLimit = narrowStart >> 2;
    this.eventLimit = end >> 2;
    this.narrow.moveTo(narrowStart, end - wideBytes, narrow);
    this.wide.moveTo(end - wideBytes, end);
    return readEvent(this, base, into);
  }

  /** Whether a record of at most `most` words from word `w` on might reach past the event, so that its words must be counted. @internal */
  isTight(w: number, most: number): boolean {
    return w + most > this.eventLimit;
  }

  /** Whether the words of the event end before word `w`. @internal */
  ends(w: number): boolean {
    return w === this.wordLimit;
  }

  /** @internal */
  require(w: number, count: number): void {
    if (w + count > this.wordLimit) throw corrupt('a section reaches past its end');
  }

  /** The text of a reference. Bundled texts must be read in their order. @internal */
  text(ref: number): string {
    if (ref < 0) return this.cut(ref);
    if (!this.interning) throw corrupt(`text ${ref} is not part of it`);
    return internedText(ref);
  }

  private cut(ref: number): string {
    const run = (ref & Reference.WIDE) === 0 ? this.narrow : this.wide;
    return run.cut(ref & Reference.LENGTH_MASK);
  }

  /** @internal */
  json(ref: number): Record<string, unknown> {
    return parseObject(this.text(ref));
  }

  /** @internal */
  double(w: number): number {
    return this.view.getFloat64(w * 4, IS_LITTLE_ENDIAN);
  }

  /** @internal */
  safeInteger(w: number, path: string): number {
    const value = this.double(w);
    if (!Number.isSafeInteger(value)) throw corrupt(`${path} is ${value}`);
    return value;
  }

  /** @internal */
  port(w: number, path: string): number {
    const value = this.i32[w];
    if ((value & 0xffff) !== value) throw corrupt(`${path} is ${value}`);
    return value;
  }

  /** Reads a counted array and moves behind it. @internal */
  strings(w: number): string[] {
    const i32 = this.i32;
    const count = this.count(w, 1);
    this.w = w + 1 + count;
    // An array literal has just the room that it needs; one that grows takes room for 17 at first.
    if (count === 1) return [this.text(i32[w + 1])];
    if (count === 2) return [this.text(i32[w + 1]), this.text(i32[w + 2])];
    const items: string[] = [];
    for (let i = 1; i <= count; i++) items.push(this.text(i32[w + i]));
    return items;
  }

  /** Reads a counted map and moves behind it. @internal */
  stringMap(w: number): Record<string, string> {
    const i32 = this.i32;
    const count = this.count(w, 2);
    const end = w + 1 + 2 * count;
    this.w = end;
    const known = this.interning ? this.maps.find(i32, w + 1, end) : undefined;
    if (known !== undefined) return { ...known };
    const map: Record<string, string> = {};
    for (let k = w + 1; k < end; k += 2) setOwn(map, this.text(i32[k]), this.text(i32[k + 1]));
    if (this.interning) this.maps.remember(i32, w + 1, end, map);
    return map;
  }

  private count(w: number, size: number): number {
    if (w >= this.wordLimit) throw corrupt('a list starts past its end');
    const count = this.i32[w];
    if (count < 0 || count * size > this.wordLimit - w - 1)
      throw corrupt(`a list of ${count} in too few bytes`);
    return count;
  }

  /** The raw bytes between the words, which end before `w`, and the text. @internal */
  rawBytes(w: number): Uint8Array {
    const start = w * 4;
    if (start > this.textStart) throw corrupt('its raw bytes end before they start');
    return eventSlabs.copy(this.bytes, start, this.textStart);
  }

  /** Every byte must have been used. @internal */
  finish(w: number, hasRawBytes: boolean): void {
    const wordsEnd = w * 4;
    if (hasRawBytes ? wordsEnd > this.textStart : wordsEnd !== this.textStart) {
      throw corrupt(`its words end at ${wordsEnd}, its text starts at ${this.textStart}`);
    }
    const isUsed = this.narrow.finish();
    if (!this.wide.finish() || !isUsed) throw corrupt('text that no field uses');
  }
}

/** Sets a property as an object literal would, whatever its name. */
export function setOwn(map: Record<string, string>, key: string, value: string): void {
  if (key === '__proto__') {
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    map[key] = value;
  }
}

/** The JSON object in a text. */
export function parseObject(text: string): Record<string, unknown> {
  const value = parseJsonText(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw corrupt('a text is no JSON object');
  return value as Record<string, unknown>;
}
