/** Events that wait for room: those of one instance keep their order, and a large one does not starve behind the small ones of others. */
import { EventBuffer, PerCPUEventBuffer, PriorityBuffer, type UnifiedEvent } from '@tapio/performance';
import { codeOf, rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, range, spanning } from '../support/events';
import type { ReserverEnd } from '../fixtures/reserver.worker';
import { stayOnOneCPU } from '../support/one-cpu';
import { startWorker } from '../support/threads';
import { isPending, turn } from '../support/waits';

// The per-CPU buffer's room is that of one CPU's ring and of the overflow ring.
stayOnOneCPU();

type AnyEventBuffer = EventBuffer | PerCPUEventBuffer | PriorityBuffer;
type Policy = 'reject' | 'block';

/** Each takes eight events of one slot, and one of four slots. */
const KINDS: [string, (onFull?: Policy) => AnyEventBuffer, (maker: AnyEventBuffer) => AnyEventBuffer][] = [
  ['EventBuffer', (onFull) => new EventBuffer(8, { onFull }), ({ handle }) => EventBuffer.attach(handle)],
  [
    'PerCPUEventBuffer',
    (onFull) =>
      new PerCPUEventBuffer({ onFull, slotSize: 512, bufferSizePerCPU: 512, overflowSize: 7 * 512 }),
    ({ handle }) => PerCPUEventBuffer.attach(handle),
  ],
  [
    'PriorityBuffer',
    (onFull) => new PriorityBuffer({ low: 8 }, undefined, { onFull }),
    ({ handle }) => PriorityBuffer.attach(handle),
  ],
];

function take(buffer: AnyEventBuffer, maxCount: number): number[] {
  const target = new Array<UnifiedEvent>(maxCount);
  return target.slice(0, buffer.drainTo(target)).map(numberOf);
}

function rejectedOf(buffer: AnyEventBuffer): number {
  if ('getMetrics' in buffer) return buffer.getMetrics().dropped;
  const stats = buffer.getStats();
  return 'low' in stats ? stats.low.rejected : stats.rejected;
}

const make8 = (): EventBuffer => {
  const buffer = new EventBuffer(8);
  fill(buffer);
  return buffer;
};

const fill = (buffer: AnyEventBuffer): void => range(0, 8).forEach((n) => buffer.put(numbered(n)));

