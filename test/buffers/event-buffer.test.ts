/** EventBuffer against arrays, by random commands: two instances, long events, callbacks that throw and call back. */
import { EventBuffer, type EventView, type UnifiedEvent, UnifiedEventPool } from '@tapio/performance';
import { thrownBy } from '../support/errors';
import { numbered, numberOf, paddingFor, spanning } from '../support/events';
import { batchSlots, command, type Command, EventModel, type Item } from '../support/event-model';
import { checkSequences, equal, equalFields, seed } from '../support/property';

const RUNS = 1500;
const SLOT = 128;

const eventOf = ({ n, slots }: Item): UnifiedEvent => (slots === 1 ? numbered(n) : spanning(n, slots, SLOT));

/** Two instances of one buffer, the second of which decodes into a pool, beside their model. */
class Pair {
  readonly maker: EventBuffer;
  readonly both: EventBuffer[];
  readonly pool = new UnifiedEventPool();
  readonly model: EventModel;
  readonly start: number;
  consumed = 0;

  constructor(capacity: number, onFull: 'reject' | 'drop-oldest', start: number) {
    this.start = start;
    this.maker = new EventBuffer(capacity, { slotSize: SLOT, onFull, ...{ startTicket: start } });
    this.both = [this.maker, EventBuffer.attach(this.maker.handle, { pool: this.pool })];
    this.model = new EventModel(capacity, onFull === 'drop-oldest');
  }

  perform(command: Command): void {
    const { model } = this;
    const buffer = this.both[command.on];
    switch (command.op) {
      case 'put':
      case 'tryPut':
      case 'putAsync':
        return this.put(buffer, command.op, model.make(Math.min(command.slots, model.capacity)));
      case 'putBatch':
        return this.putBatch(
          buffer,
          batchSlots(command).map((slots) => model.make(Math.min(slots, model.capacity))),
          command.bad,
        );
      case 'tryGet': {
        const event = buffer.tryGet();
        return this.delivered(command.on, event === undefined ? [] : [event], model.take(command.on, 1));
      }
      case 'getBatch':
        return this.delivered(command.on, buffer.getBatch(command.max), model.take(command.on, command.max));
      case 'drainTo': {
        const target = new Array<UnifiedEvent>(command.max);
        const n = buffer.drainTo(target);
        return this.delivered(command.on, target.slice(0, n), model.take(command.on, command.max));
      }
      case 'consume':
        return this.consume(buffer, command);
      case 'clear':
        buffer.clear();
        return model.clear();
      case 'close':
        buffer.close();
        model.closed = true;
    }
  }

  /** Compares everything one of the two instances says with the model. */
  compare(on: number): void {
    const { model, start } = this;
    const { capacity, size, slotsPut, puts, gets, rejected, discarded, highWatermark, closed } = model;
    const writeIndex = start + slotsPut;
    const expected = {
      capacity,
      size,
      fillRate: size / capacity,
      isFull: size === capacity,
      isEmpty: size === 0,
      writeIndex,
    };
    const all = {
      ...expected,
      readIndex: writeIndex - size,
      puts,
      gets,
      rejected,
      discarded,
      highWatermark,
      closed,
    };
    const buffer = this.both[on];
    equalFields(buffer.getStats(), all);
    equal('size', buffer.size, size);
    equal('isFull', buffer.isFull, size === capacity);
    equal('isEmpty', buffer.isEmpty, model.waiting.length === 0 && model.kept[on].length === 0);
  }

  finish(): void {
    for (const on of [0, 1])
      this.delivered(on, this.both[on].getBatch(Infinity), this.model.take(on, Infinity));
    equal('left in the model', this.model.waiting.length, 0);
    equal('events out of the pool', this.pool.getStats().inUse, 0);
    this.both[1][Symbol.dispose]();
    this.maker.close();
  }

