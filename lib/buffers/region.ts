import { DATA_OFFSET, Layout, Limit, alignUp } from './staging';

/** A region that somebody uses has at least so many bytes, sizes included. */
const FIRST_BYTES = 8192;

/** A region grows up to this for the sake of batches alone. */
export const BATCH_BYTES = 32768;

/** One region of the staging of an instance: the sizes of the records of a batch, and the records. See native/addon/staging.h. */
export class Region {
  readonly memory: ArrayBuffer;
  readonly sizes: Uint32Array;
  /** The records. */
  readonly bytes: Uint8Array;

  /** @param size bytes of the records */
  constructor(readonly size: number) {
    this.memory = new ArrayBuffer(DATA_OFFSET + size);
    this.sizes = new Uint32Array(this.memory, 0, Limit.MAX_BATCH);
    this.bytes = new Uint8Array(this.memory, DATA_OFFSET, size);
  }

  /** A larger one, of twice the bytes, at least `atLeast` and at most `most`. */
  larger(atLeast: number, most: number): Region {
    const wanted = Math.max(FIRST_BYTES - DATA_OFFSET, 2 * this.size, atLeast);
    return new Region(alignUp(Math.min(wanted, most), Layout.ALIGNMENT));
  }
}

/** Of an instance that has not used its own yet. */
export const NO_REGION = new Region(0);