describe.each(KINDS)('%s', (_name, make, attach) => {
  const LATER: Record<string, (buffer: AnyEventBuffer) => unknown> = {
    tryPut: (buffer) => buffer.tryPut(numbered(9)),
    put: (buffer) => codeOf(() => buffer.put(numbered(9))),
    putBatch: (buffer) => buffer.putBatch([numbered(9), numbered(10)]),
  };

  test.each(Object.keys(LATER))(
    'a later %s does not overtake the event that waits, and is counted',
    async (call) => {
      const buffer = make();
      fill(buffer);
      const wait = buffer.putAsync(spanning(8, 4, 512));
      take(buffer, 2);
      const answer = await LATER[call](buffer);
      expect([call, answer]).toEqual([call, { tryPut: false, put: 'ERR_BUFFER_FULL', putBatch: 0 }[call]]);
      expect(rejectedOf(buffer)).toBe(call === 'putBatch' ? 2 : 1);
      expect(await isPending(wait)).toBe(true);
      const out = take(buffer, 100);
      // Served at the latest by the next put, which comes behind it.
      expect(buffer.tryPut(numbered(11))).toBe(true);
      await wait;
      expect([...out, ...take(buffer, 100)].sort((a, b) => a - b)).toEqual([...range(2, 9), 11]);
    },
  );

  test('a later putAsync waits behind it, and all come in their order', async () => {
    const buffer = make();
    fill(buffer);
    const waits = [
      buffer.putAsync(spanning(8, 4, 512)),
      buffer.putAsync(numbered(9)),
      buffer.putAsync(numbered(10)),
    ];
    take(buffer, 2);
    for (const wait of waits) expect(await isPending(wait)).toBe(true);
    take(buffer, 100);
    await Promise.all(waits);
    const out = take(buffer, 100);
    // Of a per-CPU buffer each ring has an order of its own.
    expect('getMetrics' in buffer ? out.sort((a, b) => a - b) : out).toEqual([8, 9, 10]);
  });

  test('a bad event throws, also behind one that waits', () => {
    const buffer = make();
    fill(buffer);
    buffer.putAsync(numbered(8)).catch(() => undefined);
    const bad = { ...numbered(9), type: 5 } as unknown as UnifiedEvent;
    expect(thrownBy(() => buffer.tryPut(bad)).code).toBe('ERR_INVALID_EVENT');
    expect(thrownBy(() => buffer.putBatch([bad]))).toMatchObject({ code: 'ERR_INVALID_EVENT', stored: 0 });
    buffer.close();
    expect(thrownBy(() => buffer.tryPut(numbered(9))).code).toBe('ERR_BUFFER_CLOSED');
  });

  test('once nobody waits, puts go on', async () => {
    const buffer = make();
    fill(buffer);
    const abort = new AbortController();
    const wait = rejectionOf(buffer.putAsync(spanning(8, 4, 512), { signal: abort.signal }));
    take(buffer, 2);
    abort.abort('enough');
    expect(await wait).toBe('enough');
    expect(buffer.tryPut(numbered(9))).toBe(true);
    expect(attach(buffer).tryPut(numbered(10))).toBe(true);
  });

  test('a large event gets in although another instance puts a small one for each that is taken', async () => {
    const maker = make();
    const other = attach(maker);
    fill(maker);
    let waits = true;
    const wait = maker.putAsync(spanning(100, 4, 512)).then(() => (waits = false));
    let taken = 0;
    for (; waits && taken < 100; taken++) {
      take(other, 1);
      other.tryPut(numbered(200 + taken));
      await turn();
    }
    expect(taken).toBeLessThanOrEqual(8);
    await wait;
    expect(take(other, 100)).toContain(100);
  });

  test('room that is kept ends with the instance that waits for it', async () => {
    const maker = make();
    const other = attach(maker);
    fill(maker);
    const wait = rejectionOf(other.putAsync(spanning(100, 4, 512)));
    take(maker, 3);
    while (maker.tryPut(numbered(8))) continue;
    expect(await isPending(wait)).toBe(true);
    other[Symbol.dispose]();
    expect((await wait).code).toBe('ERR_BUFFER_CLOSED');
    expect(maker.tryPut(numbered(8))).toBe(true);
  });

  test('what is left beside the room that is kept is for everybody', async () => {
    const maker = make();
    const other = attach(maker);
    fill(maker);
    const wait = other.putAsync(spanning(100, 4, 512));
    take(maker, 8);
    // Before the waiting one has heard of it.
    let stored = 0;
    while (maker.tryPut(numbered(stored))) stored++;
    expect(stored).toBeGreaterThanOrEqual(3);
    await wait;
    expect(take(maker, 100)).toContain(100);
  });
});

test('under the policy block a put waits its turn behind the event that waits', async () => {
  const buffer = new EventBuffer(8, { onFull: 'block' });
  fill(buffer);
  const wait = buffer.putAsync(spanning(8, 4, 512));
  expect(take(buffer, 5)).toEqual(range(0, 5));
  buffer.put(numbered(9));
  await wait;
  expect(take(buffer, 100)).toEqual(range(5, 10));
});

