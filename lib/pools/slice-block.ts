import { markAsUntransferable } from 'node:worker_threads';
import { TapioError } from '../errors';

/** Zeroed memory, never of Buffer's shared pool, that one array can show whole. */
export function allocate(bytes: number): ArrayBuffer {
  try {
    return new Uint8Array(bytes).buffer;
  } catch {
    throw new TapioError('ERR_INVALID_ARGUMENT', `cannot allocate ${bytes} bytes`);
  }
}

/** A large piece of memory cut into slots of one size. A slot is a slice, or vacant. */
export class SliceBlock {
  readonly buffer: ArrayBuffer;
  /** Slots that are slices now, idle or in use. */
  live = 0;
  /** Offsets of slots that were slices once; slots from `uncut` on never were. */
  readonly #vacated: number[] = [];
  #uncut = 0;

  constructor(
    readonly slotSize: number,
    readonly slots: number,
  ) {
    this.buffer = allocate(slotSize * slots);
    // Transferring one slice would take away the memory of all its neighbours.
    markAsUntransferable(this.buffer);
  }

  get isFull(): boolean {
    return this.live === this.slots;
  }

  /** The offset of a vacant slot, which is a slice from now on. The block must not be full. */
  cut(): number {
    this.live++;
    return this.#vacated.pop() ?? this.#uncut++ * this.slotSize;
  }

  vacate(offset: number): void {
    this.live--;
    this.#vacated.push(offset);
  }
}
