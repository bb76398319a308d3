/**
 * The per-CPU classes against one array for each ring, by random commands of a thread that moves between CPUs. Which ring
 * a take looks at first is not promised, so the model is told what came out and judges whether it may: each ring gives its
 * records in order, a take ends only when nothing is left, every count is exact.
 */
import fc from 'fast-check';
import {
  availableCPUs,
  type EventView,
  PerCPUBuffer,
  type PerCPUBufferMetrics,
  PerCPUEventBuffer,
  pinThread,
  type UnifiedEvent,
  unpinThread,
} from '@tapio/performance';
import { thrownBy } from '../support/errors';
import { numbered, numberOf, record, recordNumber, spanning } from '../support/events';
import { batchCount, checkSequences, count, equal, seed } from '../support/property';

const RUNS = 2500;
const CPUS = availableCPUs();
const HOME_SLOTS = 4;
const OVERFLOW_SLOTS = 8;

type Command =
  | { op: 'move'; to: number }
  | { op: 'put' | 'tryPut'; slots: number }
  | { op: 'putBatch'; count: number; bad: number }
  | { op: 'take'; max: number; way: number }
  | { op: 'takeFromCPU'; cpu: number; max: number }
  | { op: 'takeAndThrow'; at: number }
  | { op: 'visit'; throwAt: number }
  | { op: 'reset' };