describe('who waits in one thread', () => {
  const words = (): Int32Array<SharedArrayBuffer> => new Int32Array(new SharedArrayBuffer(4));

  test.each<ReserverEnd>(['terminate', 'throw', 'exit', 'out of memory'])(
    'keeps no room any more when that ends (%s)',
    async (end) => {
      const buffer = new EventBuffer(8);
      fill(buffer);
      const task = { handle: buffer.handle, slots: 4, end, words: words() };
      const { worker, result, exit } = startWorker('reserver.worker', task, {
        resourceLimits: { maxOldGenerationSizeMb: 32 },
      });
      // It throws, or runs out of memory.
      worker.on('error', () => undefined);
      await result;
      take(buffer, 3);
      expect(buffer.tryPut(numbered(8))).toBe(false);
      if (end === 'terminate') await worker.terminate();
      else worker.postMessage('end');
      await exit;
      expect([1, 2, 3, 4].map((n) => buffer.tryPut(numbered(n)))).toEqual([true, true, true, false]);
      expect(take(buffer, 100)).toEqual([3, 4, 5, 6, 7, 1, 2, 3]);
    },
  );

  test('does not keep others waiting while that thread stands still', async () => {
    const buffer = new EventBuffer(8, { onFull: 'block' });
    fill(buffer);
    const task = { handle: buffer.handle, slots: 8, end: 'stand still', words: words() };
    const { worker, result, exit } = startWorker('reserver.worker', task);
    await result;
    expect(take(buffer, 8)).toEqual(range(0, 8));
    buffer.put(numbered(9));
    expect(take(buffer, 8)).toEqual([9]);
    Atomics.notify(task.words, 0);
    await buffer.ready();
    expect(take(buffer, 8)).toEqual([100]);
    await worker.terminate();
    await exit;
  });

  test('does not keep that thread itself waiting', async () => {
    const maker = new EventBuffer(8, { onFull: 'block' });
    const other = EventBuffer.attach(maker.handle);
    fill(maker);
    const wait = maker.putAsync(spanning(100, 8, 512));
    take(other, 8);
    other.put(numbered(9));
    expect(take(other, 8)).toEqual([9]);
    await wait;
    expect(take(other, 8)).toEqual([100]);
  });

  test('keeps no room while that thread sleeps in waitSync', async () => {
    const buffer = new EventBuffer(8);
    const elsewhere = new EventBuffer(1);
    fill(buffer);
    const wait = EventBuffer.attach(buffer.handle).putAsync(spanning(200, 8, 512));
    const { worker, result, exit } = startWorker('reserver.worker', {
      handle: buffer.handle,
      slots: 1,
      end: 'terminate',
      words: words(),
    });
    await result;
    take(buffer, 8);
    // Whichever buffer it waits for.
    expect(elsewhere.waitSync(50)).toBe(false);
    expect(buffer.waitSync(10_000)).toBe(true);
    expect(take(buffer, 8)).toEqual([100]);
    await wait;
    expect(take(buffer, 8)).toEqual([200]);
    await worker.terminate();
    await exit;
  });

  test('is served in turn with who waits in another instance, though always something waits there', async () => {
    const maker = make8();
    const other = EventBuffer.attach(maker.handle);
    let waits = true;
    let next = 10;
    const refill = (): void => {
      if (waits) void maker.putAsync(spanning(next++, 8, 512)).then(refill);
    };
    range(0, 3).forEach(refill);
    const wait = other.putAsync(spanning(200, 8, 512)).then(() => (waits = false));
    for (let taken = 0; waits && taken < 10; taken++) {
      take(maker, 1);
      await turn();
    }
    expect(waits).toBe(false);
    while (take(maker, 8).length > 0) await turn();
    await wait;
  });
});

test('levels of a PriorityBuffer do not wait for each other', async () => {
  const buffer = new PriorityBuffer({ critical: 2, low: 2 });
  range(0, 2).forEach((n) => buffer.put(numbered(n)));
  const wait = buffer.putAsync(numbered(2));
  expect(buffer.tryPut({ ...numbered(3), severity: 'critical' })).toBe(true);
  expect(await isPending(wait)).toBe(true);
  expect(take(buffer, 2)).toEqual([3, 0]);
  await wait;
});

test('a getter that puts while an earlier event waits does not overtake it either', async () => {
  const buffer = new EventBuffer(8);
  fill(buffer);
  const wait = buffer.putAsync(spanning(8, 4, 512));
  take(buffer, 2);
  const answers: boolean[] = [];
  const event = {
    ...numbered(9),
    get message() {
      answers.push(buffer.tryPut(numbered(10)));
      return 'x';
    },
  };
  answers.push(buffer.tryPut(event));
  expect(answers).toEqual([false, false]);
  take(buffer, 100);
  await wait;
  expect(take(buffer, 100)).toEqual([8]);
});
