import { eventSlabs } from '../byte-slabs';
import { corrupt } from './invalid-event';
import { HeaderWord } from './generated/encode';
import { IS_LITTLE_ENDIAN, Reference } from './references';
import { internedText } from './strings';
import { textBytes, type TextBytes } from './latin1-text';
import { Decoder, parseObject, setOwn } from './decoder';

/** Runs of references in an event: the root, and each section with its counted parts. */
const MAX_RUNS = 64;

/**
 * Gives an object properties that copies of it (`{...view}`, structuredClone) do not have. From the start, as an object whose
 * properties change their attributes later becomes a hash table.
 */
function hide(target: object, properties: Record<string, unknown>, writable = false): void {
  for (const [name, value] of Object.entries(properties))
    Object.defineProperty(target, name, { value, writable });
}

/**
 * Random access to one encoded event. What the generated view stands on: it knows how to reach texts and
 * parts, the generated code knows where they are. Every access is bounded by the event that the view was
 * last moved to.
 */
export abstract class ViewReader {
  declare readonly i32: Int32Array;
  declare readonly i64: BigInt64Array;
  readonly #view: DataView;
  readonly #raw: Uint8Array;
  /** @internal */
  declare readonly bytes: TextBytes;
  declare protected readonly byteLength: number;
  readonly #interning: boolean;

  /** First word of the event. */
  declare base: number;
  /** Presence bits of the root. */
  declare bits: number;
  /** Presence bits of the fixed section, 0 when it is absent. */
  declare fixedBits: number;
  /** Word where the words of the event end; raw bytes may follow. Known once located. */
  #wordsEnd = 0;
  /** Where the event lies in the region, in bytes. @internal */
  declare at: number;
  /** @internal */
  declare length: number;
  /** No word at or after this one belongs to the event. */
  #wordLimit = 0;

  declare protected located: boolean;
  readonly #runs = new Int32Array(2 * MAX_RUNS);
  #runCount = 0;

  constructor(memory: ArrayBuffer, byteOffset: number, byteLength: number, interning = true) {
    this.#view = new DataView(memory, byteOffset, byteLength);
    this.#raw = new Uint8Array(memory, byteOffset, byteLength);
    this.#interning = interning;
    hide(this, {
      i32: new Int32Array(memory, byteOffset, byteLength >>> 2),
      i64: new BigInt64Array(memory, byteOffset, byteLength >>> 3),
      bytes: textBytes(memory, byteOffset, byteLength),
      byteLength,
    });
    hide(this, { base: 0, bits: 0, fixedBits: 0, at: 0, length: 0, located: false }, true);
  }

  protected move(at: number, length: number, bitsWord: number, fixedBit: number, fixedWords: number): void {
    const i32 = this.i32;
    const base = at >> 2;
    if ((at & 7) !== 0 || at < 0 || length < HeaderWord.COUNT * 4 || !(at + length <= this.byteLength)) {
      throw corrupt(`${length} bytes at ${at} of ${this.byteLength}`);
    }
    const bits = i32[base + bitsWord];
    this.base = base;
    this.bits = bits;
    this.at = at;
    this.length = length;
    this.located = false;
    this.fixedBits = 0;
    if ((bits & fixedBit) !== 0) {
      if (length < (HeaderWord.COUNT + fixedWords) * 4)
        throw corrupt(`${length} bytes are too few for its sections`);
      this.fixedBits = i32[base + HeaderWord.COUNT]!;
    }
  }

  /** Where the bundle of Latin-1 text starts, counted from the event. */
  private textStart(): number {
    const textStart = this.i32[this.base + HeaderWord.TEXT_START];
    if (textStart < HeaderWord.COUNT * 4 || textStart > this.length) {
      throw corrupt(`its text starts at ${textStart} of ${this.length}`);
    }
    return textStart;
  }

  /** Where the bundle of text starts, counted from the event, and how many characters of it are Latin-1. @internal */
  textSizes(): [textStart: number, latin1Units: number] {
    const textStart = this.textStart();
    const latin1Units = this.i32[this.base + HeaderWord.LATIN1_UNITS];
    if (latin1Units < 0 || latin1Units > this.length - textStart)
      throw corrupt(`${latin1Units} characters of text in ${this.length} bytes`);
    return [textStart, latin1Units];
  }

