import { type Attached, binding } from '../binding';
import type { EventTexts } from '../event/event-texts';
import { joined } from '../event/latin1-text';
import { Limit, Word, u32 } from './staging';

// One function for all instances, each in a constant, and no place calls two of them: a target that the engine knows costs
// half of one that it does not.
const {
  put,
  putBatch,
  putText,
  unreserve,
  stageText,
  take,
  takeText,
  readText,
  takeBatch,
  size,
  putFrom,
  takeInto,
  putAgain,
  takeAgain,
  putPacked,
  takePacked,
  peek,
  stats,
  countRejected,
  clear,
  close,
  closed,
  drained,
  hasRecord,
  startWait,
  stopWait,
  hasSleepers,
  passWakeOn,
  block,
  stageIn,
  stageOut,
  release,
} = binding;

/** The last of the texts that cross: all that are too many are joined, which costs twice what it costs to pass them. */
function lastOf({ items, count }: EventTexts): string {
  return count > Limit.MAX_TEXTS ? joined(items, Limit.MAX_TEXTS - 1, count) : items[Limit.MAX_TEXTS - 1];
}

/**
 * The native calls of one buffer instance: each selects the instance and calls. What they do is said in binding.ts.
 *
 * Threads: the one that made it. Memory: holds the native side, which is freed after this.
 */
export class NativeBuffer {
  readonly id: bigint;
  readonly recordToken: number;
  readonly roomToken: number;
  readonly rings: number;
  private readonly instance: number;

  constructor(
    /** Held so that the instance lives. */
    readonly attached: Attached,
  ) {
    this.id = attached.id;
    this.recordToken = attached.recordToken;
    this.roomToken = attached.roomToken;
    this.rings = attached.rings;
    this.instance = attached.instance;
  }

  put(): void {
    u32[Word.INSTANCE] = this.instance;
    put();
  }
  putBatch(): void {
    u32[Word.INSTANCE] = this.instance;
    putBatch();
  }
  unreserve(): void {
    u32[Word.INSTANCE] = this.instance;
    unreserve();
  }
  putText(texts: EventTexts): void {
    const { items, count } = texts;
    u32[Word.INSTANCE] = this.instance;
    u32[Word.COUNT] = Math.min(count, Limit.MAX_TEXTS);
    if (count === 1) putText(items[0]);
    else putText(items[0], items[1], items[2], items[3], items[4], items[5], items[6], lastOf(texts));
  }
  /** Of `count` texts from `i` on; there must be as many places as native code takes. */
  stageText(items: readonly string[], i: number, count: number): void {
    u32[Word.INSTANCE] = this.instance;
    u32[Word.COUNT] = count;
    if (count === 1) stageText(items[i]);
    else
      stageText(
        items[i],
        items[i + 1],
        items[i + 2],
        items[i + 3],
        items[i + 4],
        items[i + 5],
        items[i + 6],
        items[i + 7],
      );
  }
  take(): void {
    u32[Word.INSTANCE] = this.instance;
    take();
  }
  takeText(): string | undefined {
    u32[Word.INSTANCE] = this.instance;
    return takeText();
  }
  readText(): string | undefined {
    u32[Word.INSTANCE] = this.instance;
    return readText();
  }
  takeBatch(): void {
    u32[Word.INSTANCE] = this.instance;
    takeBatch();
  }
  size(): void {
    u32[Word.INSTANCE] = this.instance;
    size();
  }
  putFrom(source: Uint8Array, size: number): void {
    u32[Word.INSTANCE] = this.instance;
    u32[Word.SIZE] = size;
    putFrom(source);
  }
  takeInto(target: Uint8Array, size: number): void {
    u32[Word.INSTANCE] = this.instance;
    u32[Word.SIZE] = size;
    takeInto(target);
  }
  putAgain(): void {
    u32[Word.INSTANCE] = this.instance;
    putAgain();
  }
  takeAgain(): void {
    u32[Word.INSTANCE] = this.instance;
    takeAgain();
  }
  putPacked(source: Uint8Array, lengths: Uint32Array): void {
    u32[Word.INSTANCE] = this.instance;
    putPacked(source, lengths);
  }
  takePacked(target: Uint8Array, lengths: Uint32Array): void {
    u32[Word.INSTANCE] = this.instance;
    takePacked(target, lengths);
  }
  peek(): void {
    u32[Word.INSTANCE] = this.instance;
    peek();
  }
  stats(ring: number, target: Float64Array): void {
    u32[Word.INSTANCE] = this.instance;
    stats(ring, target);
  }
  countRejected(count: number): void {
    u32[Word.INSTANCE] = this.instance;
    countRejected(count);
  }
  clear(): void {
    u32[Word.INSTANCE] = this.instance;
    clear();
  }
  close(): void {
    u32[Word.INSTANCE] = this.instance;
    close();
  }
  closed(): boolean {
    u32[Word.INSTANCE] = this.instance;
    return closed();
  }
  drained(): boolean {
    u32[Word.INSTANCE] = this.instance;
    return drained();
  }
  hasRecord(): boolean {
    u32[Word.INSTANCE] = this.instance;
    return hasRecord();
  }
  startWait(forRoom: boolean, gathers: boolean): boolean | undefined {
    u32[Word.INSTANCE] = this.instance;
    return startWait(forRoom, gathers);
  }
  stopWait(forRoom: boolean): void {
    u32[Word.INSTANCE] = this.instance;
    stopWait(forRoom);
  }
  hasSleepers(): boolean {
    u32[Word.INSTANCE] = this.instance;
    return hasSleepers();
  }
  passWakeOn(): void {
    u32[Word.INSTANCE] = this.instance;
    passWakeOn();
  }
  block(milliseconds: number, forRoom: boolean, bytes: number): void {
    u32[Word.INSTANCE] = this.instance;
    block(milliseconds, forRoom, bytes);
  }
  stageIn(memory: ArrayBuffer): void {
    u32[Word.INSTANCE] = this.instance;
    stageIn(memory);
  }
  stageOut(memory: ArrayBuffer): void {
    u32[Word.INSTANCE] = this.instance;
    stageOut(memory);
  }
  release(): void {
    u32[Word.INSTANCE] = this.instance;
    release();
  }
}
