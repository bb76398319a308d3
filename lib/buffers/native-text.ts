import type { EventTexts } from '../event/event-texts';
import { BufferText, type Latin1Text, textBytes } from '../event/latin1-text';
import type { NativeBuffer } from './native-buffer';
import type { Region } from './region';
import { DATA_OFFSET, Limit, Status, Word, i32, u32 } from './staging';

/**
 * By native calls: for a region of the staging of an instance, written to that of records to put, read from that of records taken. By
 * Node-API a text crosses in half the time that Buffer takes.
 */
export class NativeText implements Latin1Text {
  private readonly text: BufferText;

  constructor(
    private readonly native: NativeBuffer,
    { memory, size }: Region,
  ) {
    this.text = new BufferText(textBytes(memory, DATA_OFFSET, size));
  }

  write(items: readonly string[], from: number, to: number, at: number): boolean {
    let units = 0;
    for (let i = from; i < to; i++) units += items[i].length;
    if (units > Limit.MAX_TEXT) return this.text.write(items, from, to, at);
    for (let i = from; i < to; i += Limit.MAX_TEXTS) {
      const count = Math.min(Limit.MAX_TEXTS, to - i);
      for (let k = 0; k < count; k++) {
        u32[Word.TEXT_AT + k] = at;
        at += items[i + k].length;
      }
      this.native.stageText(items, i, count);
      if (i32[Word.STATUS] !== Status.DONE) return false;
    }
    return true;
  }

  /**
   * Writes the texts of the events from number `index` up to `count`, up to eight with a call, whichever event they are of. Returns the
   * number of the first event with a text that is not Latin-1, or too long for this way; `count`: there is none. Those of the events
   * before it are written, and those behind it are not, or void.
   */
  writeAll(texts: EventTexts, index: number, count: number): number {
    const { items } = texts;
    const last = texts.first(count);
    let first = texts.first(index);
    let crossing = 0;
    for (; index < count; index++) {
      let at = texts.start(index);
      const end = texts.first(index + 1);
      for (let i = first + crossing; i < end; i++) {
        u32[Word.TEXT_AT + crossing++] = at;
        at += items[i].length;
        if (crossing < Limit.MAX_TEXTS && i + 1 < last) continue;
        this.native.stageText(items, first, crossing);
        first += u32[Word.COUNT];
        if (i32[Word.STATUS] === Status.NOT_LATIN1) return texts.eventOf(first);
        crossing = 0;
      }
    }
    return count;
  }

  read(start: number, end: number): string {
    u32[Word.OFFSET] = start;
    u32[Word.SIZE] = end - start;
    return this.native.readText() ?? this.text.read(start, end);
  }
}
