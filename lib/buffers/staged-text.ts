import { BufferText, type NarrowText, textBytes, type Texts } from '../event/narrow-text';
import type { NativeBuffer } from './native-buffer';
import { DONE, i32, MAX_TEXT, MAX_TEXTS, OFFSET, SIZE, STATUS, TEXT_AT, u32 } from './staging';

/**
 * The text of records in the staging of an instance: written to the put region, read from the take region. By Node-API a
 * text crosses in half the time that Buffer takes.
 */
export class StagedText implements NarrowText {
  private readonly put: BufferText;
  private readonly take: BufferText;

  constructor(
    private readonly native: NativeBuffer,
    memory: ArrayBuffer,
    put: { offset: number; size: number },
    take: { offset: number; size: number },
  ) {
    this.put = new BufferText(textBytes(memory, put.offset, put.size));
    this.take = new BufferText(textBytes(memory, take.offset, take.size));
  }

  write(texts: Texts, from: number, to: number, at: number): boolean {
    if (texts.units > MAX_TEXT) return this.put.write(texts, from, to, at);
    const { items } = texts;
    for (let i = from; i < to; i += MAX_TEXTS) {
      const count = Math.min(MAX_TEXTS, to - i);
      for (let k = 0; k < count; k++) {
        u32[TEXT_AT + k] = at;
        at += items[i + k].length;
      }
      this.native.stageText(items, i, count);
      if (i32[STATUS] !== DONE) return false;
    }
    return true;
  }

  read(start: number, end: number): string {
    u32[OFFSET] = start;
    u32[SIZE] = end - start;
    return this.native.readText() ?? this.take.read(start, end);
  }
}
