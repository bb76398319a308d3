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

/** Indexes of 32-bit words of the control. */
export const INSTANCE = 0;
export const STATUS = 1;
export const SIZE = 2;
export const COUNT = 3;
export const ON_FULL = 4;
export const RING = 5;
export const MORE = 6;
export const OFFSET = 7;
export const DROPPED = 12;
export const TEXT_AT = 16;

/** Indexes of its 64-bit words. */
export const CURSOR = 4;
export const END = 5;

/** Values of STATUS. */
export const DONE = 0;
/** Stored in the place of DROPPED older records. */
export const DONE_BY_DROP = 1;
export const FULL_OR_EMPTY = -1;
export const CLOSED_OR_DRAINED = -2;
export const TARGET_TOO_SMALL = -3;
export const RELEASED = -4;
export const NOT_NARROW = -5;

/** Values of ON_FULL. */
export const REFUSE = 0;
export const TRY_AGAIN = 1;
export const DROP_OLDEST = 2;

/** Value of RING: every ring. */
export const ALL_RINGS = 0xffffffff;

export const MAX_BATCH = 64;

/** Most texts that cross with a call, and most characters of one. */
export const MAX_TEXTS = 8;
export const MAX_TEXT = 4096;

/** Byte offsets in the staging of an instance. */
export const PUT_SIZES_OFFSET = 0;
export const TAKE_SIZES_OFFSET = PUT_SIZES_OFFSET + MAX_BATCH * 4;
export const DATA_OFFSET = TAKE_SIZES_OFFSET + MAX_BATCH * 4;

/** Records start at multiples of this in either data region. */
export const ALIGNMENT = 8;

/** A ring's slot: a header before the payload, and a stride of whole cache lines. */
export const SLOT_HEADER = 16;
export const CACHE_LINE = 128;

/** Of values below 2^31 and alignments that are powers of two. */
export function alignUp(value: number, alignment: number): number {
  return (value + alignment - 1) & -alignment;
}