  private put(buffer: EventBuffer, op: 'put' | 'tryPut' | 'putAsync', item: Item): void {
    const { model } = this;
    const event = eventOf(item);
    if (op === 'putAsync' && !model.closed) {
      // Only where it need not wait: what it does then it does at once.
      if (!model.dropOldest && !model.fits(item)) return;
      model.store([item]);
      void buffer.putAsync(event);
      return;
    }
    if (op === 'putAsync') op = 'put';
    if (model.closed) return equal('code', thrownBy(() => buffer[op](event)).code, 'ERR_BUFFER_CLOSED');
    const stored = model.store([item]) === 1;
    if (op === 'tryPut') equal('tryPut', buffer.tryPut(event), stored);
    else if (stored) buffer.put(event);
    else equal('code', thrownBy(() => buffer.put(event)).code, 'ERR_BUFFER_FULL');
  }

  private putBatch(buffer: EventBuffer, items: Item[], bad: number): void {
    const { model } = this;
    const events = items.map(eventOf);
    const isBad = bad >= 0 && bad < items.length;
    if (isBad) events[bad] = { ...numbered(1), timestamp: -1n };
    const good = isBad ? items.slice(0, bad) : items;
    if (model.closed) {
      const error = thrownBy(() => buffer.putBatch(events));
      return equal('code', error.code, isBad && bad === 0 ? 'ERR_INVALID_EVENT' : 'ERR_BUFFER_CLOSED');
    }
    const stored = model.store(good, items.length);
    if (!isBad || stored < good.length) return equal('putBatch', buffer.putBatch(events), stored);
    const error = thrownBy(() => buffer.putBatch(events));
    equal('code', error.code, 'ERR_INVALID_EVENT');
    equal('stored', error.stored, stored);
  }

  private consume(
    buffer: EventBuffer,
    { on, max, throwAt, nestAt, nested }: Command & { op: 'consume' },
  ): void {
    const { model } = this;
    const firstNew = model.next;
    const stop = new Error('stop');
    let n = 0;
    const callback = (view: EventView): void => {
      const item = model.consumeOne(on, max - n);
      n++;
      if (item === undefined) throw new Error(`got ${view.id}, expected nothing`);
      this.sameEvent(view, item);
      if (n - 1 === nestAt) {
        for (const each of nested) this.perform({ ...each, on });
        // Nested calls leave the view alone.
        this.sameEvent(view, item);
        this.sameEvent(view.toEvent(), item);
      }
      if (n - 1 === throwAt) throw stop;
    };
    let thrown: unknown;
    let answer = -1;
    try {
      answer = buffer.consume(callback, max);
    } catch (error) {
      thrown = error;
    }
    if (thrown !== undefined && thrown !== stop) throw thrown;
    this.consumed += n;
    if (thrown === stop) return equal('calls before the throw', n, throwAt + 1);
    equal('consume', answer, n);
    if (n === max) return;
    equal('kept back', model.kept[on].length, 0);
    // What waited when it began is gone; what was put meanwhile may be left.
    equal('left behind', model.waiting.filter((item) => item.n < firstNew).length, 0);
  }

  private delivered(on: number, events: UnifiedEvent[], expected: Item[]): void {
    const text = (numbers: number[]): string => numbers.join(' ');
    equal('events', text(events.map(numberOf)), text(expected.map(({ n }) => n)));
    events.forEach((event, i) => this.sameEvent(event, expected[i]));
    if (on === 1) for (const event of events) this.pool.put(event);
  }

  private sameEvent(event: Pick<UnifiedEvent, 'id' | 'timestamp' | 'rawData'>, { n, slots }: Item): void {
    equal('event', numberOf(event), n);
    const bytes = event.rawData;
    equal('rawData', bytes?.length ?? 0, slots === 1 ? 0 : paddingFor(slots, SLOT));
    if (bytes?.some((byte) => byte !== (n & 0xff))) throw new Error(`event ${n} is torn`);
  }
}

describe.each(['reject', 'drop-oldest'] as const)('onFull %s', (onFull) => {
  test.each([1, 4, 64])(
    `an EventBuffer of %i slots does as the model does, seed ${seed}`,
    (capacity) => {
      let consumed = 0;
      checkSequences(RUNS, command, (sequence) => {
        const pair = new Pair(capacity, onFull, 2 ** 32 - (sequence.length % 9));
        sequence.forEach((each, i) => {
          pair.perform(each);
          pair.compare(i & 1);
        });
        pair.finish();
        consumed += pair.consumed;
      });
      expect(consumed).toBeGreaterThan(1000);
    },
    90_000,
  );
});
