/** Waiting in one thread: abort signals, close, order among waiters, iteration, batches. */
import { getEventListeners } from 'node:events';
import { EventBuffer, PerCPUEventBuffer, PriorityBuffer, type UnifiedEvent } from '@tapio/performance';
import { closedError, rejectionOf } from '../support/errors';
import { numbered, numberOf, range, spanning } from '../support/events';
import { stayOnOneCPU } from '../support/one-cpu';
import { isPending, turn } from '../support/waits';

stayOnOneCPU();

type EventClass = EventBuffer | PerCPUEventBuffer | PriorityBuffer;

const KINDS: { name: string; make: () => EventClass }[] = [
  { name: 'EventBuffer', make: () => new EventBuffer(4) },
  {
    name: 'PerCPUEventBuffer',
    make: () => new PerCPUEventBuffer({ slotSize: 512, bufferSizePerCPU: 512 * 2, overflowSize: 512 * 2 }),
  },
  { name: 'PriorityBuffer', make: () => new PriorityBuffer({ low: 4 }) },
];

describe.each(KINDS)('$name', ({ make }) => {
  const fill = (buffer: EventClass): number => {
    let n = 0;
    while (buffer.tryPut(numbered(n))) n++;
    return n;
  };

  describe.each<[string, (buffer: EventClass, signal: AbortSignal) => Promise<unknown>, boolean]>([
    ['ready', (buffer, signal) => buffer.ready({ signal }), false],
    ['getAsync', (buffer, signal) => buffer.getAsync({ signal }), false],
    ['batches', (buffer, signal) => buffer.batches({ signal })[Symbol.asyncIterator]().next(), false],
    ['putAsync', (buffer, signal) => buffer.putAsync(numbered(99), { signal }), true],
  ])('%s', (_call, start, forRoom) => {
    test('aborted before: rejects with the reason and does nothing, even where it need not wait', async () => {
      const reason = { why: 'before' };
      const buffer = make();
      if (!forRoom) buffer.put(numbered(1));
      expect(await rejectionOf(start(buffer, AbortSignal.abort(reason)))).toBe(reason);
      expect(buffer.drainTo(new Array<UnifiedEvent>(9))).toBe(forRoom ? 0 : 1);
    });

    test('aborted meanwhile: rejects with the reason and takes or stores nothing', async () => {
      const buffer = make();
      const puts = forRoom ? fill(buffer) : 0;
      const abort = new AbortController();
      const wait = start(buffer, abort.signal);
      expect(await isPending(wait)).toBe(true);
      const reason = new Error('meanwhile');
      abort.abort(reason);
      expect(await rejectionOf(wait)).toBe(reason);
      const target = new Array<UnifiedEvent>(9);
      const waiting = buffer.drainTo(target);
      expect(target.slice(0, waiting).map(numberOf)).toEqual(range(0, puts));
      await turn();
      expect(buffer.drainTo(target)).toBe(0);
    });

    test('aborted after: nothing happens', async () => {
      const buffer = make();
      if (forRoom) fill(buffer);
      const abort = new AbortController();
      const wait = start(buffer, abort.signal);
      await turn();
      if (forRoom) buffer.drainTo(new Array<UnifiedEvent>(9));
      else buffer.put(numbered(1));
      await wait;
      abort.abort(new Error('after'));
      expect(await isPending(wait)).toBe(false);
    });

    test('aborted without a reason: rejects with an AbortError', async () => {
      const buffer = make();
      if (forRoom) fill(buffer);
      const abort = new AbortController();
      const wait = start(buffer, abort.signal);
      abort.abort();
      expect(await rejectionOf(wait)).toMatchObject({ name: 'AbortError' });
    });

    test('close ends it', async () => {
      const buffer = make();
      if (forRoom) fill(buffer);
      const wait = start(buffer, new AbortController().signal);
      await turn();
      buffer.close();
      if (_call === 'batches') expect(await wait).toEqual({ value: undefined, done: true });
      else expect(await rejectionOf(wait)).toEqual(closedError());
    });

    test('leaves no listener on the signal', async () => {
      const abort = new AbortController();
      for (let i = 0; i < 3; i++) {
        const buffer = make();
        if (forRoom) fill(buffer);
        const wait = start(buffer, abort.signal);
        await turn();
        if (forRoom) buffer.drainTo(new Array<UnifiedEvent>(9));
        else buffer.put(numbered(1));
        await wait;
      }
      expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    });
  });

  test('those who wait for an event are served in the order they asked', async () => {
    const buffer = make();
    const order: number[] = [];
    const waits = range(0, 20).map(async (i) => {
      const event = await buffer.getAsync();
      order.push(i);
      return numberOf(event);
    });
    await turn();
    for (let n = 0; n < 20; n++) {
      while (!buffer.tryPut(numbered(n))) await turn();
    }
    const got = await Promise.all(waits);
    expect(order).toEqual(range(0, 20));
    expect([...got].sort((a, b) => a - b)).toEqual(range(0, 20));
  });

  test('an aborted waiter leaves the queue and the others go on', async () => {
    const buffer = make();
    const abort = new AbortController();
    const first = buffer.getAsync({ signal: abort.signal });
    const second = buffer.getAsync();
    const third = buffer.getAsync();
    await turn();
    buffer.put(numbered(1));
    // The event is there, and nobody has been served yet.
    abort.abort('enough');
    expect(await rejectionOf(first)).toBe('enough');
    expect(numberOf(await second)).toBe(1);
    expect(await isPending(third)).toBe(true);
    buffer.put(numbered(2));
    expect(numberOf(await third)).toBe(2);
  });

  test('every way of waiting beside each other: nothing is lost, nothing is delivered twice', async () => {
    const buffer = make();
    const got: number[] = [];
    const consumers = [
      (async () => {
        for await (const event of buffer) got.push(numberOf(event));
      })(),
      (async () => {
        for await (const batch of buffer.batches({ maxCount: 2 })) got.push(...batch.map(numberOf));
      })(),
      (async () => {
        for await (const batch of buffer.batches({ maxCount: 3, maxWaitMs: 2 }))
          got.push(...batch.map(numberOf));
      })(),
      (async () => {
        for (let i = 0; i < 100; i++) got.push(numberOf(await buffer.getAsync()));
      })(),
      (async () => {
        for (let i = 0; i < 20; i++) {
          await buffer.ready();
          buffer.consume((view) => got.push(numberOf(view)), 1);
        }
      })(),
    ];
    // Those with a limit may find the buffer closed first.
    const limited = consumers
      .slice(3)
      .map((consumer) => consumer.catch((error) => expect(error).toEqual(closedError())));
    for (let n = 0; n < 2000; n++) await buffer.putAsync(numbered(n));
    buffer.close();
    await Promise.all([...consumers.slice(0, 3), ...limited]);
    expect(got.sort((a, b) => a - b)).toEqual(range(0, 2000));
  });

  test('leaving a loop loses nothing', async () => {
    const buffer = make();
    const got: number[] = [];
    let n = 0;
    for (let round = 0; round < 60; round++) {
      while (buffer.tryPut(numbered(n))) n++;
      const loops: AsyncIterable<UnifiedEvent | UnifiedEvent[]>[] = [
        buffer,
        buffer.batches({ maxCount: 2 }),
        buffer.batches({ maxCount: 3, maxWaitMs: 1 }),
      ];
      for await (const value of loops[round % 3]) {
        got.push(...[value].flat().map(numberOf));
        if (round % 2 === 0) break;
        if (round % 5 !== 0 && got.length % 2 === 0) break;
        if (buffer.drainTo([]) === 0 && !buffer.waitSync(0)) break;
      }
    }
    const rest = new Array<UnifiedEvent>(100);
    got.push(...rest.slice(0, buffer.drainTo(rest)).map(numberOf));
    const waiting: number[] = [];
    buffer.consume((view) => waiting.push(numberOf(view)));
    expect([...got, ...waiting].sort((a, b) => a - b)).toEqual(range(0, n));
  });

  test('an iteration sees the chunk that a throwing consume left in this instance', async () => {
    const buffer = make();
    range(0, 3).forEach((n) => buffer.put(numbered(n)));
    const iterator = buffer[Symbol.asyncIterator]();
    expect(() =>
      buffer.consume(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    await buffer.ready();
    expect(buffer.waitSync()).toBe(true);
    expect(numberOf((await iterator.next()).value as UnifiedEvent)).toBe(1);
    const [batch] = await Promise.all([buffer.batches()[Symbol.asyncIterator]().next()]);
    expect((batch.value as UnifiedEvent[]).map(numberOf)).toEqual([2]);
  });

  test('a wait that began before consume threw is told of the chunk', async () => {
    const buffer = make();
    const wait = buffer.getAsync();
    await turn();
    const seen: number[] = [];
    range(0, 3).forEach((n) => buffer.put(numbered(n)));
    // In the same turn: the waiter has not been served yet.
    expect(() =>
      buffer.consume((view) => {
        seen.push(numberOf(view));
        throw new Error('stop');
      }),
    ).toThrow('stop');
    seen.push(numberOf(await wait));
    buffer.consume((view) => seen.push(numberOf(view)));
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  test('an event is encoded when putAsync is called, and stored when there is room', async () => {
    const buffer = make();
    const first = fill(buffer);
    const event = numbered(first);
    const wait = buffer.putAsync(event);
    event.id = 'changed';
    event.timestamp = 0n;
    await turn();
    expect(buffer.drainTo(new Array<UnifiedEvent>(first))).toBe(first);
    await wait;
    expect(numberOf(await buffer.getAsync())).toBe(first);
  });
});

test('putAsync stores in the order of the calls, also behind those that wait', async () => {
  const buffer = new EventBuffer(4);
  buffer.putBatch(range(0, 4).map(numbered));
  const waits = range(4, 10).map((n) => buffer.putAsync(numbered(n)));
  await turn();
  const order = [numberOf(buffer.get())];
  // There is room at this moment, and others have waited longer.
  waits.push(buffer.putAsync(numbered(10)));
  while (order.length < 11) {
    const event = buffer.tryGet();
    if (event === undefined) await turn();
    else order.push(numberOf(event));
  }
  await Promise.all(waits);
  expect(order).toEqual(range(0, 11));
});

test('a getter that ends another wait for room leaves the event that is being put whole', async () => {
  const buffer = new EventBuffer(2);
  buffer.putBatch([numbered(0), numbered(1)]);
  const abort = new AbortController();
  const first = rejectionOf(buffer.putAsync(spanning(2, 2, 512), { signal: abort.signal }));
  const second = buffer.putAsync(numbered(3));
  await turn();
  buffer.get();
  const event = Object.defineProperty(numbered(4), 'message', {
    enumerable: true,
    get: () => {
      // One slot is free, which the long event cannot use, and the one behind it can.
      abort.abort('enough');
      return 'message';
    },
  });
  expect(buffer.tryPut(event)).toBe(false);
  expect(await first).toBe('enough');
  await second;
  expect(buffer.getBatch(9).map(numberOf)).toEqual([1, 3]);
});

test('ready settles in every instance while there is something to take', async () => {
  const buffer = new EventBuffer(8);
  const other = EventBuffer.attach(buffer.handle);
  const third = EventBuffer.attach(buffer.handle);
  for (let round = 0; round < 20; round++) {
    const waits = [buffer, other, third].map((each) => each.ready({ signal: AbortSignal.timeout(1000) }));
    await turn();
    buffer.put(numbered(round));
    // Nobody takes it, so it is there for each of them.
    await Promise.all(waits);
    expect(numberOf(third.get())).toBe(round);
  }
});

test('a wait for room goes on until the room is large enough', async () => {
  const buffer = new EventBuffer(4, { slotSize: 128 });
  range(0, 4).forEach((n) => buffer.put(numbered(n)));
  const wait = buffer.putAsync(spanning(4, 3, 128));
  for (let n = 0; n < 2; n++) {
    expect(numberOf(buffer.get())).toBe(n);
    expect(await isPending(wait)).toBe(true);
  }
  expect(numberOf(buffer.get())).toBe(2);
  await wait;
  expect(buffer.getBatch(9).map(numberOf)).toEqual([3, 4]);
});

test('putAsync under drop-oldest never waits', async () => {
  const buffer = new EventBuffer(2, { onFull: 'drop-oldest' });
  for (let n = 0; n < 5; n++) await buffer.putAsync(numbered(n));
  expect(buffer.getBatch(9).map(numberOf)).toEqual([3, 4]);
  expect(buffer.getStats()).toMatchObject({ puts: 5, discarded: 3, rejected: 0 });
});

test('putAsync that waits is not counted as refused', async () => {
  const buffer = new EventBuffer(2);
  buffer.putBatch([numbered(0), numbered(1)]);
  const wait = buffer.putAsync(numbered(2));
  await turn();
  buffer.get();
  await wait;
  expect(buffer.getStats()).toMatchObject({ puts: 3, gets: 1, rejected: 0 });
});
