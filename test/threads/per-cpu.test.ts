/** Which ring a record lands in, and what pinning does. */
import {
  availableCPUs,
  currentCPU,
  PerCPUBuffer,
  PerCPUEventBuffer,
  pinThread,
  unpinThread,
} from '@tapio/performance';
import type { PinnedTask } from '../fixtures/pinned.worker';
import { numbered, numberOf, range, record, recordNumber } from '../support/events';
import { runWorkers } from '../support/threads';

const CPUS = availableCPUs();
const COUNT = 500;

interface Report {
  cpus: number[];
  available: number[][];
}

afterEach(() => unpinThread());

async function putFromEachCPU(): Promise<{
  events: PerCPUEventBuffer;
  raw: PerCPUBuffer;
  reports: Report[];
}> {
  const events = new PerCPUEventBuffer();
  const raw = new PerCPUBuffer({ bufferSizePerCPU: 256 * COUNT });
  const tasks = CPUS.map<PinnedTask>((cpu) => ({
    cpu,
    events: events.handle,
    raw: raw.handle,
    from: cpu * COUNT,
    count: COUNT,
  }));
  return { events, raw, reports: await runWorkers<Report>('pinned.worker', tasks) };
}

test('threads that are pinned to different CPUs put into different rings, each in its order', async () => {
  const { events, raw, reports } = await putFromEachCPU();
  expect(CPUS.length).toBeGreaterThan(1);
  reports.forEach(({ cpus }, i) => expect(cpus).toEqual([CPUS[i]]));
  for (const buffer of [events, raw]) {
    const metrics = buffer.getMetrics();
    expect(metrics).toMatchObject({ writes: COUNT * CPUS.length, overflows: 0, dropped: 0 });
    for (const { cpu, writes } of metrics.cpus)
      expect([cpu, writes]).toEqual([cpu, CPUS.includes(cpu) ? COUNT : 0]);
  }
  for (const cpu of CPUS) {
    const expected = range(cpu * COUNT, (cpu + 1) * COUNT);
    expect(events.getFromCPU(cpu, 3).map(numberOf)).toEqual(expected.slice(0, 3));
    expect(events.getFromCPU(cpu).map(numberOf)).toEqual(expected.slice(3));
    expect(raw.readFromCPU(cpu, 3).map(recordNumber)).toEqual(expected.slice(0, 3));
    expect(raw.readFromCPU(cpu).map(recordNumber)).toEqual(expected.slice(3));
  }
  expect(events.get()).toEqual([]);
  expect(raw.read()).toEqual([]);
});

test('one call takes from every CPU', async () => {
  const { events, raw } = await putFromEachCPU();
  const all = CPUS.flatMap((cpu) => range(cpu * COUNT, (cpu + 1) * COUNT));
  const sorted = (numbers: number[]): number[] => numbers.sort((a, b) => a - b);
  const visited: number[] = [];
  expect(events.process((event) => visited.push(numberOf(event)))).toBe(all.length);
  expect(sorted(visited)).toEqual(all);
  expect(sorted(events.get().map(numberOf))).toEqual(all);
  expect(sorted(raw.read().map(recordNumber))).toEqual(all);
});

test('a full ring overflows, and then refuses, and a take leaves none behind', () => {
  pinThread(CPUS[0]);
  const events = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 128 * 4, overflowSize: 128 * 8 });
  const raw = new PerCPUBuffer({ slotSize: 64, bufferSizePerCPU: 64 * 4, overflowSize: 64 * 8 });
  for (let n = 0; n < 20; n++) {
    expect(events.tryPut(numbered(n))).toBe(n < 12);
    expect(raw.tryWrite(record(n))).toBe(n < 12);
  }
  for (const [buffer, slot] of [
    [events, 128],
    [raw, 64],
  ] as const) {
    expect(buffer.getMetrics()).toMatchObject({
      writes: 12,
      overflows: 8,
      dropped: 8,
      overflowUsed: 8 * slot,
      overflowSize: 8 * slot,
    });
    const { used, capacity, utilization, writes, rejected } = buffer.getMetrics().cpus[CPUS[0]];
    expect({ used, capacity, utilization, writes, rejected }).toEqual({
      used: 4 * slot,
      capacity: 4 * slot,
      utilization: 1,
      writes: 4,
      rejected: 16,
    });
  }
  expect(events.getStats()).toEqual({
    totalWrites: 12,
    totalReads: 0,
    overflows: 8,
    dropped: 8,
    discarded: 0,
    avgUtilization: 1 / events.numCPUs,
    maxUtilization: 1,
    numCPUs: events.numCPUs,
    overflowInUse: 8 * 128,
  });
  expect(events.getFromCPU(CPUS[0]).map(numberOf)).toEqual(range(0, 4));
  expect(raw.readFromCPU(CPUS[0]).map(recordNumber)).toEqual(range(0, 4));
  expect(events.get().map(numberOf)).toEqual(range(4, 12));
  expect(raw.read().map(recordNumber)).toEqual(range(4, 12));
  expect(events.getMetrics()).toMatchObject({ reads: 12, overflowUsed: 0 });
});

test('a take begins with the rings of the CPUs, also after one that found nothing', () => {
  pinThread(CPUS[0]);
  const events = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 256, overflowSize: 1024 });
  const raw = new PerCPUBuffer({ slotSize: 64, bufferSizePerCPU: 128, overflowSize: 512 });
  for (let round = 0; round < 2 * (events.numCPUs + 1); round++) {
    expect(events.get()).toEqual([]);
    expect(raw.read()).toEqual([]);
    for (let n = 0; n < 5; n++) {
      events.put(numbered(n));
      raw.write(record(n));
    }
    expect(events.get().map(numberOf)).toEqual(range(0, 5));
    expect(raw.read().map(recordNumber)).toEqual(range(0, 5));
  }
});

test('reset discards what waits everywhere and counts it; counters never go back', () => {
  pinThread(CPUS[0]);
  const events = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 512, overflowSize: 512 });
  for (let round = 1; round <= 2; round++) {
    for (let n = 0; n < 10; n++) events.tryPut(numbered(n));
    events.reset();
    expect(events.getMetrics()).toMatchObject({
      writes: 8 * round,
      reads: 0,
      dropped: 2 * round,
      discarded: 8 * round,
      overflows: 4 * round,
      overflowUsed: 0,
    });
  }
});

test('pinning changes where a thread runs, and nothing else', async () => {
  const { reports } = await putFromEachCPU();
  for (const { available } of reports) expect(available).toEqual([CPUS, CPUS, CPUS]);
  for (const cpu of CPUS) {
    pinThread(cpu);
    expect(currentCPU()).toBe(cpu);
    expect(availableCPUs()).toEqual(CPUS);
  }
  unpinThread();
  expect(availableCPUs()).toEqual(CPUS);
});

test.each([
  [-1, '-1'],
  [1.5, '1.5'],
  ['0', '"0"'],
  [99999, '99999'],
  [4095, '4095'],
  [undefined, 'undefined'],
])('a CPU of %p is refused', (cpu, shown) => {
  expect(() => pinThread(cpu as number)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringContaining(shown) }),
  );
  expect(availableCPUs()).toEqual(CPUS);
});
