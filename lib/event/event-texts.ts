import { HeaderWord } from './generated/encode';
import { type Latin1Text, type TextBytes, writeLatin1 } from './latin1-text';
import { Reference } from './references';

/** So many places behind the last text are there, too: Limit.MAX_TEXTS, as many as go with a native call. */
const SPARE = 8;

/** Longer ones are let go once they are written, so that little is kept alive where nothing is encoded. */
const MAX_KEPT_UNITS = 4096;

/**
 * The texts of encoded events that have yet to be written behind the words: the texts themselves, the words of their references, and the
 * bytes where those of each event will lie. Nobody else keeps any of these. The events have numbers, as a batch has many; one that is alone is 0.
 *
 * An Encoder adds the texts of an event, on the assumption that all are Latin-1. Then they are written: by `write`, or by native calls
 * that take the `items` along. An event where the assumption is wrong is left to `write`, which puts UTF-16 behind Latin-1 and mends
 * the references.
 *
 * Memory: the region is the caller's. Keeps short texts alive until others take their places.
 */
export class EventTexts {
  /** The first `count`, and behind them as many void ones as a native call takes. */
  readonly items: string[] = new Array<string>(2 * SPARE).fill('');
  count = 0;
  /** Characters of those of the last event. */
  units = 0;
  /** And of those of the events before it. */
  private unitsBefore = 0;
  /** Of each text: the word of its reference. */
  private readonly words: number[] = new Array<number>(2 * SPARE).fill(0);
  /** Of each event: the byte where its texts are to begin, and the number of the text behind its last one. */
  private readonly starts: number[] = [0];
  private readonly ends: number[] = [0];
  /** Behind these there is nothing to let go of. */
  private used = 0;

  constructor(
    private readonly i32: Int32Array,
    private readonly bytes: TextBytes,
    private readonly latin1: Latin1Text,
  ) {}

  /** Before those of event number `index` are added; those of the events before it stay. */
  begin(index: number): void {
    this.used = this.count;
    if (index === 0) {
      this.unitsBefore = this.count = 0;
    } else {
      this.unitsBefore += this.units;
      this.count = this.ends[index - 1];
    }
    this.units = 0;
  }

  /** Takes note of a text, and writes its reference. */
  add(word: number, text: string): void {
    const { items } = this;
    this.i32[word] = Reference.BUNDLED | text.length;
    this.words[this.count] = word;
    items[this.count++] = text;
    this.units += text.length;
    if (this.count + SPARE > items.length) items.push('', '', '', '', '', '', '', '');
  }

  /**
   * When the last one of event number `index` was added: they are to lie one behind the other from byte `start` on. Those that were in the places behind
   * them are void.
   */
  end(index: number, start: number): void {
    const { count } = this;
    this.starts[index] = start;
    this.ends[index] = count;
    for (let i = count; i < this.used; i++) this.items[i] = '';
  }

  /** Where the texts of an event are to begin. */
  start(index: number): number {
    return this.starts[index];
  }

  /** The number of the first text of an event, which is that behind the last one of the event before it. */
  first(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1];
  }

  /** The number of the event that has text `i`. */
  eventOf(i: number): number {
    let index = 0;
    while (this.ends[index] <= i) index++;
    return index;
  }

  /** The events from number `index` on, `count` in all, lie `bytes` further behind, a multiple of 4. */
  move(index: number, count: number, bytes: number): void {
    const { words, starts } = this;
    const end = this.first(count);
    for (let i = this.first(index); i < end; i++) words[i] += bytes >> 2;
    for (let i = index; i < count; i++) starts[i] += bytes;
  }

  /**
   * Writes the texts of event number `index`, which begins at byte `at` of the region.
   * @returns where they end, or -1: beyond the region
   */
  write(index: number, at: number): number {
    const start = this.starts[index];
    const units = this.i32[(at >> 2) + HeaderWord.LATIN1_UNITS];
    if (units === 0 || this.latin1.write(this.items, this.first(index), this.ends[index], start))
      return start + units;
    return this.writeMixed(index, at);
  }

  /** When all are written: lets go of them if they are long. */
  ease(): void {
    if (this.unitsBefore + this.units > MAX_KEPT_UNITS) this.letGo();
  }

  /** Writes those that are Latin-1, then those that are not. Returns as `write`. */
  private writeMixed(index: number, at: number): number {
    const { bytes, i32, items, words } = this;
    const start = this.starts[index];
    const utf16: number[] = [];
    let end = start;
    for (let i = this.first(index); i < this.ends[index]; i++) {
      const text = items[i];
      if (writeLatin1(bytes, text, end)) {
        i32[words[i]] = Reference.BUNDLED | text.length;
        end += text.length;
      } else {
        utf16.push(i);
      }
    }
    i32[(at >> 2) + HeaderWord.LATIN1_UNITS] = end - start;
    for (const i of utf16) {
      const text = items[i];
      const size = text.length * 2;
      if (end + size > bytes.length) return -1;
      bytes.ucs2Write(text.toWellFormed(), end, size);
      i32[words[i]] = Reference.BUNDLED | Reference.UTF16 | text.length;
      end += size;
    }
    return end;
  }

  private letGo(): void {
    this.items.length = 2 * SPARE;
    this.items.fill('');
    this.words.length = this.count = 0;
  }
}
