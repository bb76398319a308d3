/** `order: 'timestamp'` of PerCPUEventBuffer. */
import { availableCPUs, createEvent, PerCPUEventBuffer, pinThread, unpinThread } from '@tapio/performance';

afterEach(() => unpinThread());

/** Puts one event at each time, on the CPUs in turn, so that the rings hold them interleaved. */
function putAcrossCPUs(buffer: PerCPUEventBuffer, times: readonly number[]): void {
  const cpus = availableCPUs();
  times.forEach((time, i) => {
    pinThread(cpus[i % cpus.length]);
    buffer.put(createEvent({ type: 'a', source: 'b', timestamp: BigInt(time), message: String(i) }));
  });
}

const TIMES = [50, 10, 40, 20, 30, 20];
const SORTED = [10n, 20n, 20n, 30n, 40n, 50n];

test('get by timestamp merges the rings; equal ones stay in their order', () => {
  const buffer = new PerCPUEventBuffer();
  putAcrossCPUs(buffer, TIMES);
  const events = buffer.get(undefined, { order: 'timestamp' });
  expect(events.map((event) => event.timestamp)).toEqual(SORTED);
  expect(events.filter((event) => event.timestamp === 20n).map((event) => event.message)).toEqual(['3', '5']);
});

test('without it, one ring comes after the other', () => {
  const buffer = new PerCPUEventBuffer();
  putAcrossCPUs(buffer, TIMES);
  const events = buffer.get();
  const cpus = availableCPUs().length;
  const byRing = TIMES.map((time, i) => ({ time, ring: i % cpus })).sort((a, b) => a.ring - b.ring);
  expect(events.map((event) => Number(event.timestamp))).toEqual(byRing.map(({ time }) => time));
});

test('batches by timestamp sort each batch', async () => {
  const buffer = new PerCPUEventBuffer();
  putAcrossCPUs(buffer, TIMES);
  buffer.close();
  const batches = [];
  for await (const batch of buffer.batches({ order: 'timestamp' }))
    batches.push(batch.map((event) => event.timestamp));
  expect(batches).toEqual([SORTED]);
});

test('an unknown order is refused and takes nothing', () => {
  const buffer = new PerCPUEventBuffer();
  putAcrossCPUs(buffer, [1]);
  const order = 'newest' as 'ring';
  expect(() => buffer.get(1, { order })).toThrow(/order must be 'ring' or 'timestamp', not "newest"/);
  expect(() => buffer.batches({ order })).toThrow(/order/);
  expect(buffer.get()).toHaveLength(1);
});
