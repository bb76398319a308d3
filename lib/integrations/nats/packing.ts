/**
 * Events in one message: of one event the bytes of `encodeEvent`; of several, before each its length as a 32-bit number, little
 * endian. The two differ in their first word, as no length is that of the mark that begins an encoded event.
 */
import { isTapioError, TapioError } from '../../errors';
import { decodeEvent, encodeEvent } from '../../event/codec';
import { corrupt } from '../../event/invalid-event';
import type { UnifiedEvent } from '../../event/unified-event';
import { checkArray, checkBytes, checkInteger } from '../../validate';

export const LENGTH_BYTES = 4;
/** "TPEV" as a length: more than a server takes in one message. */
const MARK = 0x56455054;

export interface Packed {
  readonly bytes: Uint8Array;
  /** How many of the events given are in it, from the first on; 0: there is no room for the first, which needs 4 bytes less alone. */
  readonly count: number;
}

const FIRST_BYTES = 256 * 1024;
/** What a server takes in one message by default. */
const MOST_KEPT_BYTES = 1024 * 1024;

/** Memory to pack in. */
class Scratch {
  bytes = new Uint8Array(FIRST_BYTES);

  /** Encodes behind what is there, in more memory if need be. @returns its length, or -1: more than `limit` bytes in all */
  append(event: UnifiedEvent, offset: number, limit: number): number {
    for (;;) {
      const { bytes } = this;
      try {
        const length = encodeEvent(event, bytes, Math.min(offset, bytes.length));
        return offset + length > limit ? -1 : length;
      } catch (error) {
        // Too little room, that is; a bad event has another code.
        if (!isTapioError(error, 'ERR_INVALID_ARGUMENT')) throw error;
        if (bytes.length >= limit) return -1;
        this.bytes = new Uint8Array(Math.min(2 * bytes.length, limit));
        this.bytes.set(bytes.subarray(0, offset));
      }
    }
  }
}

/** Undefined while it is in use: a getter of an event may pack others. */
let idle: Scratch | undefined;

/**
 * The message of as many events as `limit` bytes hold, from the first on.
 * @throws TapioError ERR_INVALID_EVENT, ERR_INVALID_ARGUMENT
 */
export function packEvents(events: readonly UnifiedEvent[], limit: number): Packed {
  checkArray('events', events);
  checkInteger('limit', limit, 0, Number.MAX_SAFE_INTEGER);
  const scratch = idle ?? new Scratch();
  idle = undefined;
  try {
    return events.length === 1 ? packOne(scratch, events[0], limit) : packSeveral(scratch, events, limit);
  } finally {
    if (scratch.bytes.length <= MOST_KEPT_BYTES) idle = scratch;
  }
}

function packOne(scratch: Scratch, event: UnifiedEvent, limit: number): Packed {
  const length = scratch.append(event, 0, limit);
  return length < 0
    ? { bytes: new Uint8Array(0), count: 0 }
    : { bytes: scratch.bytes.slice(0, length), count: 1 };
}

function packSeveral(scratch: Scratch, events: readonly UnifiedEvent[], limit: number): Packed {
  let [end, count] = [0, 0];
  for (; count < events.length; count++) {
    const start = end + LENGTH_BYTES;
    const length = scratch.append(events[count], start, limit);
    if (length < 0) break;
    new DataView(scratch.bytes.buffer).setUint32(end, length, true);
    end = start + length;
  }
  return { bytes: scratch.bytes.slice(0, end), count };
}

/** @throws TapioError ERR_CORRUPT_DATA for what `packEvents` never makes, ERR_INVALID_ARGUMENT for no bytes */
export function unpackEvents(bytes: Uint8Array): UnifiedEvent[] {
  checkBytes('bytes', bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length >= LENGTH_BYTES && view.getUint32(0, true) === MARK) return [decodeEvent(bytes)];
  const events: UnifiedEvent[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    if (start > bytes.length) throw corrupt(`${bytes.length - at} bytes at ${at}, where a length must be`);
    const length = view.getUint32(at, true);
    if (length > bytes.length - start)
      throw corrupt(`an event of ${length} bytes at ${start} in a message of ${bytes.length}`);
    events.push(decodeEvent(bytes.subarray(start, start + length)));
    at = start + length;
  }
  if (events.length === 0) throw new TapioError('ERR_CORRUPT_DATA', 'a message without events');
  return events;
}
