/** What an event buffer of one ring is in terms of arrays, and the commands that random tests run on it. */
import fc from 'fast-check';
import { batchCount, count, small } from './property';

export interface Item {
  n: number;
  slots: number;
}

export type Command =
  | { op: 'put' | 'tryPut' | 'putAsync'; slots: number; on: number }
  | { op: 'putBatch'; count: number; spread: number; bad: number; on: number }
  | { op: 'tryGet'; on: number }
  | { op: 'getBatch' | 'drainTo'; max: number; on: number }
  | { op: 'consume'; max: number; throwAt: number; nestAt: number; nested: Command[]; on: number }
  | { op: 'clear' | 'close'; on: number };

const on = fc.nat({ max: 1 });
const slots = fc.constantFrom(1, 1, 1, 1, 2, 3);
const plain: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom('put' as const, 'tryPut' as const, 'putAsync' as const),
      slots,
      on,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('putBatch' as const),
      count: batchCount,
      spread: fc.nat({ max: 7 }),
      bad: fc.integer({ min: -60, max: 69 }),
      on,
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('tryGet' as const), on }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constantFrom('getBatch' as const, 'drainTo' as const), max: count, on }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('clear' as const), on }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: small.map((n) => (n === 0 ? ('close' as const) : ('clear' as const))), on }),
  },
);

function consume(depth: number): fc.Arbitrary<Command> {
  const inner =
    depth === 0
      ? plain
      : fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: consume(depth - 1) });
  return fc.record({
    op: fc.constant('consume' as const),
    max: fc.oneof(count, fc.constant(Infinity)),
    throwAt: fc.integer({ min: -10, max: 20 }),
    nestAt: fc.integer({ min: -5, max: 10 }),
    nested: fc.array(inner, { maxLength: 4 }),
    on,
  });
}

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: plain },
  { weight: 1, arbitrary: consume(2) },
);

/** The slots of each event of a batch. */
export function batchSlots({ count, spread }: { count: number; spread: number }): number[] {
  return Array.from({ length: count }, (_, i) => Math.max(1, ((spread * (i + 1)) % 8) - 4));
}

/** Events of a consumer's chunk, at most. */
const CHUNK = 64;

export class EventModel {
  readonly waiting: Item[] = [];
  /** Of each instance: taken off the ring and not handed out. */
  readonly kept: Item[][] = [[], []];
  next = 0;
  slotsPut = 0;
  puts = 0;
  gets = 0;
  rejected = 0;
  discarded = 0;
  highWatermark = 0;
  closed = false;

  constructor(
    readonly capacity: number,
    readonly dropOldest: boolean,
  ) {}

  get size(): number {
    return this.waiting.reduce((sum, { slots }) => sum + slots, 0);
  }

  make(slots: number): Item {
    return { n: this.next++, slots };
  }

  fits(item: Item): boolean {
    return this.size + item.slots <= this.capacity;
  }

  /** Stores in order until one finds no room; refuses the rest of `total`. */
  store(items: readonly Item[], total = items.length): number {
    let stored = 0;
    for (const item of items) {
      while (this.dropOldest && !this.fits(item)) {
        this.waiting.shift();
        this.discarded++;
      }
      if (!this.fits(item)) {
        this.rejected += total - stored;
        break;
      }
      this.waiting.push(item);
      this.puts++;
      this.slotsPut += item.slots;
      this.highWatermark = Math.max(this.highWatermark, this.size);
      stored++;
    }
    return stored;
  }

  take(on: number, max: number): Item[] {
    const taken = this.kept[on].splice(0, max);
    const more = this.waiting.splice(0, max - taken.length);
    this.gets += more.length;
    return taken.concat(more);
  }

  /** The event that consume hands out next, with room for `rest` more in its answer. */
  consumeOne(on: number, rest: number): Item | undefined {
    const kept = this.kept[on];
    if (kept.length === 0) {
      kept.push(...this.waiting.splice(0, Math.min(rest, CHUNK)));
      this.gets += kept.length;
    }
    return kept.shift();
  }

  clear(): void {
    this.discarded += this.waiting.splice(0).length;
  }
}
