/**
 * A reference to a text is one 32-bit word:
 *
 *   id > 0              interned under this id (only inside the process)
 *   0                   absent (only in the fixed section)
 *   BUNDLED | n         the next n characters of the bundle of Latin-1 text
 *   BUNDLED | UTF16 | n  the next n units of the bundle of UTF-16 text
 *
 * A bundle is consumed in the order of the references in the event.
 */
export const enum Reference {
  BUNDLED = 1 << 31,
  UTF16 = 1 << 30,
  LENGTH_MASK = UTF16 - 1,
}

/** The byte order of this machine, which is that of encoded events. */
export const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** How many bits of a word are set. */
export function countBits(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
