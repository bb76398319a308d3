/** A consumer that has found nothing more sleeps until its next wake is due, and finds what has come by then. */
import { EventBuffer, type UnifiedEvent, UnifiedEventPool } from '@tapio/performance';
import { codeOf } from '../support/errors';
import { numbered, numberOf } from '../support/events';
import { turn } from '../support/waits';

/** Long enough to be told from "at once" on any machine. Milliseconds. */
const INTERVAL = 1000;
const ignore = (): void => undefined;

/** A buffer whose consumer was woken just now and has taken everything. */
async function woken(
  capacity = 2 ** 18,
  wakeIntervalMicros = INTERVAL * 1000,
  pool?: UnifiedEventPool,
): Promise<{ buffer: EventBuffer; since: number }> {
  const buffer = new EventBuffer(capacity, { slotSize: 128, wakeIntervalMicros, pool });
  const wait = buffer.ready();
  const since = performance.now();
  buffer.put(numbered(0));
  await wait;
  expect(buffer.consume(ignore)).toBe(1);
  return { buffer, since };
}

function next(events: AsyncIterable<unknown>): Promise<IteratorResult<unknown>> {
  return events[Symbol.asyncIterator]().next();
}

/** Whether a promise settles while the event loop turns a few times. */
async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  for (let i = 0; i < 20 && !settled; i++) await turn();
  return settled;
}

test('ready waits for the next wake, and all that has come by then is there', async () => {
  const { buffer, since } = await woken();
  buffer.put(numbered(1));
  const wait = buffer.ready();
  expect(await settlesAtOnce(wait)).toBe(false);
  buffer.put(numbered(2));
  await wait;
  expect(performance.now() - since).toBeGreaterThanOrEqual(INTERVAL - 1);
  expect(buffer.getBatch(10).map(numberOf)).toEqual([1, 2]);
});

test('so do batches', async () => {
  const { buffer, since } = await woken();
  buffer.put(numbered(1));
  const batch = next(buffer.batches());
  expect(await settlesAtOnce(batch)).toBe(false);
  buffer.put(numbered(2));
  expect(((await batch).value as UnifiedEvent[]).map(numberOf)).toEqual([1, 2]);
  expect(performance.now() - since).toBeGreaterThanOrEqual(INTERVAL - 1);
});

