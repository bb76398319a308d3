/** RingBuffer against an array, by random commands. */
import fc from 'fast-check';
import { RingBuffer } from '@tapio/performance';
import { thrownBy } from '../support/errors';
import { record, recordNumber } from '../support/events';
import { batchCount, checkSequences, count, equal, equalFields, seed, small } from '../support/property';

const RUNS = 1500;
const SLOT = 40;
const sizes = fc.integer({ min: 4, max: SLOT });

type Command =
  | { op: 'put' | 'tryPut'; size: number; on: number }
  | { op: 'putBatch'; count: number; spread: number; bad: number; on: number }
  | { op: 'putPacked'; count: number; spread: number; on: number }
  | { op: 'get' | 'tryGet' | 'tryGetInto'; room: number; on: number }
  | { op: 'getBatch'; max: number; on: number }
  | { op: 'getPacked'; max: number; room: number; on: number }
  | { op: 'clear' | 'close'; on: number };

const on = fc.nat({ max: 1 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constantFrom('put' as const, 'tryPut' as const), size: sizes, on }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('putBatch' as const),
      count: batchCount,
      spread: small,
      bad: fc.integer({ min: -60, max: 69 }),
      on,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('putPacked' as const), count: batchCount, spread: small, on }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom('get' as const, 'tryGet' as const, 'tryGetInto' as const),
      room: sizes,
      on,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('getBatch' as const), max: count, on }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('getPacked' as const),
      max: count,
      room: fc.nat({ max: 800 }),
      on,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('clear' as const), on }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: small.map((n) => (n === 0 ? ('close' as const) : ('clear' as const))), on }),
  },
);

function batchSizes({ count, spread }: { count: number; spread: number }): number[] {
  return Array.from({ length: count }, (_, i) => 4 + ((spread * (i + 1) * 5) % (SLOT - 3)));
}

class Model {
  readonly waiting: Uint8Array[] = [];
  next = 0;
  puts = 0;
  gets = 0;
  rejected = 0;
  discarded = 0;
  highWatermark = 0;
  closed = false;
  constructor(readonly capacity: number) {}

  make(size: number): Uint8Array {
    return record(this.next++, size);
  }
  /** Stores as many as there is room for; refuses the rest of `total`. */
  store(records: readonly Uint8Array[], total = records.length): number {
    const fitting = Math.min(records.length, this.capacity - this.waiting.length);
    this.waiting.push(...records.slice(0, fitting));
    this.puts += fitting;
    if (fitting < records.length) this.rejected += total - fitting;
    this.highWatermark = Math.max(this.highWatermark, this.waiting.length);
    return fitting;
  }
  take(max: number): Uint8Array[] {
    const taken = this.waiting.splice(0, max);
    this.gets += taken.length;
    return taken;
  }
}

function same(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  const text = (records: readonly Uint8Array[]): string =>
    records.map((each) => `${recordNumber(each)}:${each.length}`).join(' ');
  if (text(actual) !== text(expected)) throw new Error(`got ${text(actual)}, expected ${text(expected)}`);
}

