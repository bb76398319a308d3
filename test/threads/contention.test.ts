/** Threads that do the same thing at the same moment: refusals come from full and empty buffers, never from contention. */
import { type BufferHandle, EventBuffer, RingBuffer } from '@tapio/performance';
import type { ContentionTask } from '../fixtures/contention.worker';
import { numbered, record } from '../support/events';
import { barrier, runWorkers } from '../support/threads';

const THREADS = 4;
const CALLS = 50_000;
const ROOM = 2 ** 18;

function runAll(
  action: ContentionTask['action'],
  handle: BufferHandle,
  calls = CALLS,
): Promise<{ failures: number; taken: number[] }[]> {
  const task: ContentionTask = { action, handle, calls, start: barrier(), parties: THREADS };
  return runWorkers('contention.worker', Array<ContentionTask>(THREADS).fill(task));
}

test('no tryPut fails while there is room', async () => {
  const ring = new RingBuffer(ROOM, { slotSize: 8 });
  for (const { failures } of await runAll('fill ring', ring.handle)) expect(failures).toBe(0);
  expect(ring.getStats()).toMatchObject({ size: THREADS * CALLS, rejected: 0 });
});

test('no take comes back empty while there is a record for everybody', async () => {
  const ring = new RingBuffer(ROOM, { slotSize: 8 });
  for (let i = 0; i < THREADS * CALLS; i++) ring.put(record(i));
  for (const { failures } of await runAll('empty ring', ring.handle)) expect(failures).toBe(0);
  expect(ring.getStats()).toMatchObject({ size: 0, gets: THREADS * CALLS });
});

test('the same for events', async () => {
  const events = new EventBuffer(ROOM, { slotSize: 128 });
  for (const { failures } of await runAll('fill events', events.handle)) expect(failures).toBe(0);
  expect(events.getStats()).toMatchObject({ size: THREADS * CALLS, rejected: 0 });
  for (const { failures } of await runAll('empty events', events.handle)) expect(failures).toBe(0);
  expect(events.getStats()).toMatchObject({ size: 0, gets: THREADS * CALLS });
});

test('readers that race for the same records get no record twice and no torn one', async () => {
  const ring = new RingBuffer(ROOM, { slotSize: 8 });
  for (let i = 0; i < THREADS * CALLS; i++) ring.put(record(i));
  const taken = (await runAll('take twice', ring.handle)).flatMap((report) => report.taken);
  expect(taken).toHaveLength(THREADS * CALLS);
  expect(new Set(taken).size).toBe(THREADS * CALLS);
  expect(taken.reduce((most, n) => Math.max(most, n), 0)).toBe(THREADS * CALLS - 1);
});

test.each([2, 4, 64])(
  'producers that fill a ring of %i together go over its capacity by one each at most',
  async (capacity) => {
    const ring = new RingBuffer(capacity, { slotSize: 8 });
    const reports = await runAll('fill to the brim', ring.handle, 1000);
    const refused = reports.reduce((sum, { failures }) => sum + failures, 0);
    const { puts, rejected, size, highWatermark, isFull } = ring.getStats();
    expect(puts).toBeGreaterThanOrEqual(capacity);
    expect(puts).toBeLessThanOrEqual(capacity + THREADS);
    expect({ rejected, size, highWatermark, isFull }).toEqual({
      rejected: refused,
      size: capacity,
      highWatermark: capacity,
      isFull: true,
    });
    expect(refused + puts).toBe(THREADS * 1000);
    expect(ring.getBatch(1000)).toHaveLength(puts);
  },
);

test('drop-oldest keeps exact accounts under load from several threads', async () => {
  for (const capacity of [1, 4, 256]) {
    const events = new EventBuffer(capacity, { slotSize: 128, onFull: 'drop-oldest' });
    await runAll('drop oldest', events.handle, 9000);
    // Every third call puts three events.
    const offered = THREADS * (6000 + 3000 * 3);
    const { puts, rejected, discarded, gets } = events.getStats();
    expect({ gets, puts: puts + rejected }).toEqual({ gets: 0, puts: offered });
    expect(rejected).toBeLessThan(offered / 100);
    const left = events.getBatch(100_000).length;
    expect(left).toBe(puts - discarded);
    expect(left).toBeLessThanOrEqual(capacity + THREADS);
    events.put(numbered(1));
    expect(events.getBatch(9)).toHaveLength(1);
  }
});
