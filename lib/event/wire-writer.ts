import { EventCursor } from './event-cursor';
import { EventProjector } from './event-projector';
import type { EventView } from './event-view';
import { writeWire } from './generated/wire-write';
import { corrupt } from './invalid-event';
import { textBytes, type TextBytes } from './narrow-text';
import { IS_LITTLE_ENDIAN, Reference } from './references';
import { internedText } from './strings';
import type { UnifiedEvent } from './unified-event';

const FIRST_BYTES = 256 * 1024;
/** Of an event that is no view; it grows. */
const PROJECTOR_BYTES = 16 * 1024;
/** Up to this many characters, a text is copied in JavaScript; a longer one by one call into C++. */
const SHORT = 96;
const TWO_32 = 2 ** 32;

/** Interned text in UTF-8 behind its length, one behind the other, each found by its id: a text is made into bytes once. */
class InternedBytes {
  bytes = new Uint8Array(16 * 1024);
  /** By id: where it begins, and where it ends; 0 where the text has not been met. */
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  private used = 0;

  /** @throws TapioError ERR_CORRUPT_DATA for an id that was never given out */
  add(id: number): void {
    const text = Buffer.from(internedText(id));
    if (id >= this.ends.length) {
      this.starts = grown(this.starts, id + 1);
      this.ends = grown(this.ends, id + 1);
    }
    const length = text.length;
    const needed = this.used + length + 2;
    if (needed > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
      bytes.set(this.bytes);
      this.bytes = bytes;
    }
    this.starts[id] = this.used;
    if (length < 0x80) this.bytes[this.used++] = length;
    else {
      this.bytes[this.used++] = (length & 0x7f) | 0x80;
      this.bytes[this.used++] = length >>> 7;
    }
    this.bytes.set(text, this.used);
    this.used += length;
    this.ends[id] = this.used;
  }
}

function grown(numbers: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(length, 2 * numbers.length));
  larger.set(numbers);
  return larger;
}

const interned = new InternedBytes();

/**
 * Writes events in the protobuf form (proto/tapio/v1/events.proto) one behind the other, each as a field 1 of the message that they
 * make: the events of an EventBatch. Takes them from their encoded form: no text is decoded, and of interned text the bytes are known.
 *
 * Threads: one. Guaranteed: what a call that throws has written is not there. Memory: its own, which grows and stays.
 */
export class WireWriter {
  /** Bytes written since `clear`. */
  length = 0;
  /** The words of the event. @internal */
  i32: Int32Array = new Int32Array(0);
  /** @internal */
  i64: BigInt64Array = new BigInt64Array(0);
  /** Stores beyond its end are lost; then the event is written again, into more. @internal */
  out: TextBytes = textBytes(new ArrayBuffer(FIRST_BYTES), 0, FIRST_BYTES);
  /** Word behind the section or part just written. @internal */
  w = 0;
  private source: TextBytes = textBytes(new ArrayBuffer(0), 0, 0);
  private wordLimit = 0;
  private textStart = 0;
  private narrowAt = 0;
  private narrowEnd = 0;
  private wideAt = 0;
  private wideEnd = 0;
  private projector: EventProjector | undefined;

  clear(): void {
    this.length = 0;
  }

  /** A copy of what was written since `clear`. */
  toBuffer(): Buffer {
    return Buffer.from(this.out.subarray(0, this.length));
  }

  /**
   * Appends an event, or the event that a view shows.
   * @returns how many bytes that took
   * @throws TapioError ERR_INVALID_EVENT for what is no event; ERR_CORRUPT_DATA for a view of what is none
   */
  append(event: UnifiedEvent | EventView): number {
    if (event instanceof EventCursor) return this.appendView(event);
    this.projector ??= new EventProjector(PROJECTOR_BYTES);
    return this.appendView(this.projector.show(event));
  }

  private appendView(view: EventCursor): number {
    for (;;) {
      const start = this.length;
      this.begin(view);
      this.out[start] = 0x0a;
      // An event takes two bytes of length, mostly.
      const first = start + 3;
      let end = writeWire(this, view.base, first);
      const size = end - first;
      if (size < 0x80 || size >= 0x4000) {
        const wanted = varintSize(size);
        this.out.copyWithin(start + 1 + wanted, first, end);
        end += wanted - 2;
        this.varint32(start + 1, size);
      } else {
        this.out[start + 1] = (size & 0x7f) | 0x80;
        this.out[start + 2] = size >>> 7;
      }
      if (end <= this.out.length) {
        this.length = end;
        return end - start;
      }
      const { out } = this;
      const bytes = Math.max(end, 2 * out.length);
      this.out = textBytes(new ArrayBuffer(bytes), 0, bytes);
      this.out.set(out.subarray(0, start));
    }
  }

  private begin(view: EventCursor): void {
    const { at, length } = view;
    this.i32 = view.i32;
    this.i64 = view.i64;
    this.source = view.bytes;
    const [textStart, narrowUnits] = view.textSizes();
    this.textStart = at + textStart;
    this.narrowAt = this.textStart;
    this.narrowEnd = this.narrowAt + narrowUnits;
    this.wideAt = this.narrowEnd;
    this.wideEnd = at + length;
    this.wordLimit = this.narrowAt >> 2;
  }

  /** Every byte of the event must have been used. @internal */
  finish(w: number, rawBytes = false): void {
    const isAtEnd = rawBytes ? w <= this.wordLimit : w === this.wordLimit;
    if (!isAtEnd || this.narrowAt !== this.narrowEnd || this.wideAt !== this.wideEnd)
      throw corrupt(`its words end at ${w}, its text starts at ${this.wordLimit}`);
  }

