/** Where this process may have so little memory that what spares it is worth the speed that it costs. */
import { memoryLimit } from '../memory-limit';

/** Bytes. From here on, the heaps of a run have room. */
export const SPARING_BELOW = 256 * (1 << 20);

/** Of this process, if nothing else is said. */
export function isLittle(limit: number | undefined = memoryLimit()): boolean {
  return limit !== undefined && limit < SPARING_BELOW;
}
