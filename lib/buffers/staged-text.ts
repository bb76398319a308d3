import { BufferText, type NarrowText, textBytes, type Texts } from '../event/narrow-text';
import type { NativeBuffer } from './native-buffer';
import { DONE, i32, MAX_TEXT, OFFSET, SIZE, STATUS, u32 } from './staging';

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

  write(texts: Texts, at: number): boolean {
    if (texts.units > MAX_TEXT) return this.put.write(texts, at);
    u32[OFFSET] = at;
    this.native.stageText(texts);
    return i32[STATUS] === DONE;
  }

  read(start: number, end: number): string {
    u32[OFFSET] = start;
    u32[SIZE] = end - start;
    return this.native.readText() ?? this.take.read(start, end);
  }
}
