/** A consumer that has found nothing more sleeps until its next wake is due, and finds what has come by then. */
import { EventBuffer } from '@tapio/performance';
import { codeOf } from '../support/errors';
import { numbered, numberOf } from '../support/events';

/** Long enough to be told from "at once" on any machine. Milliseconds. */
const INTERVAL = 400;
const ignore = (): void => undefined;

/** A buffer whose consumer was woken just now and has taken everything. */
async function woken(
  capacity = 2 ** 18,
  wakeIntervalMicros = INTERVAL * 1000,
): Promise<{ buffer: EventBuffer; since: number }> {
  const buffer = new EventBuffer(capacity, { slotSize: 128, wakeIntervalMicros });
  const wait = buffer.ready();
  const since = performance.now();
  buffer.put(numbered(0));
  await wait;
  expect(buffer.consume(ignore)).toBe(1);
  return { buffer, since };
}

/** Whether a promise settles while the event loop turns a few times. */
async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  for (let i = 0; i < 20 && !settled; i++) await new Promise((resolve) => setImmediate(resolve));
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
  const batches = buffer.batches()[Symbol.asyncIterator]();
  buffer.put(numbered(1));
  const next = batches.next();
  expect(await settlesAtOnce(next)).toBe(false);
  buffer.put(numbered(2));
  const { value } = (await next) as IteratorYieldResult<ReturnType<typeof numbered>[]>;
  expect(value.map(numberOf)).toEqual([1, 2]);
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
    expect(await settlesAtOnce(buffer.batches()[Symbol.asyncIterator]().next())).toBe(true);
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

  test('when events come so fast that a ring might fill', async () => {
    const { buffer } = await woken(16);
    for (let i = 0; i < 4; i++) buffer.put(numbered(i));
    expect(await settlesAtOnce(buffer.ready())).toBe(true);
  });

  test('who asks for one event', async () => {
    const { buffer } = await woken();
    buffer.put(numbered(1));
    expect(await settlesAtOnce(buffer.getAsync())).toBe(true);
  });

  test('on a closed buffer', async () => {
    const { buffer } = await woken();
    buffer.put(numbered(1));
    buffer.close();
    await buffer.ready();
    expect(buffer.getBatch(10).map(numberOf)).toEqual([1]);
    const wait = buffer.ready();
    expect(await settlesAtOnce(wait)).toBe(true);
    expect(await codeOf(() => wait)).toBe('ERR_BUFFER_CLOSED');
  });
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
