/** Threads that sleep until there is an event, or room: none is forgotten, none is woken in vain for long. */
import { once } from 'node:events';
import { EventBuffer } from '@tapio/performance';
import type { WaiterTask } from '../fixtures/waiter.worker';
import { numbered, numberOf, range } from '../support/events';
import { startWorker } from '../support/threads';

interface Report {
  got: number[];
  end: string;
}

/** Comes back when the thread runs, with what it will report in the end. */
async function startWaiter(task: WaiterTask): Promise<{ report: Promise<Report> }> {
  const { worker } = startWorker('waiter.worker', task);
  await once(worker, 'message');
  return { report: once(worker, 'message').then(([report]) => report as Report) };
}

const WAYS = ['getAsync', 'iterate', 'batches', 'ready', 'waitSync'] as const;
const sorted = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);

test.each([0, 100, 5000])(
  'threads that wait in every way share the events exactly once, wakeIntervalMicros %i',
  async (wakeIntervalMicros) => {
    const COUNT = 4000;
    const buffer = new EventBuffer(16, { wakeIntervalMicros });
    const reports: { way: string; report: Promise<Report> }[] = [];
    for (const way of WAYS) reports.push({ way, ...(await startWaiter({ handle: buffer.handle, way })) });
    for (let n = 0; n < COUNT; n++) {
      await buffer.putAsync(numbered(n));
      // Now and then everybody goes to sleep.
      if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    buffer.close();
    const ends: Record<string, string> = {};
    const got: number[] = [];
    for (const { way, report } of reports) {
      const { got: numbers, end } = await report;
      ends[way] = end;
      expect(numbers).toEqual(sorted(numbers));
      got.push(...numbers);
    }
    expect(ends).toEqual({
      getAsync: 'ERR_BUFFER_CLOSED',
      iterate: 'end',
      batches: 'end',
      ready: 'ERR_BUFFER_CLOSED',
      waitSync: 'end',
    });
    expect(sorted(got)).toEqual(range(0, COUNT));
  },
  60_000,
);

test.each(WAYS)('close wakes every thread that sleeps in %s', async (way) => {
  const buffer = new EventBuffer(16);
  const reports: { report: Promise<Report> }[] = [];
  for (let i = 0; i < 3; i++) reports.push(await startWaiter({ handle: buffer.handle, way }));
  buffer.close();
  for (const { report } of reports) expect((await report).got).toEqual([]);
});

test('threads that wait for room all get it', async () => {
  const buffer = new EventBuffer(2);
  const reports: { report: Promise<Report> }[] = [];
  for (let i = 0; i < 3; i++)
    reports.push(await startWaiter({ handle: buffer.handle, way: 'putAsync', from: i * 1000, count: 1000 }));
  const got: number[] = [];
  for await (const event of buffer) if (got.push(numberOf(event)) === 3000) break;
  for (const { report } of reports) expect((await report).end).toBe('end');
  expect(sorted(got)).toEqual(range(0, 3000));
  for (let i = 0; i < 3; i++) {
    const mine = got.filter((n) => Math.floor(n / 1000) === i);
    expect(mine).toEqual(sorted(mine));
  }
});

/** How often a consumer went to sleep while a thread put as fast as there was room. */
async function countSleeps(wakeIntervalMicros: number): Promise<{ sleeps: number; milliseconds: number }> {
  const COUNT = 60_000;
  const buffer = new EventBuffer(65536, { slotSize: 128, wakeIntervalMicros });
  const start = performance.now();
  const report = startWorker('waiter.worker', {
    handle: buffer.handle,
    way: 'putAsync',
    from: 0,
    count: COUNT,
  });
  let sleeps = 0;
  for (let got = 0; got < COUNT; got += buffer.consume(() => undefined)) {
    // An event that is there by now ends the wait before the event loop turns: no sleep.
    const turn = setImmediate(() => sleeps++);
    await buffer.ready();
    clearImmediate(turn);
  }
  await report.exit;
  return { sleeps, milliseconds: performance.now() - start };
}

test('a consumer under load is woken at most once in wakeIntervalMicros', async () => {
  const { sleeps, milliseconds } = await countSleeps(5000);
  expect(sleeps).toBeGreaterThan(0);
  expect(sleeps).toBeLessThanOrEqual(milliseconds / 5 + 2);
});

test('the first event after an idle time wakes at once, whatever the interval', async () => {
  const buffer = new EventBuffer(4, { wakeIntervalMicros: 1_000_000 });
  const wait = buffer.getAsync();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const start = performance.now();
  buffer.put(numbered(1));
  await wait;
  expect(performance.now() - start).toBeLessThan(500);
});

/** Sleeps and leaves what it was woken for; the message `woken` says that it was. */
async function startLooker(
  handle: WaiterTask['handle'],
  way: 'look' | 'lookSync',
): Promise<{ woken: Promise<unknown> }> {
  const { worker } = startWorker('waiter.worker', { handle, way });
  await once(worker, 'message');
  return { woken: once(worker, 'message') };
}

test.each(['look', 'lookSync'] as const)(
  'who wakes in %s and takes nothing leaves nobody asleep',
  async (way) => {
    for (const lookerFirst of [true, false]) {
      const buffer = new EventBuffer(16);
      let wait: Promise<unknown> | undefined;
      if (!lookerFirst) wait = buffer.getAsync();
      const looker = await startLooker(buffer.handle, way);
      // Time to fall asleep, so that this thread's wait comes behind it.
      await new Promise((resolve) => setTimeout(resolve, 50));
      wait ??= buffer.getAsync();
      EventBuffer.attach(buffer.handle).put(numbered(1));
      await wait;
      buffer.close();
      await looker.woken;
    }
  },
);

test('two that are only told, and take nothing, are both told', async () => {
  const buffer = new EventBuffer(16);
  const looker = await startLooker(buffer.handle, 'look');
  const ready = buffer.ready();
  EventBuffer.attach(buffer.handle).put(numbered(1));
  await Promise.all([looker.woken, ready]);
  expect(buffer.size).toBe(1);
});
