/**
 * How much memory this process may have, as it was when this thread began: all that follows from it agrees.
 * Nothing here loads the addon: see spare-code.ts.
 */
import { memoryLimit } from '../memory-limit';
import { leftOf, type MemoryRoom, memoryRoom } from './memory-room';

/** Bytes. From here on, the heaps of a run have room. */
export const SPARING_BELOW = 256 * (1 << 20);

/** Undefined where nothing sets a limit. */
export const ROOM = memoryRoom(memoryLimit());

/** Whether what spares memory is worth the speed that it costs. */
export function isLittle(room: MemoryRoom | undefined): room is MemoryRoom {
  return room !== undefined && leftOf(room) < SPARING_BELOW;
}

/** Of this process. */
export const IS_LITTLE = isLittle(ROOM);