const slots = fc.constantFrom(1, 1, 1, 2, 3, 6);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('move' as const), to: fc.nat({ max: CPUS.length - 1 }) }),
  },
  { weight: 8, arbitrary: fc.record({ op: fc.constantFrom('put' as const, 'tryPut' as const), slots }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('putBatch' as const),
      count: batchCount,
      bad: fc.integer({ min: -10, max: 9 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('take' as const),
      max: fc.oneof(count, fc.constant(Infinity)),
      way: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('takeFromCPU' as const),
      cpu: fc.nat({ max: CPUS.length - 1 }),
      max: count,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('takeAndThrow' as const), at: fc.nat({ max: 9 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('visit' as const), throwAt: fc.integer({ min: -9, max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reset' as const) }) },
);

/** One face for the two classes. */
interface Subject {
  put(n: number, slots: number): void;
  tryPut(n: number, slots: number): boolean;
  /** Undefined where the class has no batches. */
  putBatch?(numbers: readonly number[], bad: number): number;
  take(max: number, way: number): number[];
  takeFromCPU(cpu: number, max: number): number[];
  /** Takes everything, one by one, and throws at the one with this index; gives those that came out. */
  takeAndThrow(at: number): number[];
  visit?(throwAt: number): number[];
  reset(): void;
  metrics(): PerCPUBufferMetrics;
}

interface Item {
  n: number;
  slots: number;
}

class Model {
  readonly rings = new Map<number, Item[]>(CPUS.map((cpu) => [cpu, []]));
  readonly overflow: Item[] = [];
  next = 0;
  home = CPUS[0];
  writes = 0;
  overflows = 0;
  dropped = 0;
  discarded = 0;
  delivered = 0;
  rejectedBy = new Map<number, number>(CPUS.map((cpu) => [cpu, 0]));
  writtenTo = new Map<number, number>(CPUS.map((cpu) => [cpu, 0]));
  /** Whether the instance may keep records that it took and did not hand out. */
  mayKeep = false;

  constructor(private readonly dropOldest: boolean) {}

  get waiting(): number {
    return this.lists.reduce((sum, list) => sum + list.length, 0);
  }
  get lists(): Item[][] {
    return [...this.rings.values(), this.overflow];
  }

  put(item: Item): boolean {
    const home = this.rings.get(this.home)!;
    for (;;) {
      if (used(home) + item.slots <= HOME_SLOTS) {
        home.push(item);
        this.writtenTo.set(this.home, this.writtenTo.get(this.home)! + 1);
        break;
      }
      if (used(this.overflow) + item.slots <= OVERFLOW_SLOTS) {
        this.overflow.push(item);
        this.overflows++;
        this.rejectedBy.set(this.home, this.rejectedBy.get(this.home)! + 1);
        break;
      }
      if (!this.dropOldest) {
        this.dropped++;
        this.rejectedBy.set(this.home, this.rejectedBy.get(this.home)! + 1);
        return false;
      }
      (item.slots <= HOME_SLOTS ? home : this.overflow).shift();
      this.discarded++;
    }
    this.writes++;
    return true;
  }

  /** A record came out: it must be the oldest of its ring, or one behind those that are kept. */
  took(n: number, lists = this.lists): void {
    const list = lists.find((each) => each.some((item) => item.n === n));
    if (list === undefined) throw new Error(`${n} came out, but does not wait there`);
    const index = list.findIndex((item) => item.n === n);
    if (index !== 0 && !(this.mayKeep && lists.length === 1))
      throw new Error(`${n} came out before ${list[0].n}`);
    list.splice(index, 1);
    this.delivered++;
  }

  reset(): void {
    for (const list of this.lists) this.discarded += list.splice(0).length;
  }
}

function used(list: readonly Item[]): number {
  return list.reduce((sum, { slots }) => sum + slots, 0);
}

function perform(subject: Subject, model: Model, command: Command): void {
  switch (command.op) {
    case 'move':
      model.home = CPUS[command.to];
      return pinThread(model.home);
    case 'put':
    case 'tryPut': {
      const n = model.next++;
      // A kept record holds no slot, so what is kept must be known to know what fits.
      settle(subject, model);
      const stored = model.put({ n, slots: command.slots });
      if (command.op === 'tryPut') equal('tryPut', subject.tryPut(n, command.slots), stored);
      else if (stored) subject.put(n, command.slots);
      else equal('code', thrownBy(() => subject.put(n, command.slots)).code, 'ERR_BUFFER_FULL');
      return;
    }
    case 'putBatch': {
      if (subject.putBatch === undefined) return;
      settle(subject, model);
      const numbers = Array.from({ length: command.count }, () => model.next++);
      const isBad = command.bad >= 0 && command.bad < numbers.length;
      const good = isBad ? numbers.slice(0, command.bad) : numbers;
      const stored = good.findIndex((n) => !model.put({ n, slots: 1 }));
      if (stored >= 0) {
        // The one that found no room is counted; so are those behind it.
        model.dropped += numbers.length - stored - 1;
        model.rejectedBy.set(model.home, model.rejectedBy.get(model.home)! + numbers.length - stored - 1);
        return equal('putBatch', subject.putBatch(numbers, command.bad), stored);
      }
      if (!isBad) return equal('putBatch', subject.putBatch(numbers, -1), numbers.length);
      const error = thrownBy(() => subject.putBatch!(numbers, command.bad));
      equal('code', error.code, 'ERR_INVALID_EVENT');
      return equal('stored', error.stored, good.length);
    }
    case 'take': {
      const expected = Math.min(command.max, model.waiting);
      const numbers = subject.take(command.max, command.way);
      numbers.forEach((n) => model.took(n));
      equal('taken', numbers.length, expected);
      if (model.waiting === 0) model.mayKeep = false;
      return;
    }
    case 'takeFromCPU': {
      const cpu = CPUS[command.cpu];
      const ring = model.rings.get(cpu)!;
      const expected = Math.min(command.max, ring.length);
      const numbers = subject.takeFromCPU(cpu, command.max);
      numbers.forEach((n) => model.took(n, [ring]));
      if (!model.mayKeep) equal('taken', numbers.length, expected);
      return;
    }
    case 'takeAndThrow': {
      const numbers = subject.takeAndThrow(command.at);
      numbers.forEach((n) => model.took(n));
      model.mayKeep ||= numbers.length > 0 || model.waiting > 0;
      return;
    }
    case 'visit': {
      if (subject.visit === undefined) return;
      const seen = subject.visit(command.throwAt);
      const all = model.lists.flatMap((list) => list.map(({ n }) => n));
      if (command.throwAt < 0 || command.throwAt >= all.length) {
        equal('visited', seen.sort((a, b) => a - b).join(' '), all.sort((a, b) => a - b).join(' '));
      } else {
        equal('visited', seen.length, command.throwAt + 1);
      }
      return;
    }
    case 'reset':
      settle(subject, model);
      subject.reset();
      model.reset();
  }
}

/** Takes what the instance keeps, and no more. */
function settle(subject: Subject, model: Model): void {
  if (!model.mayKeep) return;
  const kept = subject.metrics().reads - model.delivered;
  for (const n of subject.take(kept, 0)) model.took(n);
  model.mayKeep = false;
}

function compare(subject: Subject, model: Model, slotBytes: number): void {
  const metrics = subject.metrics();
  const { writes, overflows, dropped, discarded, delivered } = model;
  equal('writes', metrics.writes, writes);
  equal('overflows', metrics.overflows, overflows);
  equal('dropped', metrics.dropped, dropped);
  equal('discarded', metrics.discarded, discarded);
  equal('overflowSize', metrics.overflowSize, OVERFLOW_SLOTS * slotBytes);
  for (const { cpu, capacity, rejected, writes: written, used: bytes, utilization } of metrics.cpus) {
    equal('capacity', capacity, HOME_SLOTS * slotBytes);
    equal('rejected', rejected, model.rejectedBy.get(cpu) ?? 0);
    equal('cpu writes', written, model.writtenTo.get(cpu) ?? 0);
    equal('utilization', utilization, bytes / capacity);
    if (!model.mayKeep) equal('used', bytes, used(model.rings.get(cpu) ?? []) * slotBytes);
  }
  if (model.mayKeep) return;
  equal('reads', metrics.reads, delivered);
  equal('overflowUsed', metrics.overflowUsed, used(model.overflow) * slotBytes);
}

function eventSubject(dropOldest: boolean): Subject {
  const buffer = new PerCPUEventBuffer({
    slotSize: 128,
    bufferSizePerCPU: 128 * HOME_SLOTS,
    overflowSize: 128 * OVERFLOW_SLOTS,
    onFull: dropOldest ? 'drop-oldest' : 'reject',
    enablePooling: true,
  });
  const eventOf = (n: number, slots: number): UnifiedEvent =>
    slots === 1 ? numbered(n) : spanning(n, slots, 128);
  const numbersOf = (events: UnifiedEvent[]): number[] => {
    const numbers = events.map(numberOf);
    for (const event of events) buffer.release(event);
    return numbers;
  };
  const consume = (max: number, throwAt: number): number[] => {
    const numbers: number[] = [];
    const stop = new Error('stop');
    try {
      buffer.consume((view: EventView) => {
        numbers.push(numberOf(view));
        if (numbers.length - 1 === throwAt) throw stop;
      }, max);
    } catch (error) {
      if (error !== stop) throw error;
    }
    return numbers;
  };
  return {
    put: (n, slots) => buffer.put(eventOf(n, slots)),
    tryPut: (n, slots) => buffer.tryPut(eventOf(n, slots)),
    putBatch: (numbers, bad) =>
      buffer.putBatch(numbers.map((n, i) => (i === bad ? { ...numbered(n), timestamp: -1n } : numbered(n)))),
    take: (max, way) => {
      if (way === 0) return numbersOf(max === Infinity ? buffer.get() : buffer.get(max));
      if (way === 1) return consume(max, -1);
      const target = new Array<UnifiedEvent>(Math.min(max, 100));
      return numbersOf(target.slice(0, buffer.drainTo(target)));
    },
    takeFromCPU: (cpu, max) => numbersOf(buffer.getFromCPU(cpu, max)),
    takeAndThrow: (at) => consume(Infinity, at),
    visit: (throwAt) => {
      const seen: number[] = [];
      const stop = new Error('stop');
      try {
        equal(
          'process',
          buffer.process((event) => {
            seen.push(numberOf(event));
            if (seen.length - 1 === throwAt) throw stop;
          }),
          seen.length,
        );
      } catch (error) {
        if (error !== stop) throw error;
      }
      return seen;
    },
    reset: () => buffer.reset(),
    metrics: () => buffer.getMetrics(),
  };
}

function rawSubject(): Subject {
  const SLOT = 32;
  let failing = true;
  let seen: readonly Uint8Array[] = [];
  const buffer = new PerCPUBuffer({
    slotSize: SLOT,
    bufferSizePerCPU: SLOT * HOME_SLOTS,
    overflowSize: SLOT * OVERFLOW_SLOTS,
    aggregator: {
      aggregate: (records) => {
        seen = records;
        if (failing) throw new Error('stop');
        return new Uint8Array();
      },
    },
  });
  return {
    put: (n, slots) => buffer.write(record(n, SLOT * slots)),
    tryPut: (n, slots) => buffer.tryWrite(record(n, SLOT * slots)),
    take: (max, way) => {
      if (way === 1 && max === Infinity) {
        failing = false;
        buffer.aggregate();
        failing = true;
        return seen.map(recordNumber);
      }
      return (max === Infinity ? buffer.read() : buffer.read(max)).map(recordNumber);
    },
    takeFromCPU: (cpu, max) => buffer.readFromCPU(cpu, max).map(recordNumber),
    takeAndThrow: () => {
      equal('message', thrownBy(() => buffer.aggregate()).message, 'stop');
      return [];
    },
    reset: () => buffer.reset(),
    metrics: () => buffer.getMetrics(),
  };
}

afterAll(() => unpinThread());

test.each<[string, () => Subject, boolean, number]>([
  ['PerCPUEventBuffer', () => eventSubject(false), false, 128],
  ['PerCPUEventBuffer that drops the oldest', () => eventSubject(true), true, 128],
  ['PerCPUBuffer', rawSubject, false, 32],
])(
  `%s does as the model does, seed ${seed}`,
  (_name, make, dropOldest, slotBytes) => {
    let delivered = 0;
    checkSequences(RUNS, command, (sequence) => {
      const subject = make();
      const model = new Model(dropOldest);
      pinThread(model.home);
      for (const each of sequence) {
        perform(subject, model, each);
        compare(subject, model, slotBytes);
      }
      for (const n of subject.take(Infinity, 0)) model.took(n);
      equal('left in the model', model.waiting, 0);
      delivered += model.delivered;
    });
    expect(delivered).toBeGreaterThan(1000);
  },
  60_000,
);
