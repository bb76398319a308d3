/**
 * Bytes that leave the package, in arrays of their own. An ArrayBuffer costs ten times what an array into a larger one does, so
 * arrays of middling size share one.
 */
import { markAsUntransferable } from 'node:worker_threads';

/** Up to so many bytes the engine keeps inside the array itself: they cost no ArrayBuffer and share nothing. */
const INSIDE_BYTES = 64;
/** At least so many arrays share a slab; larger ones have an ArrayBuffer of their own. */
const SHARERS = 8;
const ALIGNMENT = 8;

/**
 * Copies bytes out, up to 64 inside their array, up to an eighth of a slab into that, longer ones into an ArrayBuffer of their own.
 *
 * Threads: the one that made it. Guarantees: no two arrays overlap, and no byte is given out twice. One array keeps its slab
 *   alive and no other; cloning one copies its slab, too. Slabs cannot be transferred, as that would take the bytes of the others
 *   away (Node 22 lets `ArrayBuffer.prototype.transfer` do it all the same; what comes after then goes to a new slab).
 */
export class ByteSlabs {
  private slab = new Uint8Array(0);
  private used = 0;
  /** The bytes that were copied last: records of one size lie in one place, and a view of it costs a quarter of a copy. */
  private part: Uint8Array = new Uint8Array(0);
  private source: Uint8Array | undefined;
  private from = 0;

  constructor(private readonly slabBytes: number) {}

  /** A copy of bytes `from` to `to` of `source`, which must be no Buffer: its `slice` copies nothing. */
  copy(source: Uint8Array, from: number, to: number): Uint8Array {
    const size = to - from;
    if (size <= INSIDE_BYTES || size * SHARERS > this.slabBytes) return source.slice(from, to);
    // A slab that was transferred away has no bytes.
    if (this.used + size > this.slab.length) this.renew();
    const bytes = new Uint8Array(this.slab.buffer, this.used, size);
    if (source !== this.source || from !== this.from || size !== this.part.length) {
      this.source = source;
      this.from = from;
      this.part = source.subarray(from, to);
    }
    bytes.set(this.part);
    this.used = (this.used + size + ALIGNMENT - 1) & -ALIGNMENT;
    return bytes;
  }

  private renew(): void {
    // As Node's own pool, without the zeros, which cost as much as the rest.
    const { buffer } = Buffer.allocUnsafeSlow(this.slabBytes);
    markAsUntransferable(buffer);
    this.slab = new Uint8Array(buffer);
    this.used = 0;
  }
}

/** Of events. Cloning an event copies its slab: a page costs little beside the rest of an event, two cost half of it. */
export const eventSlabs = new ByteSlabs(4096);
/** Of raw records, which are up to 1,024 bytes mostly, and of which there is nothing to clone but bytes. */
export const recordSlabs = new ByteSlabs(8192);
