import type { NativeBuffer } from './native-buffer';

/** A snapshot of one ring. Counters never go back and are exact once no call is under way. */
export interface BufferStats {
  /** Slots. */
  capacity: number;
  /** Slots in use. */
  size: number;
  /** size / capacity, 0..1. */
  fillRate: number;
  isFull: boolean;
  isEmpty: boolean;
  /** Ever-growing slot tickets: writeIndex - readIndex === size. */
  writeIndex: number;
  readIndex: number;
  /** Events or records stored, taken, refused because full, and removed by clear(), reset() or a drop-oldest policy. */
  puts: number;
  gets: number;
  rejected: number;
  discarded: number;
  /** Largest size seen, in slots. */
  highWatermark: number;
  closed: boolean;
}

const numbers = new Float64Array(10);

/** Reads the statistics of one ring of a buffer. */
export function readStats(native: NativeBuffer, ring: number): BufferStats {
  native.stats(ring, numbers);
  const [capacity, size, writeIndex, readIndex, puts, gets, rejected, discarded, highWatermark, closed] =
    numbers;
  return {
    capacity,
    size,
    fillRate: size / capacity,
    isFull: size === capacity,
    isEmpty: size === 0,
    writeIndex,
    readIndex,
    puts,
    gets,
    rejected,
    discarded,
    highWatermark,
    closed: closed !== 0,
  };
}
