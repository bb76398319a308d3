import { isUtf8 } from 'node:buffer';
import { parseObject, setOwn } from './decoder';
import { corrupt } from './invalid-event';
import { BufferText, textBytes, type TextBytes } from './latin1-text';
import { TextRun } from './text-run';

const enum Wire {
  VARINT = 0,
  FIXED64 = 1,
  BYTES = 2,
  FIXED32 = 5,
}

const TWO_32 = 2 ** 32;
/** Puts a number of 64 bits together: with BigInts it would be four of them. */
const halves = new DataView(new ArrayBuffer(8));

/** Texts that were read of late, each in the place of its hash, with its bytes. */
const KNOWN_BITS = 12;
const KNOWN_PLACES = 1 << KNOWN_BITS;
const MAX_KNOWN = 40;
/** A longer text is looked through faster by native code. */
const MAX_CUT = 64;
const knownTexts = new Array<string>(KNOWN_PLACES).fill('');
const knownLengths = new Uint8Array(KNOWN_PLACES);
const knownBytes = new Uint8Array(KNOWN_PLACES * MAX_KNOWN);
const knownView = new DataView(knownBytes.buffer);

/** By up to twelve of its bytes, of which there are four at least: all are compared anyway. */
function placeOf(source: DataView, from: number, length: number): number {
  let hash = Math.imul(length ^ source.getUint32(from, true), 0x9e3779b1);
  hash = Math.imul((hash ^ (hash >>> 15)) + source.getUint32(from + ((length - 4) >>> 1), true), 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 13)) + source.getUint32(from + length - 4, true), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & (KNOWN_PLACES - 1);
}

/** Of less than four bytes. */
function placeOfFew(source: Uint8Array, from: number, length: number): number {
  let bytes = length;
  for (let i = from; i < from + length; i++) bytes = (bytes << 8) | source[i];
  return Math.imul(bytes, 0x9e3779b1) >>> (32 - KNOWN_BITS);
}

/**
 * Reads the protobuf form (proto/tapio/v1/events.proto). Every length is checked against the message that it is in: whatever the bytes
 * are, the outcome is a value or ERR_CORRUPT_DATA that names the place, and the time is bounded by their number. What it does not
 * know is skipped; groups, which proto3 does not have, are refused.
 */
export class WireReader {
  /** The byte that is read next. */
  at = 0;
  readonly end: number;
  private readonly source: TextBytes;
  private readonly view: DataView;
  /** Cuts texts that are ASCII out of larger ones: a call into C++ for each costs more. */
  private readonly ascii: TextRun;
  private low = 0;
  private high = 0;

