/** EventBuffer.batches: maxCount, maxWaitMs, close and abort while a batch gathers. */
import { type BatchOptions, EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { rejectionOf } from '../support/errors';
import { numbered, numberOf, range } from '../support/events';
import { isPending, turn } from '../support/waits';

const iterate = (buffer: EventBuffer, options: BatchOptions): AsyncIterator<UnifiedEvent[]> =>
  buffer.batches(options)[Symbol.asyncIterator]();

describe('batches', () => {
  test('take at most maxCount and go on where they stopped', async () => {
    const buffer = new EventBuffer(64);
    buffer.putBatch(range(0, 10).map(numbered));
    buffer.close();
    const sizes: number[] = [];
    for await (const batch of buffer.batches({ maxCount: 4 })) sizes.push(batch.length);
    expect(sizes).toEqual([4, 4, 2]);
  });

  test('without maxWaitMs give out what is there', async () => {
    const buffer = new EventBuffer(64);
    const iterator = iterate(buffer, { maxCount: 50 });
    const next = iterator.next();
    await turn();
    buffer.put(numbered(1));
    expect(((await next).value as UnifiedEvent[]).map(numberOf)).toEqual([1]);
  });

  test('with maxWaitMs wait for maxCount, and then go at once', async () => {
    const buffer = new EventBuffer(64);
    const iterator = iterate(buffer, { maxCount: 3, maxWaitMs: 20_000 });
    const start = performance.now();
    const next = iterator.next();
    for (let n = 0; n < 4; n++) {
      await turn();
      buffer.put(numbered(n));
    }
    expect(((await next).value as UnifiedEvent[]).map(numberOf)).toEqual([0, 1, 2]);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(buffer.size).toBe(1);
  });

  test('with maxWaitMs give out what has come when the time is up', async () => {
    const buffer = new EventBuffer(64);
    buffer.put(numbered(0));
    const iterator = iterate(buffer, { maxCount: 3, maxWaitMs: 50 });
    const start = performance.now();
    const next = iterator.next();
    await turn();
    buffer.put(numbered(1));
    expect(((await next).value as UnifiedEvent[]).map(numberOf)).toEqual([0, 1]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(45);
  });

  test('with maxWaitMs the time runs from the first event, not from the call', async () => {
    const buffer = new EventBuffer(64);
    const iterator = iterate(buffer, { maxCount: 3, maxWaitMs: 1 });
    const next = iterator.next();
    expect(await isPending(next)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await isPending(next)).toBe(true);
    buffer.put(numbered(0));
    expect(((await next).value as UnifiedEvent[]).map(numberOf)).toEqual([0]);
  });

  test('end early when the buffer closes, with what has come', async () => {
    const buffer = new EventBuffer(64);
    buffer.put(numbered(0));
    const iterator = iterate(buffer, { maxCount: 3, maxWaitMs: 20_000 });
    const next = iterator.next();
    await turn();
    buffer.close();
    expect(((await next).value as UnifiedEvent[]).map(numberOf)).toEqual([0]);
    expect((await iterator.next()).done).toBe(true);
  });

  test('aborted while they gather lose nothing, and keep the order', async () => {
    const buffer = new EventBuffer(64);
    buffer.putBatch(range(0, 3).map(numbered));
    const abort = new AbortController();
    const next = iterate(buffer, { maxCount: 10, maxWaitMs: 20_000, signal: abort.signal }).next();
    await turn();
    buffer.put(numbered(3));
    await turn();
    abort.abort(new Error('enough'));
    expect(await rejectionOf(next)).toMatchObject({ message: 'enough' });
    buffer.put(numbered(4));
    expect(buffer.isEmpty).toBe(false);
    expect(buffer.getBatch(9).map(numberOf)).toEqual(range(0, 5));
  });

  test('aborted between two batches throw the reason', async () => {
    const buffer = new EventBuffer(64);
    buffer.putBatch(range(0, 6).map(numbered));
    const abort = new AbortController();
    const seen: number[] = [];
    const loop = (async () => {
      for await (const batch of buffer.batches({ maxCount: 2, signal: abort.signal })) {
        seen.push(...batch.map(numberOf));
        abort.abort('enough');
      }
    })();
    expect(await rejectionOf(loop)).toBe('enough');
    expect([...seen, ...buffer.getBatch(9).map(numberOf)]).toEqual(range(0, 6));
  });
});

describe('200,000 events', () => {
  const MANY = 200_000;
  const make = (): EventBuffer => new EventBuffer(262144, { slotSize: 128 });
  const fill = (buffer: EventBuffer, from: number): void => {
    for (let n = from; n < MANY; n++) buffer.put(numbered(n));
  };
  const isInOrder = (events: readonly UnifiedEvent[]): boolean =>
    events.every((event, n) => numberOf(event) === n);

  test('that come while a batch gathers all go into it', async () => {
    const buffer = make();
    buffer.put(numbered(0));
    const next = iterate(buffer, { maxCount: 300_000, maxWaitMs: 20_000 }).next();
    await turn();
    fill(buffer, 1);
    buffer.close();
    const batch = (await next).value as UnifiedEvent[];
    expect(batch).toHaveLength(MANY);
    expect(isInOrder(batch)).toBe(true);
  });

  test('an abort while they gather loses none', async () => {
    const buffer = make();
    fill(buffer, 0);
    const abort = new AbortController();
    const next = iterate(buffer, { maxCount: 300_000, maxWaitMs: 20_000, signal: abort.signal }).next();
    await turn();
    expect(buffer.size).toBe(0);
    const reason = new Error('in the middle');
    abort.abort(reason);
    expect(await rejectionOf(next)).toBe(reason);
    const events: UnifiedEvent[] = [];
    // One by one, then as views, then the rest: each costs the same however many wait.
    for (let n = 0; n < 1000; n++) events.push(buffer.get());
    buffer.consume((view) => events.push(view.toEvent()), 1000);
    for (const event of buffer.getBatch(Infinity)) events.push(event);
    expect(events).toHaveLength(MANY);
    expect(isInOrder(events)).toBe(true);
    expect(buffer.isEmpty).toBe(true);
  });
});
