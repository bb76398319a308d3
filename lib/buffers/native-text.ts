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
   * Writes texts that lie apart, those from number `from` up to `to`, each from its byte of `places` on. Returns the number of the first
   * that is not Latin-1 or too long for this way, which is not written; `to`: there is none.
   */
  writeApart(items: readonly string[], places: readonly number[], from: number, to: number): number {
    for (let i = from; i < to; i += Limit.MAX_TEXTS) {
      const count = Math.min(Limit.MAX_TEXTS, to - i);
      for (let k = 0; k < count; k++) u32[Word.TEXT_AT + k] = places[i + k];
      this.native.stageText(items, i, count);
      if (i32[Word.STATUS] === Status.NOT_LATIN1) return i + u32[Word.COUNT];
    }
    return to;
  }

  read(start: number, end: number): string {
    u32[Word.OFFSET] = start;
    u32[Word.SIZE] = end - start;
    return this.native.readText() ?? this.text.read(start, end);
  }
}
