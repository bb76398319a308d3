import type { Encoder } from '../event/encoder';
import type { UnifiedEvent } from '../event/unified-event';
import type { NativeText } from './native-text';
import type { Region } from './region';
import { Layout, Limit, alignUp } from './staging';

/**
 * Events encoded one behind the other in the region of records to put, to be stored with one native call; TakenEvents is the other way.
 * Keeps where each event lies; their texts are the encoder's EventTexts. Those cross last and together, as a call for each event would
 * cost as much as its fields.
 *
 * Threads: the attachment's. Code of the user runs in `add` alone. An event that does not fit, or that is refused, leaves those before
 * it as they were.
 */
export class StagedEvents {
  /** Events so far. */
  count = 0;

  /** Of each event: the byte where it begins, and its size. */
  private readonly starts = new Int32Array(Limit.MAX_BATCH);
  private readonly sizes = new Int32Array(Limit.MAX_BATCH);
  /** Where the next event begins. */
  private end = 0;

  /**
   * @param encoder of the region
   * @param text the way into the region
   */
  constructor(
    private readonly encoder: Encoder,
    private readonly text: NativeText,
    private readonly region: Region,
    private readonly maxEventSize: number,
  ) {}

  clear(): void {
    this.count = this.end = 0;
  }

  /**
   * Adds an event, on the assumption that its texts are Latin-1. Returns its size, and has not added it if that is more
   * than maxEventSize, or -1: it does not fit behind the others.
   *
   * @throws as Encoder.begin
   */
  add(event: UnifiedEvent): number {
    const { encoder, count, end } = this;
    const textStart = encoder.begin(event, end, count);
    if (textStart < 0) return -1;
    const textEnd = textStart + encoder.texts.units;
    const size = textEnd - end;
    if (size > this.maxEventSize) return size;
    this.starts[count] = end;
    this.sizes[count] = size;
    this.end = alignUp(textEnd, Layout.ALIGNMENT);
    this.count = count + 1;
    return size;
  }

  /**
   * Has the texts of all events written, and writes their sizes where native code looks for them. An event with a text that is not
   * Latin-1 takes more room than it seemed; if it has not that room, it and those behind it are not staged any more.
   *
   * @returns the size of that event, if it is more than maxEventSize, or -1: more than the whole region has; else 0
   */
  seal(): number {
    const { texts } = this.encoder;
    let refused = 0;
    for (let index = 0; index < this.count; index++) {
      index = this.text.writeAll(texts, index, this.count);
      if (index < this.count) refused = this.rewrite(index);
    }
    texts.ease();
    for (let i = 0; i < this.count; i++) this.region.sizes[i] = this.sizes[i];
    return refused;
  }

  /** Has the texts of an event written some other way, and moves the events behind it by what they take more. Returns as `seal`. */
  private rewrite(index: number): number {
    const { starts } = this;
    const { texts } = this.encoder;
    const { bytes, size: room } = this.region;
    const start = starts[index];
    const next = index + 1 < this.count ? starts[index + 1] : this.end;
    const behind = bytes.slice(next, this.end);

    const end = texts.write(index, start);
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
    for (let i = index + 1; i < this.count; i++) starts[i] += by;
    texts.move(index + 1, this.count, by);
    this.end += by;
    return 0;
  }

  /** Takes the events from `index` on out again. */
  private cut(index: number): void {
    if (index < this.count) this.end = this.starts[index];
    this.count = index;
  }
}