describe('nobody waits', () => {
  test('without moderation', async () => {
    const { buffer } = await woken(2 ** 18, 0);
    buffer.put(numbered(1));
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
  });

  test('who has left something behind', async () => {
    const { buffer } = await woken();
    buffer.putBatch([1, 2, 3].map(numbered));
    buffer.getBatch(2);
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
    expect(await settlesAtOnce(next(buffer.batches()))).toBe(true);
  });

  test('for what this instance has taken and not delivered', async () => {
    const { buffer } = await woken();
    buffer.putBatch([1, 2, 3].map(numbered));
    const fail = (): void => {
      throw new Error('of the user');
    };
    expect(() => buffer.consume(fail)).toThrow('of the user');
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
    expect(buffer.getBatch(10).map(numberOf)).toEqual([2, 3]);
  });

  test.each([0, INTERVAL])('inside consume, for what it has yet to deliver, interval %i ms', async (ms) => {
    const { buffer } = await woken(2 ** 18, ms * 1000);
    buffer.putBatch([1, 2, 3].map(numbered));
    const waits: Promise<void>[] = [];
    buffer.consume(() => waits.push(buffer.ready()));
    expect(await Promise.all(waits.slice(0, 2).map(settlesAtOnce))).toEqual([true, true]);
    buffer.put(numbered(4));
    await waits[2];
  });

  test('when events come so fast that a ring might fill', async () => {
    const { buffer } = await woken(16);
    for (let i = 0; i < 4; i++) buffer.put(numbered(i));
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
  });

  test('for what an array that refuses events has left', async () => {
    const { buffer } = await woken();
    buffer.putBatch([1, 2, 3].map(numbered));
    const target = Object.freeze(new Array(5).fill(undefined)) as unknown as UnifiedEvent[];
    expect(() => buffer.drainTo(target)).toThrow(TypeError);
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
    expect(buffer.getBatch(10).map(numberOf)).toEqual([1, 2, 3]);
  });

  test('for what a pool that fails has left', async () => {
    let left = 2;
    const pool = new UnifiedEventPool();
    const get = pool.get.bind(pool);
    pool.get = () => {
      if (left-- === 0) throw new Error('no more');
      return get();
    };
    const { buffer } = await woken(2 ** 18, INTERVAL * 1000, pool);
    buffer.putBatch([1, 2, 3].map(numbered));
    const target = new Array<UnifiedEvent>(5);
    expect(() => buffer.drainTo(target)).toThrow('no more');
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
    left = Infinity;
    expect([...target.slice(0, 2), ...buffer.getBatch(10)].map(numberOf)).toEqual([1, 2, 3]);
  });

  test('who asks for one event', async () => {
    const { buffer } = await woken();
    buffer.put(numbered(1));
    expect(await settlesAtOnce(buffer.getAsync())).toBe(true);
  });

  test('who asks for one event behind somebody who waits', async () => {
    const { buffer } = await woken();
    buffer.put(numbered(1));
    const ready = buffer.ready();
    expect(await settlesAtOnce(buffer.getAsync())).toBe(true);
    await ready;
  });

  test('for the first event after an idle time, whichever way it is waited for', async () => {
    for (const way of ['batches', 'ready', 'iteration'] as const) {
      const buffer = new EventBuffer(2 ** 18, { slotSize: 128, wakeIntervalMicros: INTERVAL * 1000 });
      const first = way === 'ready' ? buffer.ready() : next(way === 'batches' ? buffer.batches() : buffer);
      expect(await settlesAtOnce(first)).toBe(false);
      buffer.put(numbered(1));
      expect(await settlesAtOnce(first)).toBe(true);
    }
  });

  test('who was told and has not taken yet', async () => {
    const { buffer } = await woken();
    const first = buffer.ready();
    buffer.put(numbered(1));
    await first;
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
    expect(await settlesAtOnce(next(buffer.batches()))).toBe(true);
  });

  test('on a closed buffer', async () => {
    const { buffer } = await woken();
    buffer.put(numbered(1));
    buffer.close();
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
    expect(buffer.getBatch(10).map(numberOf)).toEqual([1]);
    const wait = buffer.ready();
    expect(await settlesAtOnce(wait)).toBe(true);
    expect(await codeOf(() => wait)).toBe('ERR_BUFFER_CLOSED');
  });
});

test('a batch that gathers for less than the interval has what came by then', async () => {
  const { buffer, since } = await woken();
  const batches = buffer.batches({ maxWaitMs: INTERVAL / 4 })[Symbol.asyncIterator]();
  buffer.put(numbered(1));
  // The first event comes with the next wake, and the batch then gathers on.
  const batch = batches.next();
  await buffer.ready();
  buffer.put(numbered(2));
  expect(((await batch).value as UnifiedEvent[]).map(numberOf)).toEqual([1, 2]);
  expect(performance.now() - since).toBeLessThan(2 * INTERVAL);
});

test('an event that comes while nobody is due is not delayed by another interval', async () => {
  const { buffer } = await woken();
  const wait = buffer.ready();
  await new Promise((resolve) => setTimeout(resolve, INTERVAL + 50));
  const start = performance.now();
  buffer.put(numbered(1));
  await wait;
  expect(performance.now() - start).toBeLessThan(INTERVAL / 2);
});

test('the wait can be aborted, and takes nothing', async () => {
  const { buffer } = await woken();
  buffer.put(numbered(1));
  const abort = new AbortController();
  const wait = buffer.ready({ signal: abort.signal });
  expect(await settlesAtOnce(wait)).toBe(false);
  abort.abort(new Error('enough'));
  await expect(wait).rejects.toThrow('enough');
  expect(buffer.getBatch(10).map(numberOf)).toEqual([1]);
});
