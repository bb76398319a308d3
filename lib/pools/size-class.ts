import { Slice, type SliceHome } from './slice';
import { SliceBlock } from './slice-block';

/**
 * The slices of one size: the idle ones, and the blocks with vacant slots that new ones are cut from first.
 * A block is kept alive by its idle slices, its slices in use, and its place among the vacant; one without slices is freed.
 */
export class SizeClass implements SliceHome {
  allocated = 0;
  inUse = 0;
  /** Of `#idle`, how many count: a stack that never shrinks, so that storing in place allocates nothing. */
  idle = 0;
  readonly #idle: (Slice | undefined)[] = [];
  readonly #vacant = new Set<SliceBlock>();
  /** Walks over the idle slices, see letGo. */
  #hand = 0;

  constructor(
    readonly size: number,
    readonly slotsPerBlock: number,
  ) {}

  create(owner: object, size: number): Slice {
    const block = this.#vacantBlock();
    const offset = block.cut();
    if (block.isFull) this.#vacant.delete(block);
    else this.#vacant.add(block);
    this.allocated++;
    return new Slice(owner, this, block, block.buffer, offset, size);
  }

  keep(slice: Slice): void {
    this.#idle[this.idle++] = slice;
  }

  /** The slice kept last. There must be an idle one. */
  reuse(): Slice {
    const top = --this.idle;
    const slice = this.#idle[top] as Slice;
    this.#idle[top] = undefined;
    return slice;
  }

  /**
   * Makes the slot of a slice vacant; or keeps this one and vacates that of an idle slice in an emptier block:
   * otherwise, after a peak, the idle slices that stay would lie scattered and hold one block each.
   */
  letGo(slice: Slice): void {
    let victim = slice;
    if (this.idle > 0) {
      this.#hand = (this.#hand + 1) % this.idle;
      const other = this.#idle[this.#hand] as Slice;
      if (blockOf(other).live < blockOf(slice).live) {
        this.#idle[this.#hand] = slice;
        victim = other;
      }
    }
    const block = blockOf(victim);
    block.vacate(victim.offset);
    if (block.live === 0) this.#vacant.delete(block);
    else this.#vacant.add(block);
  }

  /** Forgets idle slices and vacant slots whose memory is gone. Returns how many idle slices. */
  dropDetached(): number {
    const kept = this.#idle.slice(0, this.idle).filter((slice) => slice?.isDetached === false);
    const dropped = this.idle - kept.length;
    this.idle = kept.length;
    kept.forEach((slice, index) => (this.#idle[index] = slice));
    this.#idle.fill(undefined, kept.length);
    for (const block of this.#vacant) if (block.buffer.byteLength === 0) this.#vacant.delete(block);
    return dropped;
  }

  #vacantBlock(): SliceBlock {
    for (const block of this.#vacant) if (block.buffer.byteLength > 0) return block;
    return new SliceBlock(this.size, this.slotsPerBlock);
  }
}

function blockOf(slice: Slice): SliceBlock {
  return slice.block as SliceBlock;
}