function perform(ring: RingBuffer, model: Model, command: Command): void {
  switch (command.op) {
    case 'put':
    case 'tryPut': {
      const bytes = model.make(command.size);
      if (model.closed)
        return equal('code', thrownBy(() => ring[command.op](bytes)).code, 'ERR_BUFFER_CLOSED');
      const fits = model.store([bytes]) === 1;
      if (command.op === 'tryPut') equal('tryPut', ring.tryPut(bytes), fits);
      else if (fits) ring.put(bytes);
      else equal('code', thrownBy(() => ring.put(bytes)).code, 'ERR_BUFFER_FULL');
      return;
    }
    case 'putBatch': {
      const items: Uint8Array[] = batchSizes(command).map((size) => model.make(size));
      const isBad = command.bad >= 0 && command.bad < items.length;
      if (isBad) items[command.bad] = new Uint8Array(SLOT + 1);
      const good = isBad ? items.slice(0, command.bad) : items;
      if (model.closed) {
        const { code, stored } = thrownBy(() => ring.putBatch(items));
        // What is wrong with the first record is found before it is offered.
        equal('code', code, isBad && good.length === 0 ? 'ERR_EVENT_TOO_LARGE' : 'ERR_BUFFER_CLOSED');
        return equal('stored', stored ?? 0, 0);
      }
      const stored = model.store(good, items.length);
      if (!isBad || stored < good.length) return equal('putBatch', ring.putBatch(items), stored);
      const error = thrownBy(() => ring.putBatch(items));
      equal('code', error.code, 'ERR_EVENT_TOO_LARGE');
      return equal('stored', error.stored, stored);
    }
    case 'putPacked': {
      const items = batchSizes(command).map((size) => model.make(size));
      const source = Buffer.concat(items);
      const lengths = Uint32Array.from(items, ({ length }) => length);
      if (model.closed)
        return equal('code', thrownBy(() => ring.putBatchFrom(source, lengths)).code, 'ERR_BUFFER_CLOSED');
      return equal('putBatchFrom', ring.putBatchFrom(source, lengths), model.store(items));
    }
    case 'get':
    case 'tryGet': {
      const expected = model.take(1);
      if (expected.length === 0 && command.op === 'get') {
        return equal(
          'code',
          thrownBy(() => ring.get()).code,
          model.closed ? 'ERR_BUFFER_CLOSED' : 'ERR_BUFFER_EMPTY',
        );
      }
      const bytes = ring[command.op]();
      return same(bytes === undefined ? [] : [bytes], expected);
    }
    case 'tryGetInto': {
      const target = new Uint8Array(command.room);
      if (model.waiting.length > 0 && model.waiting[0].length > command.room) {
        return equal('code', thrownBy(() => ring.tryGetInto(target)).code, 'ERR_INVALID_ARGUMENT');
      }
      const size = ring.tryGetInto(target);
      const expected = model.take(1);
      equal('size', size, expected.length === 0 ? -1 : expected[0].length);
      return same(size < 0 ? [] : [target.subarray(0, size)], expected);
    }
    case 'getBatch':
      return same(ring.getBatch(command.max), model.take(command.max));
    case 'getPacked': {
      const target = new Uint8Array(command.room);
      const lengths = new Uint32Array(command.max);
      let fitting = 0;
      for (let used = 0; fitting < Math.min(command.max, model.waiting.length); fitting++) {
        used += model.waiting[fitting].length;
        if (used > command.room) break;
      }
      if (fitting === 0 && command.max > 0 && model.waiting.length > 0) {
        return equal('code', thrownBy(() => ring.getBatchInto(target, lengths)).code, 'ERR_INVALID_ARGUMENT');
      }
      const taken = ring.getBatchInto(target, lengths);
      const records: Uint8Array[] = [];
      for (let i = 0, at = 0; i < taken; at += lengths[i++])
        records.push(target.subarray(at, at + lengths[i]));
      return same(records, model.take(fitting));
    }
    case 'clear':
      ring.clear();
      model.discarded += model.waiting.splice(0).length;
      return;
    case 'close':
      ring.close();
      model.closed = true;
  }
}

function compare(ring: RingBuffer, model: Model, start: number): void {
  const { waiting, capacity, closed, puts, gets, rejected, discarded, highWatermark } = model;
  const size = waiting.length;
  const expected = {
    capacity,
    size,
    fillRate: size / capacity,
    isFull: size === capacity,
    isEmpty: size === 0,
    writeIndex: start + puts,
  };
  const all = {
    ...expected,
    readIndex: start + puts - size,
    puts,
    gets,
    rejected,
    discarded,
    highWatermark,
    closed,
  };
  equalFields(ring.getStats(), all);
  equal('size', ring.size, size);
  equal('isEmpty', ring.isEmpty, size === 0);
  equal('isFull', ring.isFull, size === capacity);
}

test.each([1, 2, 8, 64])(
  `a RingBuffer of %i slots does as the model does, seed ${seed}`,
  (capacity) => {
    let commands = 0;
    checkSequences(RUNS, command, (sequence) => {
      const start = 2 ** 32 - (sequence.length % 7);
      const maker = new RingBuffer(capacity, { slotSize: SLOT, ...{ startTicket: start } });
      const both = [maker, RingBuffer.attach(maker.handle)];
      const model = new Model(capacity);
      for (const each of sequence) {
        perform(both[each.on], model, each);
        compare(both[1 - each.on], model, start);
      }
      both[1][Symbol.dispose]();
      same(maker.getBatch(Infinity), model.take(Infinity));
      maker.close();
      commands += sequence.length;
    });
    expect(commands).toBeGreaterThan(1000);
  },
  60_000,
);
