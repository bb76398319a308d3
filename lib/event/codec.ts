/**
 * The self-contained form of an event, which may be stored or sent. docs/event-format.md describes it.
 */
import { TapioError, show } from '../errors';
import { checkBytes, lengthOf } from '../validate';
import { Decoder } from './decoder';
import { Encoder } from './encoder';
import { BYTE_ORDER, HEADER, HEADER_BYTES, VERSION } from './event-header';
import { corrupt } from './invalid-event';
import type { UnifiedEvent } from './unified-event';

const FIRST_SCRATCH_BYTES = 16384;

/** Memory to work in, larger only when an event needed it. */
interface Scratch {
  bytes: Uint8Array;
  encoder: Encoder;
  decoder: Decoder;
}

let idleScratch: Scratch | undefined;

/**
 * Encodes an event into `target` from byte `offset` on. The bytes hold all they mean: another process, or
 * another version of this package that knows the same format, can decode them.
 *
 * @returns how many bytes were written
 * @throws TapioError ERR_INVALID_EVENT; ERR_INVALID_ARGUMENT when there is too little room, and `target` is unchanged
 */
export function encodeEvent(event: UnifiedEvent, target: Uint8Array, offset = 0): number {
  checkBytes('target', target);
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > lengthOf(target)) {
    throw new TapioError(
      'ERR_INVALID_ARGUMENT',
      `offset must be from 0 to ${lengthOf(target)}, not ${show(offset)}`,
    );
  }
  // A getter of the event may encode another event: it then finds no idle scratch and makes one.
  let scratch = idleScratch ?? makeScratch(FIRST_SCRATCH_BYTES);
  idleScratch = undefined;
  try {
    let length = scratch.encoder.encode(event, HEADER_BYTES);
    while (length === -1 && scratch.bytes.length < lengthOf(target) - offset) {
      scratch = makeScratch(scratch.bytes.length * 4);
      length = scratch.encoder.encode(event, HEADER_BYTES);
    }
    const total = HEADER_BYTES + length;
    // A getter may have shrunk the target, or transferred it away.
    checkBytes('target', target);
    if (length === -1 || total > lengthOf(target) - offset) {
      const needed = length === -1 ? `more than ${scratch.bytes.length}` : total;
      throw new TapioError(
        'ERR_INVALID_ARGUMENT',
        `target has ${lengthOf(target) - offset} bytes of room, the event needs ${needed}`,
      );
    }
    scratch.bytes.set(HEADER);
    target.set(scratch.bytes.subarray(0, total), offset);
    return total;
  } finally {
    idleScratch = scratch.bytes.length === FIRST_SCRATCH_BYTES ? scratch : undefined;
  }
}

/**
 * Decodes what `encodeEvent` wrote: exactly one event. The bytes are copied first, so another thread may
 * write them meanwhile without harm.
 *
 * @throws TapioError ERR_CORRUPT_DATA when the bytes are anything else; ERR_INVALID_ARGUMENT for no Uint8Array, or one whose
 *   memory was transferred away
 */
export function decodeEvent(bytes: Uint8Array): UnifiedEvent {
  checkBytes('bytes', bytes);
  const length = lengthOf(bytes);
  const scratch =
    length <= FIRST_SCRATCH_BYTES ? (idleScratch ?? makeScratch(FIRST_SCRATCH_BYTES)) : makeScratch(length);
  if (length <= FIRST_SCRATCH_BYTES) idleScratch = scratch;
  scratch.bytes.set(bytes);
  for (let i = 0; i < HEADER_BYTES; i++) {
    if (length <= i || scratch.bytes[i] !== HEADER[i]) throw refuseHeader(scratch.bytes, length);
  }
  return scratch.decoder.decode(HEADER_BYTES, length - HEADER_BYTES);
}

function refuseHeader(bytes: Uint8Array, length: number): TapioError {
  const isOurs = length >= HEADER_BYTES && HEADER.subarray(0, 4).every((byte, i) => bytes[i] === byte);
  if (!isOurs) return corrupt(`${length} bytes without the mark of an event`);
  if (bytes[4] !== VERSION) return corrupt(`version ${bytes[4]} is not version ${VERSION}`);
  return corrupt(`byte order ${bytes[5]} is not that of this machine, ${BYTE_ORDER}`);
}

function makeScratch(byteLength: number): Scratch {
  const memory = new ArrayBuffer((byteLength + 7) & ~7);
  return {
    bytes: new Uint8Array(memory),
    encoder: new Encoder(memory, 0, memory.byteLength, false),
    decoder: new Decoder(memory, 0, memory.byteLength, false),
  };
}
