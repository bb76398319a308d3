import type { SliceBlock } from './slice-block';

/** Views a slice keeps for other sizes than the current one. */
const SPARE_VIEWS = 3;

/** Its constructor returns the object it is given, so that a derived class adds its private fields to that object. */
class Returned {
  constructor(object: object) {
    return object;
  }
}

/**
 * A private field on a view: nobody outside can read, copy or forge it, and a subarray, a copy or a proxy of the view
 * has none. Reading it costs about 1 ns, a WeakMap 15.
 */
class Stamp extends Returned {
  readonly #slice: Slice;

  constructor(view: Uint8Array, slice: Slice) {
    super(view);
    this.#slice = slice;
  }

  static read(view: object): Slice | undefined {
    return #slice in view ? view.#slice : undefined;
  }
}

/** The slice an array was made for by any pool of this thread; undefined for every other value. */
export function sliceOf(value: unknown): Slice | undefined {
  return typeof value === 'object' && value !== null ? Stamp.read(value) : undefined;
}

/** Where a slice goes that is put back: its size class. */
export interface SliceHome {
  readonly size: number;
  /** Its slices that somebody has. */
  inUse: number;
  keep(slice: Slice): void;
  letGo(slice: Slice): void;
  dropDetached(): number;
}

/**
 * What a pool knows of one slice. Only `view` may be put back, and only while `inUse`. A slice asked for in
 * a size it had before gets the same view again, so that reuse allocates nothing.
 */
export class Slice {
  inUse = false;
  /** Its length, unless it is detached. Like `view` written by reshape only. */
  size: number;
  view: Uint8Array;
  #spares: Uint8Array[] | undefined;
  #nextSpare = 0;

  /** `home` and `block` are undefined for a slice that was allocated plainly. */
  constructor(
    readonly owner: object,
    readonly home: SliceHome | undefined,
    readonly block: SliceBlock | undefined,
    buffer: ArrayBuffer,
    readonly offset: number,
    size: number,
  ) {
    this.size = size;
    this.view = this.#makeView(buffer, size);
  }

  /** The memory went to another thread or was detached otherwise: it is gone for good. */
  get isDetached(): boolean {
    return this.view.length !== this.size;
  }

  /** Makes `view` have `size` bytes. The slice must not be detached. */
  reshape(size: number): void {
    const old = this.view;
    const spares = (this.#spares ??= []);
    const found = spares.findIndex((spare) => spare.length === size);
    const place = found >= 0 ? found : this.#nextSpare;
    if (found < 0) this.#nextSpare = (place + 1) % SPARE_VIEWS;
    this.view = found >= 0 ? spares[found] : this.#makeView(old.buffer as ArrayBuffer, size);
    this.size = size;
    spares[place] = old;
  }

  #makeView(buffer: ArrayBuffer, size: number): Uint8Array {
    const view = new Uint8Array(buffer, this.offset, size);
    new Stamp(view, this);
    return view;
  }
}
