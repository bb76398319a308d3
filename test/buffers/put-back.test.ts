/** An instance that lets go, by whatever way, loses nothing that it had taken without a word: it goes back, or is counted and told. */
import diagnostics from 'node:diagnostics_channel';
import {
  EventBuffer,
  type EventView,
  FanOut,
  PerCPUBuffer,
  PerCPUEventBuffer,
  Pipeline,
  PriorityBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { EventReadable } from '@tapio/performance/streams';
import { once } from 'node:events';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, range, record, recordNumber } from '../support/events';
import { internalsOf } from '../support/internals';
import { stayOnOneCPU } from '../support/one-cpu';
import { turn } from '../support/waits';

stayOnOneCPU();

type AnyEventBuffer = EventBuffer | PerCPUEventBuffer | PriorityBuffer;

const KINDS: [string, () => AnyEventBuffer, (maker: AnyEventBuffer) => AnyEventBuffer][] = [
  ['EventBuffer', () => new EventBuffer(64), ({ handle }) => EventBuffer.attach(handle)],
  [
    'PerCPUEventBuffer',
    () => new PerCPUEventBuffer({ bufferSizePerCPU: 512, overflowSize: 63 * 512 }),
    ({ handle }) => PerCPUEventBuffer.attach(handle),
  ],
  ['PriorityBuffer', () => new PriorityBuffer({ low: 64 }), ({ handle }) => PriorityBuffer.attach(handle)],
];

function drain(buffer: AnyEventBuffer): number[] {
  const target = new Array<UnifiedEvent>(1000);
  return target.slice(0, buffer.drainTo(target)).map(numberOf);
}

function discardedOf(buffer: AnyEventBuffer): number {
  if ('getMetrics' in buffer) return buffer.getMetrics().discarded;
  const stats = buffer.getStats();
  if ('low' in stats) return Object.values(stats).reduce((sum, { discarded }) => sum + discarded, 0);
  return stats.discarded;
}

/** What is told as lost of a buffer while `run` runs. */
function dropped(buffer: { handle: { id: bigint } }, run: () => void): number {
  let sum = 0;
  const subscriber = (message: any): void => {
    if (message.handle.id === buffer.handle.id) sum += message.count;
  };
  diagnostics.subscribe('tapio:buffer:drop', subscriber);
  try {
    run();
  } finally {
    diagnostics.unsubscribe('tapio:buffer:drop', subscriber);
  }
  return sum;
}

/** Has an instance take a chunk of which it consumes only the first event. */
function throwAtFirst(buffer: AnyEventBuffer): number {
  let first = -1;
  const fail = (view: EventView): void => {
    first = numberOf(view);
    throw new Error('stop');
  };
  expect(thrownBy(() => buffer.consume(fail)).message).toBe('stop');
  return first;
}

const sorted = (numbers: number[]): number[] => numbers.sort((a, b) => a - b);

