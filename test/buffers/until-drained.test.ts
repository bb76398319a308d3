/** Symbol.asyncDispose. */
import { EventBuffer, RingBuffer } from '@tapio/performance';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered } from '../support/events';
import { stayOnOneCPU } from '../support/one-cpu';
import { KINDS } from '../support/subjects';
import { isPending, loopUtilization } from '../support/waits';

stayOnOneCPU();

describe.each(KINDS)('$name', ({ make, attach }) => {
  test('asyncDispose closes, and settles when everything has been taken, by whomever', async () => {
    const maker = make(16);
    const other = attach(maker.buffer.handle);
    for (let n = 0; n < 3; n++) maker.put(n);
    const disposed = maker.buffer[Symbol.asyncDispose]();
    expect(thrownBy(() => other.put(9)).code).toBe('ERR_BUFFER_CLOSED');
    for (let n = 0; n < 3; n++) {
      expect(await isPending(disposed)).toBe(true);
      other.take();
    }
    await disposed;
    await maker.buffer[Symbol.asyncDispose]();
  });

  test('asyncDispose of an empty buffer settles, and so does clear', async () => {
    await make(16).buffer[Symbol.asyncDispose]();
    const subject = make(16);
    subject.put(1);
    const disposed = subject.buffer[Symbol.asyncDispose]();
    expect(await isPending(disposed)).toBe(true);
    subject.clear();
    await disposed;
  });

  test('asyncDispose of an attached instance only lets go', async () => {
    const maker = make(16);
    const other = attach(maker.buffer.handle);
    maker.put(1);
    await other.buffer[Symbol.asyncDispose]();
    expect(thrownBy(() => other.put(9)).code).toBe('ERR_BUFFER_CLOSED');
    expect(maker.take()).toBe(1);
    maker.put(2);
  });
});

describe.each(KINDS)('where nobody takes for a second, asyncDispose of a $name', ({ make, attach }) => {
  // Only the looks of asyncDispose are timers of this kind.
  const doNotFake = [
    'Date',
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
    'setTimeout',
    'clearTimeout',
  ] as const;
  beforeEach(() => void jest.useFakeTimers({ doNotFake: [...doNotFake] }));
  afterEach(() => void jest.useRealTimers());

  test('ends, and what waits can still be taken', async () => {
    const maker = make(16);
    const other = attach(maker.buffer.handle);
    for (let n = 0; n < 3; n++) maker.put(n);
    const end = maker.buffer[Symbol.asyncDispose]();
    jest.advanceTimersByTime(1000);
    expect(await isPending(end)).toBe(true);
    jest.advanceTimersByTime(100);
    await end;
    expect(maker.counts()).toMatchObject({ size: 3, discarded: 0 });
    expect([other.take(), maker.take(), other.take()].sort()).toEqual([0, 1, 2]);
    await maker.buffer[Symbol.asyncDispose]();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('goes on waiting as long as somebody takes', async () => {
    const maker = make(16);
    const other = attach(maker.buffer.handle);
    for (let n = 0; n < 4; n++) maker.put(n);
    const end = maker.buffer[Symbol.asyncDispose]();
    for (let n = 0; n < 4; n++) {
      jest.advanceTimersByTime(1000);
      expect(await isPending(end)).toBe(true);
      other.take();
    }
    await end;
  });

  test('does not hide the error that was thrown before', async () => {
    const scope = async (): Promise<void> => {
      const { buffer, put } = make(16);
      try {
        put(1);
        throw new Error('the reason');
      } finally {
        await buffer[Symbol.asyncDispose]();
      }
    };
    const result = rejectionOf(scope());
    jest.advanceTimersByTime(1100);
    expect((await result).message).toBe('the reason');
  });
});

test('asyncDispose waits for what its own instance has taken and not delivered', async () => {
  const buffer = new EventBuffer(8);
  for (let n = 0; n < 3; n++) buffer.put(numbered(n));
  thrownBy(() =>
    buffer.consume(() => {
      throw new Error('stop');
    }),
  );
  const disposed = buffer[Symbol.asyncDispose]();
  expect(await isPending(disposed)).toBe(true);
  expect(buffer.getBatch(8)).toHaveLength(2);
  await disposed;
});

test('an iteration beside asyncDispose gets all that waits', async () => {
  const buffer = new EventBuffer(8);
  let taken = 0;
  const consumer = (async () => {
    for await (const event of buffer) taken += event.id.length;
  })();
  for (let n = 0; n < 8; n++) buffer.put(numbered(n));
  await buffer[Symbol.asyncDispose]();
  await consumer;
  expect(taken).toBe(8);
});

test('those who wait for room are refused, and the wait for the end goes on', async () => {
  const buffer = new EventBuffer(1);
  buffer.put(numbered(1));
  const put = buffer.putAsync(numbered(2));
  const refused = put.catch((error) => error.code);
  const disposed = buffer[Symbol.asyncDispose]();
  expect(await refused).toBe('ERR_BUFFER_CLOSED');
  expect(await isPending(disposed)).toBe(true);
  buffer.get();
  await disposed;
});

test('the event loop sleeps while it waits for the end', async () => {
  const ring = new RingBuffer(8);
  ring.put(new Uint8Array(1));
  const disposed = ring[Symbol.asyncDispose]();
  const utilization = await loopUtilization(200);
  ring.get();
  await disposed;
  expect(utilization).toBeLessThan(0.5);
});
