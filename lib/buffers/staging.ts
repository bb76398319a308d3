/**
 * The memory that JavaScript shares with native code; mirrors native/addon/staging.h, where the layout is explained.
 */
import { binding } from '../binding';

/**
 * The control: operands and results of native calls, the same words for all instances of this thread. What a call leaves
 * here holds until the next one, so it must be read before any code of a user runs.
 */
export const u32 = new Uint32Array(binding.control);
export const i32 = new Int32Array(binding.control);
export const u64 = new BigUint64Array(binding.control);

// Const enums: the compiler puts the numbers in place, where the engine would load a constant of another module each time.

/** Indexes of 32-bit words of the control. */
export const enum Word {
  INSTANCE = 0,
  STATUS = 1,
  SIZE = 2,
  COUNT = 3,
  ON_FULL = 4,
  RING = 5,
  MORE = 6,
  OFFSET = 7,
  DROPPED = 12,
  TEXT_AT = 16,
}

/** Indexes of its 64-bit words. */
export const enum Ticket {
  CURSOR = 4,
  END = 5,
}

/** Values of STATUS. */
export const enum Status {
  DONE = 0,
  /** Stored in the place of DROPPED older records. */
  DONE_BY_DROP = 1,
  FULL_OR_EMPTY = -1,
  CLOSED_OR_DRAINED = -2,
  TARGET_TOO_SMALL = -3,
  RELEASED = -4,
  NOT_LATIN1 = -5,
}

/** Values of ON_FULL. */
export const enum OnFull {
  REFUSE = 0,
  TRY_AGAIN = 1,
  DROP_OLDEST = 2,
  /** As TRY_AGAIN, and from now on room is kept for the record. */
  RESERVE = 3,
}

export const enum Limit {
  /** Value of RING: every ring. */
  ALL_RINGS = 0xffffffff,
  MAX_BATCH = 64,
  /** Most texts that cross with a call, and most characters of one. */
  MAX_TEXTS = 8,
  MAX_TEXT = 4096,
}

export const enum Layout {
  /** Records start at multiples of this in either region. */
  ALIGNMENT = 8,
  /** A ring's slot: a header before the payload, and a stride of whole cache lines. */
  SLOT_HEADER = 16,
  CACHE_LINE = 128,
}

/** Byte of a region of the staging where the records start, behind the sizes of those of a batch. */
export const DATA_OFFSET = Limit.MAX_BATCH * 4;

/** Of values below 2^31 and alignments that are powers of two. */
export function alignUp(value: number, alignment: number): number {
  return (value + alignment - 1) & -alignment;
}