describe.each(KINDS)('%s', (_name, make, attach) => {
  test('what a consume that threw had taken goes back when its instance is disposed', () => {
    const maker = make();
    range(0, 50).forEach((n) => maker.put(numbered(n)));
    const other = attach(maker);
    const first = throwAtFirst(other);
    const told = dropped(maker, () => other[Symbol.dispose]());
    expect(maker.waitSync(0)).toBe(true);
    expect(sorted([first, ...drain(maker)])).toEqual(range(0, 50));
    expect([discardedOf(maker), told]).toEqual([0, 0]);
  });

  test('once closed, it is counted in discarded and told as a drop', () => {
    const maker = make();
    range(0, 50).forEach((n) => maker.put(numbered(n)));
    const other = attach(maker);
    throwAtFirst(other);
    maker.close();
    const told = dropped(maker, () => other[Symbol.dispose]());
    const left = drain(maker).length;
    expect([discardedOf(maker), told]).toEqual([49 - left, 49 - left]);
    expect(told).toBeGreaterThan(0);
  });

  test('what finds no room is counted in discarded and told as a drop', () => {
    const maker = make();
    range(0, 50).forEach((n) => maker.put(numbered(n)));
    const other = attach(maker);
    throwAtFirst(other);
    let more = 0;
    while (maker.tryPut(numbered(1000 + more))) more++;
    maker.getAsync().catch(() => undefined);
    const told = dropped(maker, () => other[Symbol.dispose]());
    expect(told).toBeGreaterThan(0);
    expect(discardedOf(maker)).toBe(told);
    expect(drain(maker).length).toBe(more - 1 + 49 - told);
  });

  test('taken in a nested call, and given back as objects: all of it', () => {
    const maker = make();
    range(0, 20).forEach((n) => maker.put(numbered(n)));
    const other = attach(maker);
    const got: number[] = [];
    const fail = (): never => {
      throw new Error('stop');
    };
    thrownBy(() =>
      other.consume((view) => {
        got.push(numberOf(view));
        // The rest of the chunk into an array that refuses, then what came behind it.
        const target: UnifiedEvent[] = Object.defineProperty(new Array<UnifiedEvent>(40), 1, { set: fail });
        range(20, 40).forEach((n) => maker.put(numbered(n)));
        try {
          other.drainTo(target);
        } finally {
          if (target[0] !== undefined) got.push(numberOf(target[0]));
        }
      }),
    );
    other[Symbol.dispose]();
    expect(sorted([...got, ...drain(maker)])).toEqual(range(0, 40));
    expect(discardedOf(maker)).toBe(0);
  });

  test('disposed inside consume: the rest of the chunk goes back', () => {
    const maker = make();
    range(0, 20).forEach((n) => maker.put(numbered(n)));
    const other = attach(maker);
    let first = -1;
    const count = other.consume((view) => {
      first = numberOf(view);
      other[Symbol.dispose]();
      expect(numberOf(view)).toBe(first);
    });
    expect(count).toBe(1);
    expect(sorted([first, ...drain(maker)])).toEqual(range(0, 20));
  });

  test('an event that its owner spoilt meanwhile is counted and told', () => {
    const maker = make();
    const other = attach(maker);
    maker.put(numbered(1));
    const spoilt = { ...numbered(1) };
    Object.assign(spoilt, { timestamp: 'never' });
    other.drainTo(new Array<UnifiedEvent>(1));
    internalsOf(other).giveBack([spoilt]);
    expect(dropped(maker, () => other[Symbol.dispose]())).toBe(1);
    expect(discardedOf(maker)).toBe(1);
  });

  test('FanOut: what an aborted run could not deliver goes back from an instance that lets go before or after', async () => {
    for (const before of [true, false]) {
      const maker = make();
      range(0, 20).forEach((n) => maker.put(numbered(n)));
      const other = attach(maker);
      const output = new EventBuffer(4);
      const abort = new AbortController();
      const run = rejectionOf(new FanOut([output]).run(other, { signal: abort.signal }));
      await output.ready();
      await turn();
      if (before) other[Symbol.dispose]();
      abort.abort();
      await run;
      if (!before) other[Symbol.dispose]();
      expect(sorted([...drain(output), ...drain(maker)])).toEqual(range(0, 20));
    }
  });

  test('Pipeline: the batch of a sink that fails goes back from an instance that lets go before or after', async () => {
    for (const before of [true, false]) {
      const maker = make();
      range(0, 20).forEach((n) => maker.put(numbered(n)));
      const other = attach(maker);
      const run = Pipeline.from(other)
        .to(() => {
          if (before) other[Symbol.dispose]();
          throw new Error('stop');
        })
        .run();
      expect((await rejectionOf(run)).code).toBe('ERR_STAGE_FAILED');
      if (!before) other[Symbol.dispose]();
      expect(sorted(drain(maker))).toEqual(range(0, 20));
    }
  });

  test('a destroyed stream: what it had read ahead goes back from an instance that lets go before or after', async () => {
    for (const before of [true, false]) {
      const maker = make();
      range(0, 20).forEach((n) => maker.put(numbered(n)));
      const other = attach(maker);
      const stream = new EventReadable(other, { objectMode: true });
      await once(stream, 'readable');
      const got = numberOf(stream.read() as UnifiedEvent);
      if (before) other[Symbol.dispose]();
      stream.on('error', () => undefined).destroy();
      await once(stream, 'close');
      if (!before) other[Symbol.dispose]();
      expect(sorted([got, ...drain(maker)])).toEqual(range(0, 20));
    }
  });
});

