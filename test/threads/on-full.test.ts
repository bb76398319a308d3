/** The policies for a full buffer: reject, drop-oldest, block. */
import { once } from 'node:events';
import { EventBuffer, PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import type { BlockedTask } from '../fixtures/blocked.worker';
import { thrownBy } from '../support/errors';
import { numbered, numberOf, range, spanning } from '../support/events';
import { stayOnOneCPU } from '../support/one-cpu';
import { type RunningWorker, startWorker } from '../support/threads';

// One CPU's ring is this thread's and that of the workers, which inherit the pinning.
stayOnOneCPU();

type Policy = 'reject' | 'drop-oldest' | 'block';
const makeOf = {
  EventBuffer: (onFull: Policy) => new EventBuffer(4, { onFull }),
  PerCPUEventBuffer: (onFull: Policy) =>
    new PerCPUEventBuffer({ onFull, slotSize: 512, bufferSizePerCPU: 1024, overflowSize: 1024 }),
};

interface Blocked {
  worker: RunningWorker<unknown>;
  /** The code its call ends with, and the CPU time of the process meanwhile. */
  end: Promise<{ code: string; cpuMs: number }>;
}

async function startBlocked(task: BlockedTask): Promise<Blocked> {
  const worker = startWorker('blocked.worker', task);
  await once(worker.worker, 'message');
  const end = once(worker.worker, 'message').then(([message]) => message as { code: string; cpuMs: number });
  end.catch(() => undefined);
  return { worker, end };
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(Object.entries(makeOf))('%s', (_name, make) => {
  const drain = (buffer: EventBuffer | PerCPUEventBuffer): number[] => {
    const target = new Array<UnifiedEvent>(1000);
    return target.slice(0, buffer.drainTo(target)).map(numberOf);
  };

  test('reject refuses the newest', () => {
    const buffer = make('reject');
    range(0, 4).forEach((n) => buffer.put(numbered(n)));
    expect(thrownBy(() => buffer.put(numbered(4))).code).toBe('ERR_BUFFER_FULL');
    expect(buffer.tryPut(numbered(4))).toBe(false);
    expect(buffer.putBatch([numbered(4), numbered(5)])).toBe(0);
    expect(drain(buffer)).toEqual(range(0, 4));
  });

  test('drop-oldest makes room, one event at a time, and counts', () => {
    const buffer = make('drop-oldest');
    range(0, 10).forEach((n) => buffer.put(numbered(n)));
    expect(buffer.tryPut(numbered(10))).toBe(true);
    expect(buffer.putBatch(range(11, 15).map(numbered))).toBe(4);
    const left = drain(buffer);
    expect(left).toHaveLength(4);
    expect(left).toContain(14);
    const { puts, discarded, rejected } =
      'getMetrics' in buffer
        ? {
            puts: buffer.getMetrics().writes,
            discarded: buffer.getMetrics().discarded,
            rejected: buffer.getMetrics().dropped,
          }
        : buffer.getStats();
    expect({ puts, discarded, rejected }).toEqual({ puts: 15, discarded: 11, rejected: 0 });
  });

  test('block waits for room, in put and in putBatch, and stores everything in order', async () => {
    for (const action of ['put', 'putBatch'] as const) {
      const buffer = make('block');
      const { end, worker } = await startBlocked({ handle: buffer.handle, action, from: 0, count: 500 });
      const got: number[] = [];
      while (got.length < 500) {
        await buffer.ready();
        got.push(...drain(buffer));
      }
      expect(await end).toMatchObject({ code: 'none' });
      expect([...got].sort((a, b) => a - b)).toEqual(range(0, 500));
      if (buffer instanceof EventBuffer) expect(got).toEqual(range(0, 500));
      await worker.exit;
    }
  });

  test('under block tryPut and putAsync do not block', async () => {
    const buffer = make('block');
    range(0, 4).forEach((n) => buffer.put(numbered(n)));
    expect(buffer.tryPut(numbered(4))).toBe(false);
    const wait = buffer.putAsync(numbered(4));
    expect(drain(buffer)).toHaveLength(4);
    await wait;
    expect(drain(buffer)).toEqual([4]);
  });

  test('close wakes who is blocked', async () => {
    for (const action of ['put', 'putBatch', 'put long', 'wait'] as const) {
      const buffer = make('block');
      if (action !== 'wait') range(0, 4).forEach((n) => buffer.put(numbered(n)));
      const { end, worker } = await startBlocked({ handle: buffer.handle, action, from: 4, count: 3 });
      await sleep(30);
      const start = performance.now();
      buffer.close();
      expect((await end).code).toBe(action === 'wait' ? 'none' : 'ERR_BUFFER_CLOSED');
      expect(performance.now() - start).toBeLessThan(1000);
      await worker.exit;
    }
  });

  test.each(['put', 'put long', 'putBatch', 'wait'] as const)(
    'terminate() ends a thread that is blocked in %s within 100 ms',
    async (action) => {
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const buffer = make('block');
        if (action !== 'wait') range(0, 4).forEach((n) => buffer.put(numbered(n)));
        const { worker } = await startBlocked({ handle: buffer.handle, action, from: 4, count: 3 });
        await sleep(20);
        const start = performance.now();
        await worker.worker.terminate();
        times.push(performance.now() - start);
        expect(drain(buffer)).toEqual(action === 'wait' ? [] : range(0, 4));
      }
      // The best of several, as the machine may be busy with something else.
      expect(Math.min(...times)).toBeLessThan(100);
    },
  );
});

test('a blocked put sleeps, also when there is room, but too little', async () => {
  for (const [action, filled] of [
    ['put', 4],
    ['put long', 3],
  ] as const) {
    const buffer = makeOf.EventBuffer('block');
    range(0, filled).forEach((n) => buffer.put(numbered(n)));
    const { end, worker } = await startBlocked({ handle: buffer.handle, action, from: 4, count: 1 });
    await sleep(1000);
    buffer.getBatch(4);
    const { code, cpuMs } = await end;
    expect(code).toBe('none');
    expect([action, cpuMs < 300 ? 'sleeps' : `burns ${cpuMs} of 1000 ms`]).toEqual([action, 'sleeps']);
    await worker.exit;
  }
});

test('drop-oldest gives way for an event of several slots', () => {
  const buffer = makeOf.EventBuffer('drop-oldest');
  range(0, 4).forEach((n) => buffer.put(numbered(n)));
  buffer.put(spanning(4, 3, 512));
  expect(buffer.getStats()).toMatchObject({ size: 4, discarded: 3 });
  expect(buffer.getBatch(9).map(numberOf)).toEqual([3, 4]);
});
