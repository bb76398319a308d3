/** Random ids for events, out of a pool of randomness that is refilled a few thousand ids at a time. */
import { randomFillSync } from 'node:crypto';

const BYTES_PER_ID = 16;
const POOL_BYTES = 4096 * BYTES_PER_ID;

/** Two hex digits of each byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/** 32 lower-case hex digits of cryptographic randomness: unique without any coordination. */
export function generateEventId(): string {
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const at = used;
  used = at + BYTES_PER_ID;
  return (
    HEX[pool[at]] +
    HEX[pool[at + 1]] +
    HEX[pool[at + 2]] +
    HEX[pool[at + 3]] +
    HEX[pool[at + 4]] +
    HEX[pool[at + 5]] +
    HEX[pool[at + 6]] +
    HEX[pool[at + 7]] +
    HEX[pool[at + 8]] +
    HEX[pool[at + 9]] +
    HEX[pool[at + 10]] +
    HEX[pool[at + 11]] +
    HEX[pool[at + 12]] +
    HEX[pool[at + 13]] +
    HEX[pool[at + 14]] +
    HEX[pool[at + 15]]
  );
}