test('what goes back comes behind what waits, in its order', () => {
  const maker = new EventBuffer(64);
  range(0, 5).forEach((n) => maker.put(numbered(n)));
  const other = EventBuffer.attach(maker.handle);
  throwAtFirst(other);
  maker.put(numbered(5));
  other[Symbol.dispose]();
  expect(drain(maker)).toEqual([5, 1, 2, 3, 4]);
  expect(maker.getStats()).toMatchObject({ puts: 10, gets: 10, discarded: 0 });
});

test('in a PriorityBuffer it goes back to its level, and is counted there', () => {
  const severities = ['critical', 'high', 'warning', 'info'] as const;
  const maker = new PriorityBuffer({ critical: 4, high: 4, normal: 4, low: 4 });
  severities.forEach((severity, n) => maker.put({ ...numbered(n), severity }));
  const other = PriorityBuffer.attach(maker.handle);
  throwAtFirst(other);
  other[Symbol.dispose]();
  const { critical, high, normal, low } = maker.getStats();
  expect([critical, high, normal, low].map(({ size }) => size)).toEqual([0, 1, 1, 1]);
  const another = PriorityBuffer.attach(maker.handle);
  throwAtFirst(another);
  maker.close();
  another[Symbol.dispose]();
  const stats = maker.getStats();
  expect(Object.values(stats).map(({ discarded }) => discarded)).toEqual([0, 0, 1, 1]);
});

test('PerCPUBuffer: records whose aggregation failed go back, or are counted and told', () => {
  for (const [how, expected] of [
    ['dispose', [range(0, 3), 0]],
    ['close, then dispose', [[], 3]],
    ['dispose while aggregating', [range(0, 3), 0]],
  ] as const) {
    const maker = new PerCPUBuffer();
    range(0, 3).forEach((n) => maker.write(record(n)));
    const other: PerCPUBuffer = PerCPUBuffer.attach(maker.handle, {
      aggregator: {
        aggregate: () => {
          if (how === 'dispose while aggregating') other[Symbol.dispose]();
          throw new Error('stop');
        },
      },
    });
    thrownBy(() => other.aggregate());
    if (how === 'close, then dispose') maker.close();
    const told = dropped(maker, () => other[Symbol.dispose]());
    const back = sorted(maker.read().map(recordNumber));
    expect([how, back, maker.getMetrics().discarded]).toEqual([how, ...expected]);
    if (how === 'close, then dispose') expect(told).toBe(3);
  }
});

test('a waiting consumer hears of what goes back', async () => {
  const maker = new EventBuffer(8);
  range(0, 2).forEach((n) => maker.put(numbered(n)));
  const other = EventBuffer.attach(maker.handle);
  throwAtFirst(other);
  const next = maker.getAsync();
  await turn();
  other[Symbol.dispose]();
  expect(numberOf(await next)).toBe(1);
});

test('a RingBuffer takes records one by one and keeps none', () => {
  const maker = new RingBuffer(8);
  const other = RingBuffer.attach(maker.handle);
  range(0, 4).forEach((n) => maker.put(record(n)));
  other.get();
  other[Symbol.dispose]();
  expect(maker.size).toBe(3);
});
