import type { Encoder } from '../event/encoder';
import type { UnifiedEvent } from '../event/unified-event';
import type { Attachment } from './attachment';
import { Layout, Limit, Status, Word, alignUp, i32, u32 } from './staging';

/**
 * Events encoded one behind the other in the region of records to put, to be stored with one native call; TakenEvents is the other way.
 * Their texts cross last and together, as a call for each event would cost as much as its fields.
 *
 * Threads: the attachment's. Code of the user runs in `add` alone. An event that does not fit, or that is refused, leaves those before
 * it as they were.
 */
export class StagedEvents {
  /** Events so far. */
  count = 0;

  /** Of each event: the bytes where it and its texts begin, its size, and the number of its first text. */
  private readonly starts = new Int32Array(Limit.MAX_BATCH);
  private readonly textStarts = new Int32Array(Limit.MAX_BATCH);
  private readonly sizes = new Int32Array(Limit.MAX_BATCH);
  private readonly firstTexts = new Int32Array(Limit.MAX_BATCH);
  private textCount = 0;
  private units = 0;
  /** Where the next event begins. */
  private end = 0;

  constructor(
    private readonly attachment: Attachment,
    private readonly encoder: Encoder,
    private readonly maxEventSize: number,
  ) {}

  clear(): void {
    this.count = this.textCount = this.units = this.end = 0;
  }

  /**
   * Adds an event, on the assumption that its texts are Latin-1. Returns its size, and has not added it if that is more
   * than maxEventSize, or -1: it does not fit behind the others.
   *
   * @throws as Encoder.begin
   */
  add(event: UnifiedEvent): number {
    const { encoder, count, end, textCount } = this;
    const textStart = encoder.begin(event, end, textCount, this.units);
    if (textStart < 0) return -1;
    const { texts } = encoder;
    const textEnd = textStart + texts.units - this.units;
    const size = textEnd - end;
    if (size > this.maxEventSize) return size;
    this.starts[count] = end;
    this.textStarts[count] = textStart;
    this.sizes[count] = size;
    this.firstTexts[count] = textCount;
    this.textCount = texts.count;
    this.units = texts.units;
    this.end = alignUp(textEnd, Layout.ALIGNMENT);
    this.count = count + 1;
    return size;
  }

  /**
   * Writes the texts of all events, and their sizes where native code looks for them. An event with a text that is not Latin-1
   * takes more room than it seemed; if it has not that room, it and those behind it are not staged any more.
   *
   * @returns the size of that event, if it is more than maxEventSize, or -1: more than the whole region has; else 0
   */
  seal(): number {
    const { encoder, attachment, textStarts, firstTexts } = this;
    const { items } = encoder.texts;
    let refused = 0;
    let first = 0;
    let count = 0;
    for (let index = 0; index < this.count; index++) {
      let at = textStarts[index];
      const end = this.textsEnd(index);
      for (let i = firstTexts[index]; i < end; i++) {
        u32[Word.TEXT_AT + count++] = at;
        at += items[i].length;
        if (count < Limit.MAX_TEXTS && i + 1 < this.textCount) continue;
        attachment.native.stageText(items, first, count);
        const isWhole = i32[Word.STATUS] !== Status.NOT_LATIN1;
        first += u32[Word.COUNT];
        count = 0;
        if (isWhole) continue;
        index = this.eventOf(first);
        refused = this.rewrite(index);
        first = this.textsEnd(index);
        break;
      }
    }
    encoder.ease();
    for (let i = 0; i < this.count; i++) attachment.toPut.sizes[i] = this.sizes[i];
    return refused;
  }

  /** The event that has text `i`. */
  private eventOf(i: number): number {
    let index = this.count - 1;
    while (this.firstTexts[index] > i) index--;
    return index;
  }

  private textsEnd(index: number): number {
    return index + 1 < this.count ? this.firstTexts[index + 1] : this.textCount;
  }

  /** Writes the text of an event some other way, and moves those behind it by what it takes more. Returns as `seal`. */
  private rewrite(index: number): number {
    const { encoder, attachment, starts } = this;
    const { bytes, size: room } = attachment.toPut;
    const start = starts[index];
    const nextText = this.textsEnd(index);
    const next = index + 1 < this.count ? starts[index + 1] : this.end;
    const behind = bytes.slice(next, this.end);

    const end = encoder.finishOne(start, this.textStarts[index], this.firstTexts[index], nextText);
    const size = end - start;
    if (end < 0 || size > this.maxEventSize) {
      this.cut(index);
      if (end >= 0) return size;
      return index === 0 ? -1 : 0;
    }
    this.sizes[index] = size;
    const moved = alignUp(end, Layout.ALIGNMENT);
    if (moved + behind.length > room) {
      this.cut(index + 1);
      return 0;
    }
    bytes.set(behind, moved);
    const by = moved - next;
    for (let i = index + 1; i < this.count; i++) {
      this.starts[i] += by;
      this.textStarts[i] += by;
    }
    encoder.moveReferences(nextText, by >> 2);
    this.end += by;
    return 0;
  }

  /** Takes the events from `index` on out again. */
  private cut(index: number): void {
    if (index < this.count) {
      this.textCount = this.firstTexts[index];
      this.end = this.starts[index];
    }
    this.count = index;
  }
}