  /** The text of the reference in this word. */
  text(word: number): string {
    const ref = this.i32[word];
    if (ref < 0) return this.bundledText(word, ref);
    if (!this.#interning) throw corrupt(`text ${ref} is not part of it`);
    return internedText(ref);
  }

  private bundledText(word: number, ref: number): string {
    const length = ref & Reference.LENGTH_MASK;
    const [textStart, latin1Units] = this.textSizes();
    const latin1Start = this.at + textStart;
    const latin1End = latin1Start + latin1Units;
    if ((ref & Reference.UTF16) === 0) {
      const start = latin1Start + this.unitsBefore(word, 0);
      if (start + length > latin1End) throw corrupt('a text reaches past its end');
      return this.bytes.latin1Slice(start, start + length);
    }
    const start = latin1End + 2 * this.unitsBefore(word, Reference.UTF16);
    const end = start + 2 * length;
    if (end > this.at + this.length) throw corrupt('a text reaches past its end');
    return this.bytes.ucs2Slice(start, end);
  }

  /** Length of the bundled texts of one form whose references are before this word. */
  private unitsBefore(word: number, form: number): number {
    const { i32 } = this;
    const runs = this.#runs;
    // The first text of the event, its id, needs no search.
    if (word === this.base + HeaderWord.FIRST_REF) return 0;
    this.ensureLocated();
    let units = 0;
    for (let run = 0; run < this.#runCount; run++) {
      const end = runs[2 * run + 1];
      for (let k = runs[2 * run]; k < end; k++) {
        if (k === word) return units;
        const ref = i32[k];
        if (ref < 0 && (ref & Reference.UTF16) === form) units += ref & Reference.LENGTH_MASK;
      }
    }
    throw corrupt('a text is in no section');
  }

  protected ensureLocated(): void {
    if (this.located) return;
    this.#wordLimit = (this.at + this.textStart()) >> 2;
    this.#runCount = 0;
    this.#wordsEnd = this.locate();
    this.located = true;
  }

  /** Finds where each section starts and where the references are; returns the word where the words end. */
  protected abstract locate(): number;

  /** Notes that words `from` to `to - 1` are references. */
  protected addRun(from: number, to: number): void {
    if (to > this.#wordLimit) throw corrupt('a section reaches past its end');
    const run = 2 * this.#runCount++;
    this.#runs[run] = from;
    this.#runs[run + 1] = to;
  }

  /** Checks that words up to `to - 1` belong to the event. */
  protected requireUpTo(to: number): void {
    if (to > this.#wordLimit) throw corrupt('a section reaches past its end');
  }

  /** Steps over a counted part whose entries are `size` references; returns the word behind it. */
  protected addPart(word: number, size: number): number {
    this.requireUpTo(word + 1);
    const count = this.i32[word];
    if (count < 0 || count * size > this.#wordLimit - word - 1)
      throw corrupt(`a list of ${count} in too few bytes`);
    const end = word + 1 + count * size;
    this.addRun(word + 1, end);
    return end;
  }

  /** The word behind a part, or the same word when the part is absent. */
  skipPart(word: number, size: number, present: boolean): number {
    return present ? this.partEnd(word, size) : word;
  }

  /** Checks the count again: the parts of the fixed section are reached without `locate`. */
  private partEnd(word: number, size: number): number {
    this.ensureLocated();
    const count = word < this.#wordLimit ? this.i32[word] : -1;
    if (count < 0 || count * size > this.#wordLimit - word - 1)
      throw corrupt(`a list of ${count} in too few bytes`);
    return word + 1 + count * size;
  }

  strings(word: number): string[] {
    const items: string[] = [];
    const end = this.partEnd(word, 1);
    for (let k = word + 1; k < end; k++) items.push(this.text(k));
    return items;
  }

  stringMap(word: number): Record<string, string> {
    const map: Record<string, string> = {};
    const end = this.partEnd(word, 2);
    for (let k = word + 1; k < end; k += 2) setOwn(map, this.text(k), this.text(k + 1));
    return map;
  }

  json(word: number): Record<string, unknown> {
    return parseObject(this.text(word));
  }

  double(word: number): number {
    return this.#view.getFloat64(word * 4, IS_LITTLE_ENDIAN);
  }

  safeInteger(word: number, path: string): number {
    const value = this.double(word);
    if (!Number.isSafeInteger(value)) throw corrupt(`${path} is ${value}`);
    return value;
  }

  port(word: number, path: string): number {
    const value = this.i32[word];
    if ((value & 0xffff) !== value) throw corrupt(`${path} is ${value}`);
    return value;
  }

  protected makeDecoder(): Decoder {
    return new Decoder(
      this.bytes.buffer as ArrayBuffer,
      this.bytes.byteOffset,
      this.byteLength,
      this.#interning,
    );
  }

  protected rawBytes(): Uint8Array {
    this.ensureLocated();
    return eventSlabs.copy(this.#raw, this.#wordsEnd * 4, this.at + this.textStart());
  }
}

/** A section of the event under a view. Its getters live on the prototype, so it prints and serialises as the object it shows. */
export abstract class SectionView<Root extends ViewReader> {
  declare protected readonly root: Root;

  constructor(root: Root) {
    hide(this, { root });
  }

  protected abstract readonly fieldNames: readonly string[];

  toJSON(): Record<string, unknown> {
    const shown: Record<string, unknown> = {};
    for (const name of this.fieldNames) {
      const value = (this as unknown as Record<string, unknown>)[name];
      if (value !== undefined) shown[name] = value;
    }
    return shown;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, unknown> {
    return this.toJSON();
  }
}