  constructor(bytes: Uint8Array) {
    this.source = textBytes(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
    this.ascii = new TextRun(1, new BufferText(this.source));
    this.ascii.moveTo(0, this.end);
  }

  /** Where the message whose length is next ends. */
  messageEnd(end: number): number {
    const length = this.varint32(end);
    if (length > end - this.at)
      throw corrupt(`a field of ${length} bytes at ${this.at}, where ${end - this.at} are left`);
    return this.at + length;
  }

  /** Steps over the value of a field. */
  skip(tag: number, end: number): void {
    if (tag >>> 3 === 0) throw corrupt(`a field with the number 0 before byte ${this.at}`);
    switch (tag & 7) {
      case Wire.VARINT:
        this.varint64(end);
        return;
      case Wire.FIXED64:
        this.take(8, end);
        return;
      case Wire.BYTES:
        this.at = this.messageEnd(end);
        return;
      case Wire.FIXED32:
        this.take(4, end);
        return;
      default:
        throw corrupt(`wire type ${tag & 7} of field ${tag >>> 3} before byte ${this.at}`);
    }
  }

  private take(bytes: number, end: number): number {
    const { at } = this;
    if (bytes > end - at) throw corrupt(`${bytes} bytes at ${at}, where ${end - at} are left`);
    this.at = at + bytes;
    return at;
  }

  /** A tag, a length or a number from 0 to 2^32-1. */
  varint32(end: number): number {
    const byte = this.source[this.at];
    if (byte < 0x80 && this.at < end) {
      this.at++;
      return byte;
    }
    this.varint64(end);
    if (this.high !== 0) throw corrupt(`a number above 4294967295 before byte ${this.at}`);
    return this.low;
  }

  private varint64(end: number): void {
    const { source } = this;
    const start = this.at;
    let [low, high, shift] = [0, 0, 0];
    for (let at = start; at < end; at++, shift += 7) {
      const bits = source[at] & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (bits > 1) break;
      else high |= bits << 31;
      if (source[at] < 0x80) {
        this.at = at + 1;
        this.low = low >>> 0;
        this.high = high;
        return;
      }
      if (shift === 63) break;
    }
    throw corrupt(`a number at ${start} that does not end, or is longer than 64 bits`);
  }

  u32(end: number, path: string): number {
    this.varint64(end);
    if (this.high !== 0) throw corrupt(`${path} is above 4294967295`);
    return this.low;
  }

  /** A zigzag number. */
  i32(end: number, path: string): number {
    const value = this.u32(end, path);
    return (value >>> 1) ^ -(value & 1);
  }

  port(end: number, path: string): number {
    const value = this.u32(end, path);
    if (value > 65535) throw corrupt(`${path} is ${value}`);
    return value;
  }

  safeInteger(end: number, path: string): number {
    this.varint64(end);
    const value = this.high * TWO_32 + this.low;
    if (!Number.isSafeInteger(value)) throw corrupt(`${path} is ${value}, beyond 2^53-1`);
    return value;
  }

  timestamp(end: number, path: string): bigint {
    this.varint64(end);
    if (this.high < 0) throw corrupt(`${path} is negative`);
    halves.setUint32(0, this.low, true);
    halves.setUint32(4, this.high, true);
    return halves.getBigUint64(0, true);
  }

  boolean(end: number): boolean {
    this.varint64(end);
    return (this.low | this.high) !== 0;
  }

  /** Whatever number: who does not know it takes it for absent. */
  enumNumber(end: number): number {
    this.varint64(end);
    return this.high === 0 ? this.low : -1;
  }

  double(end: number): number {
    return this.view.getFloat64(this.take(8, end), true);
  }

  text(end: number, path: string): string {
    const to = this.messageEnd(end);
    const from = this.at;
    if (to - from > MAX_CUT || !this.isAscii(from, to)) return this.slice(from, to, path);
    this.at = to;
    this.ascii.passTo(from);
    return this.ascii.cut(to - from);
  }

  private isAscii(from: number, to: number): boolean {
    const { source } = this;
    let any = 0;
    for (let i = from; i < to; i++) any |= source[i];
    return any < 0x80;
  }

  private slice(from: number, to: number, path: string): string {
    this.at = to;
    if (to === from) return '';
    const text = this.source.utf8Slice(from, to);
    // Only what is no UTF-8, or says just this, comes out with it.
    if (text.includes('\ufffd') && !isUtf8(this.source.subarray(from, to)))
      throw corrupt(`${path} is not UTF-8`);
    return text;
  }

  /** A text that recurs, of a field that says so: it is made once. */
  known(end: number, path: string): string {
    const to = this.messageEnd(end);
    const from = this.at;
    const { source } = this;
    const length = to - from;
    if (length === 0 || length > MAX_KNOWN) return this.slice(from, to, path);
    const place = length < 4 ? placeOfFew(source, from, length) : placeOf(this.view, from, length);
    const at = place * MAX_KNOWN;
    if (knownLengths[place] === length && this.isAt(from, length, at)) {
      this.at = to;
      return knownTexts[place];
    }
    const text = this.slice(from, to, path);
    knownTexts[place] = text;
    knownLengths[place] = length;
    for (let i = 0; i < length; i++) knownBytes[at + i] = source[from + i];
    return text;
  }

  /** Whether the bytes are those at byte `at` of the known ones. Four at a time: the last four may have been compared before. */
  private isAt(from: number, length: number, at: number): boolean {
    const { source, view } = this;
    let differing = 0;
    if (length < 4) {
      for (let i = 0; i < length; i++) differing |= source[from + i] ^ knownBytes[at + i];
      return differing === 0;
    }
    const last = length - 4;
    for (let i = 0; i < last; i += 4)
      differing |= view.getUint32(from + i, true) ^ knownView.getUint32(at + i, true);
    return (differing | (view.getUint32(from + last, true) ^ knownView.getUint32(at + last, true))) === 0;
  }

  json(end: number, path: string): Record<string, unknown> {
    return parseObject(this.text(end, path));
  }

  /** A copy. */
  bytes(end: number): Uint8Array {
    const to = this.messageEnd(end);
    const from = this.at;
    this.at = to;
    return new Uint8Array(this.source.subarray(from, to));
  }

  /** @param valuesRecur as the keys do */
  mapEntry(end: number, map: Record<string, string>, path: string, valuesRecur: boolean): void {
    const to = this.messageEnd(end);
    let [key, value] = ['', ''];
    while (this.at < to) {
      const tag = this.varint32(to);
      if (tag === 0x0a) key = this.known(to, path);
      else if (tag === 0x12) value = valuesRecur ? this.known(to, path) : this.text(to, path);
      else this.skip(tag, to);
    }
    setOwn(map, key, value);
  }

  /** Of a value that is not known the field stays as it is. */
  set<T, Name extends keyof T>(into: T, name: Name, value: T[Name] | undefined): void {
    if (value !== undefined) into[name] = value;
  }
}
