/**
 * The memory that a buffer instance shares with native code; mirrors native/addon/staging.h, where the
 * layout is explained.
 */

/** Indexes of 32-bit words. */
export const STATUS = 0;
export const SIZE = 1;
export const COUNT = 2;
export const ON_FULL = 3;
export const RING = 4;
export const MORE = 5;

/** Values of STATUS. */
export const DONE = 0;
export const FULL_OR_EMPTY = -1;
export const CLOSED_OR_DRAINED = -2;
export const TARGET_TOO_SMALL = -3;
export const RELEASED = -4;

/** Values of ON_FULL. */
export const REFUSE = 0;
export const TRY_AGAIN = 1;
export const DROP_OLDEST = 2;

/** Value of RING. */
export const ALL_RINGS = 0xffffffff;

export const MAX_BATCH = 64;
export const PUT_SIZES_OFFSET = 64;
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
