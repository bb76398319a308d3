import { HeaderWord } from './generated/encode';
import { type Latin1Text, type TextBytes, writeLatin1 } from './latin1-text';
import { Reference } from './references';

/** So many places behind the last text are there, too, so that as many can be passed on without looking. */
const SPARE = 8;

/** Longer ones are let go once they are written, so that little is kept alive where nothing is encoded. */
const MAX_KEPT_UNITS = 4096;

/**
 * The texts of events whose words are encoded, and which have yet to be written behind those words: the texts themselves, the word of
 * each one's reference, and the byte where each will lie. Nobody else keeps any of the three.
 *
 * An Encoder adds the texts of an event, on the assumption that all are Latin-1. Then somebody has them written: `write` does it, or
 * those of a put cross as arguments of the native call, and those of a batch many with a call. An event where the assumption
 * is wrong is left to `write`, which puts UTF-16 behind Latin-1 and mends the references.
 *
 * Memory: the region is the caller's. Keeps short texts alive until others take their places.
 */
export class EventTexts {
  /** The first `count`, and behind them as many void ones as a native call takes. */
  readonly items: string[] = new Array<string>(2 * SPARE).fill('');
  count = 0;
  /** Characters of those of the last event. */
  units = 0;
  /** Of each text: the word of its reference. */
  private readonly words: number[] = [];
  /** Of each text of an event that was `placed`: the byte where it begins. */
  readonly places: number[] = [];
  /** Behind these there is nothing to let go of. */
  private used = 0;

  constructor(
    private readonly i32: Int32Array,
    private readonly bytes: TextBytes,
    private readonly latin1: Latin1Text,
  ) {}

  /** Before those of another event are added, behind the first `kept`. */
  begin(kept: number): void {
    this.used = this.count;
    this.count = kept;
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

  /** When the last one of an event was added: those that were in the places behind it are void. */
  end(): void {
    for (let i = this.count; i < this.used; i++) this.items[i] = '';
  }

  /** Those from number `from` on are to lie one behind the other, from byte `start` on. */
  place(from: number, start: number): void {
    for (let i = from; i < this.count; i++) {
      this.places[i] = start;
      start += this.items[i].length;
    }
  }

  /** The events that have the texts from number `from` on lie `bytes` further behind, a multiple of 4. */
  move(from: number, bytes: number): void {
    for (let i = from; i < this.count; i++) {
      this.words[i] += bytes >> 2;
      this.places[i] += bytes;
    }
  }

  /**
   * Writes the texts of one event, those from number `from` up to `to`.
   * @param at where the event begins, a byte of the region
   * @param start where its texts begin
   * @returns where they end, or -1: beyond the region
   */
  write(at: number, start: number, from: number, to: number): number {
    const units = this.i32[(at >> 2) + HeaderWord.LATIN1_UNITS];
    const isWritten = units === 0 || this.latin1.write(this.items, from, to, start);
    return isWritten ? start + units : this.writeMixed(at, start, from, to);
  }

  /** When all are written: lets go of them if they are long. */
  ease(): void {
    let units = 0;
    for (let i = 0; i < this.count; i++) units += this.items[i].length;
    if (units > MAX_KEPT_UNITS) this.letGo();
  }

  /** Writes those that are Latin-1, then those that are not. Returns as `write`. */
  private writeMixed(at: number, start: number, from: number, to: number): number {
    const { bytes, i32, items, words } = this;
    const utf16: number[] = [];
    let end = start;
    for (let i = from; i < to; i++) {
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
    this.words.length = this.places.length = this.count = 0;
  }
}
