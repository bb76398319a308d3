import { eventSlabs } from '../byte-slabs';
import type { FieldReader } from './field-reader';
import { HeaderWord } from './generated/encode';
import { readEvent } from './generated/decode';
import { corrupt } from './invalid-event';
import { parseJsonText } from './json-text';
import { IS_LITTLE_ENDIAN, Reference } from './references';
import { MapMemo } from './map-memo';
import { internedText, textOfId } from './strings';
import { BufferText, type Latin1Text, textBytes } from './latin1-text';
import { TextRun } from './text-run';
import type { UnifiedEvent } from './unified-event';

const NOTHING_KNOWN: readonly (string | undefined)[] = [undefined];

/**
 * Decodes events out of one region of memory, which nothing else may write meanwhile. One thread at a time.
 * Every length and count is checked against the bounds of the event: whatever the bytes are, the outcome is an
 * event or ERR_CORRUPT_DATA, nothing outside the event is read, and the time is bounded by its length.
 */
export class Decoder implements FieldReader {
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly byteLength: number;
  private readonly interning: boolean;
  readonly known: readonly (string | undefined)[];
  private readonly maps = new MapMemo();

  /** The words of the event end before this word. */
  private wordLimit = 0;
  /** The event ends before this word. */
  private eventLimit = 0;
  w = 0;

  private textStart = 0;
  private readonly latin1: TextRun;
  private readonly utf16: TextRun;
  /** Whether `utf16` stands where an event has text: most have none. */
  private hasUtf16 = false;

  /**
   * @param byteOffset multiple of 8
   * @param interning false: the encoded events hold all of their text
   * @param latin1 how text gets out of the region
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
    this.view = new DataView(memory, byteOffset, byteLength);
    this.bytes = new Uint8Array(memory, byteOffset, byteLength);
    this.byteLength = byteLength;
    this.interning = interning;
    const bytes = textBytes(memory, byteOffset, byteLength);
    this.latin1 = new TextRun(1, latin1 ?? new BufferText(bytes));
    this.utf16 = new TextRun(2, { read: (start, end) => bytes.ucs2Slice(start, end) });
    this.known = interning ? textOfId : NOTHING_KNOWN;
  }

  /**
   * Decodes the event in bytes `at` (multiple of 8) to `at + length` of the region.
   *
   * @param into an event to fill instead of a new one: fields that are absent in the bytes are removed from it, its
   *   nested objects are replaced
   * @param latin1 the Latin-1 text of the event, if it has been read already
   * @throws TapioError ERR_CORRUPT_DATA
   */
  decode(at: number, length: number, into?: UnifiedEvent, latin1?: string): UnifiedEvent {
    const { i32 } = this;
    const base = at >> 2;
    const end = at + length;
    if ((at & 7) !== 0 || at < 0 || length < HeaderWord.COUNT * 4 || !(end <= this.byteLength)) {
      throw corrupt(`${length} bytes at ${at} of ${this.byteLength}`);
    }
    const textStart = i32[base + HeaderWord.TEXT_START];
    const latin1Units = i32[base + HeaderWord.LATIN1_UNITS];
    if (textStart < HeaderWord.COUNT * 4 || textStart > length)
      throw corrupt(`its text starts at ${textStart} of ${length}`);
    const utf16Bytes = length - textStart - latin1Units;
    if (latin1Units < 0 || utf16Bytes < 0 || (utf16Bytes & 1) !== 0) {
      throw corrupt(`${latin1Units} characters of text in ${length - textStart} bytes`);
    }
    const latin1Start = at + textStart;
    this.textStart = latin1Start;
    this.wordLimit = latin1Start >> 2;
    this.eventLimit = end >> 2;
    this.latin1.moveTo(latin1Start, end - utf16Bytes, latin1);
    if (utf16Bytes !== 0 || this.hasUtf16) {
      this.utf16.moveTo(end - utf16Bytes, end);
      this.hasUtf16 = utf16Bytes !== 0;
    }
    return readEvent(this, base, into);
  }

  isTight(w: number, most: number): boolean {
    return w + most > this.eventLimit;
  }

  ends(w: number): boolean {
    return w === this.wordLimit;
  }

  require(w: number, count: number): void {
    if (w + count > this.wordLimit) throw corrupt('a section reaches past its end');
  }

  text(ref: number): string {
    if (ref < 0)
      return ((ref & Reference.UTF16) === 0 ? this.latin1 : this.utf16).cut(ref & Reference.LENGTH_MASK);
    if (!this.interning) throw corrupt(`text ${ref} is not part of it`);
    return internedText(ref);
  }

  json(ref: number): Record<string, unknown> {
    return parseObject(this.text(ref));
  }

  double(w: number): number {
    return this.view.getFloat64(w * 4, IS_LITTLE_ENDIAN);
  }

  safeInteger(w: number, path: string): number {
    const value = this.double(w);
    if (!Number.isSafeInteger(value)) throw corrupt(`${path} is ${value}`);
    return value;
  }

  port(w: number, path: string): number {
    const value = this.i32[w];
    if ((value & 0xffff) !== value) throw corrupt(`${path} is ${value}`);
    return value;
  }

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

  rawBytes(w: number): Uint8Array {
    const start = w * 4;
    if (start > this.textStart) throw corrupt('its raw bytes end before they start');
    return eventSlabs.copy(this.bytes, start, this.textStart);
  }

  finish(w: number, hasRawBytes: boolean): void {
    const wordsEnd = w * 4;
    if (hasRawBytes ? wordsEnd > this.textStart : wordsEnd !== this.textStart) {
      throw corrupt(`its words end at ${wordsEnd}, its text starts at ${this.textStart}`);
    }
    const isUsed = this.latin1.finish();
    if ((this.hasUtf16 && !this.utf16.finish()) || !isUsed) throw corrupt('text that no field uses');
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