  /** The length of a message that lies from `start` to `p` belongs before it, where one byte is free. Returns where it ends then. @internal */
  close(start: number, p: number): number {
    const length = p - start;
    if (length < 0x80) {
      this.out[start - 1] = length;
      return p;
    }
    const more = varintSize(length) - 1;
    this.out.copyWithin(start + more, start, p);
    this.varint32(start - 1, length);
    return p + more;
  }

  /** A text behind its length. @internal */
  text(p: number, ref: number): number {
    if (ref < 0) return this.bundled(p, ref);
    const { ends } = interned;
    if (!(ends[ref] > 0)) interned.add(ref);
    const { out } = this;
    const { bytes } = interned;
    const end = interned.ends[ref];
    for (let i = interned.starts[ref]; i < end; i++) out[p++] = bytes[i];
    return p;
  }

  private bundled(p: number, ref: number): number {
    const { source, out } = this;
    const length = ref & Reference.LENGTH_MASK;
    if ((ref & Reference.WIDE) !== 0) {
      const from = this.wideAt;
      this.wideAt = from + 2 * length;
      if (this.wideAt > this.wideEnd) throw corrupt('a text reaches past its end');
      return this.string(p, source.ucs2Slice(from, this.wideAt));
    }
    const from = this.narrowAt;
    const to = from + length;
    if (to > this.narrowEnd) throw corrupt('a text reaches past its end');
    this.narrowAt = to;
    if (length > SHORT) return this.string(p, source.latin1Slice(from, to));
    out[p] = length;
    let q = p + 1;
    for (let i = from; i < to; i++) {
      const byte = source[i];
      if (byte >= 0x80) return this.string(p, source.latin1Slice(from, to));
      out[q++] = byte;
    }
    return q;
  }

  private string(p: number, text: string): number {
    const length = Buffer.byteLength(text);
    p = this.varint32(p, length);
    if (p + length <= this.out.length) this.out.utf8Write(text, p, length);
    return p + length;
  }

  /** @internal */
  strings(p: number, w: number, tag: number): number {
    const { i32, out } = this;
    const end = w + 1 + this.count(w, 1);
    for (let k = w + 1; k < end; k++) {
      if (tag >= 0x80) {
        out[p++] = (tag & 0x7f) | 0x80;
        out[p++] = tag >>> 7;
      } else out[p++] = tag;
      p = this.text(p, i32[k]);
    }
    this.w = end;
    return p;
  }

  /** @internal */
  stringMap(p: number, w: number, tag: number): number {
    const { i32, out } = this;
    const end = w + 1 + 2 * this.count(w, 2);
    for (let k = w + 1; k < end; k += 2) {
      if (tag >= 0x80) {
        out[p++] = (tag & 0x7f) | 0x80;
        out[p++] = tag >>> 7;
      } else out[p++] = tag;
      const start = ++p;
      out[p++] = 0x0a;
      p = this.text(p, i32[k]);
      out[p++] = 0x12;
      p = this.text(p, i32[k + 1]);
      p = this.close(start, p);
    }
    this.w = end;
    return p;
  }

  private count(w: number, size: number): number {
    const count = w < this.wordLimit ? this.i32[w] : -1;
    if (count < 0 || count * size > this.wordLimit - w - 1)
      throw corrupt(`a list of ${count} in too few bytes`);
    return count;
  }

  /** The raw bytes between the words, which end before `w`, and the text. @internal */
  rawBytes(p: number, w: number): number {
    const { source, out } = this;
    const from = w * 4;
    const to = this.textStart;
    this.finish(w, true);
    p = this.varint32(p, to - from);
    if (p + to - from <= out.length) out.set(source.subarray(from, to), p);
    return p + to - from;
  }

  /** @internal */
  varint32(p: number, value: number): number {
    const { out } = this;
    while (value > 0x7f || value < 0) {
      out[p++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    out[p++] = value;
    return p;
  }

  /** @internal */
  varint64(p: number, low: number, high: number): number {
    const { out } = this;
    while (high !== 0) {
      out[p++] = (low & 0x7f) | 0x80;
      low = (low >>> 7) | (high << 25);
      high >>>= 7;
    }
    return this.varint32(p, low);
  }

  /** @internal */
  safeInteger(p: number, w: number, path: string): number {
    const value = this.number(w);
    if (value >= 0 && value < TWO_32 && value >>> 0 === value) return this.varint32(p, value);
    if (!Number.isSafeInteger(value)) throw corrupt(`${path} is ${value}`);
    return this.varint64(p, value | 0, Math.floor(value / TWO_32) | 0);
  }

  private number(w: number): number {
    WORDS[0] = this.i32[w];
    WORDS[1] = this.i32[w + 1];
    return DOUBLE[0];
  }

  /** @internal */
  double(p: number, w: number): number {
    const { i32, out } = this;
    let word = i32[IS_LITTLE_ENDIAN ? w : w + 1];
    for (let i = 0; i < 4; i++, word >>>= 8) out[p++] = word & 0xff;
    word = i32[IS_LITTLE_ENDIAN ? w + 1 : w];
    for (let i = 0; i < 4; i++, word >>>= 8) out[p++] = word & 0xff;
    return p;
  }
}

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);

function varintSize(value: number): number {
  let size = 1;
  while ((value >>>= 7) !== 0) size++;
  return size;
}
