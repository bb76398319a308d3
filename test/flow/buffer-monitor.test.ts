/** BufferMonitor: two thresholds, so that nothing is told twice. */
import {
  BufferMonitor,
  type BufferStats,
  EventBuffer,
  PerCPUEventBuffer,
  PriorityBuffer,
  RingBuffer,
} from '@tapio/performance';
import { runChild } from '../support/children';
import { thrownBy } from '../support/errors';
import { numbered, range } from '../support/events';

const INTERVAL = 2;
const looks = (count: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, count * INTERVAL * 5));

function watch(
  buffers: Record<string, { getStats(): BufferStats }>,
  options?: object,
): { monitor: BufferMonitor; told: string[] } {
  const told: string[] = [];
  const monitor = new BufferMonitor(buffers, { intervalMs: INTERVAL, ...options });
  for (const event of ['high', 'normal'] as const)
    monitor.on(event, (name, { fillRate }) => void told.push(`${name} ${event} ${fillRate}`));
  return { monitor, told };
}

test('tells once when a buffer reaches the threshold, and once when it is well below', async () => {
  const buffer = new EventBuffer(16);
  const level = async (size: number): Promise<void> => {
    buffer.clear();
    buffer.putBatch(range(0, size).map(numbered));
    await looks(2);
  };
  const { monitor, told } = watch({ events: buffer }, { threshold: 0.5 });
  monitor.start();
  for (const size of [7, 8, 7, 8, 16, 7, 6, 7, 8, 0]) await level(size);
  monitor.stop();
  expect(told).toEqual(['events high 0.5', 'events normal 0.375', 'events high 0.5', 'events normal 0']);
});

test('what has no fill rate is refused, by its name', () => {
  const refused = (buffer: unknown): string => {
    const { code, message } = thrownBy(() => new BufferMonitor({ it: buffer as RingBuffer }));
    return `${code} ${message}`;
  };
  const nothing = 'ERR_INVALID_ARGUMENT buffers.it.getStats().fillRate must be a number from 0 to 1, not ';
  expect(refused(new PerCPUEventBuffer())).toBe(`${nothing}undefined`);
  expect(refused(new PriorityBuffer({}))).toBe(`${nothing}undefined`);
  expect(refused({ getStats: () => undefined })).toBe(`${nothing}undefined`);
  expect(refused({ getStats: () => ({ fillRate: NaN }) })).toBe(`${nothing}NaN`);
  expect(refused({ getStats: () => ({ fillRate: '0.5' }) })).toBe(`${nothing}"0.5"`);
  const gone = EventBuffer.attach(new EventBuffer(2).handle);
  gone[Symbol.dispose]();
  new BufferMonitor({
    gone,
    there: new RingBuffer(2),
    level: { getStats: () => new PriorityBuffer({}).getStats().low },
  });
});

test('by default high from 0.8, normal from 0.6', async () => {
  let fillRate = 0;
  const { monitor, told } = watch({ it: { getStats: () => ({ fillRate }) as BufferStats } });
  monitor.start();
  for (fillRate of [0.79, 0.8, 0.61, 0.6]) await looks(2);
  monitor.stop();
  expect(told).toEqual(['it high 0.8', 'it normal 0.6']);
});

test('watches several buffers, each for itself, and a level of a PriorityBuffer', async () => {
  const [ring, events, levels] = [new RingBuffer(2), new EventBuffer(2), new PriorityBuffer({ low: 2 })];
  const { monitor, told } = watch({ ring, events, low: { getStats: () => levels.getStats().low } });
  monitor.start();
  range(0, 2).forEach((n) => levels.put(numbered(n)));
  await looks(2);
  range(0, 2).forEach(() => ring.put(new Uint8Array(1)));
  await looks(2);
  monitor.stop();
  expect(told).toEqual(['low high 1', 'ring high 1']);
});

test('stop and start are idempotent; stopped it looks no more, and started again it goes on', async () => {
  let looked = 0;
  let fillRate = 1;
  const { monitor, told } = watch({ it: { getStats: () => (looked++, { fillRate } as BufferStats) } });
  monitor.stop();
  expect(monitor.start()).toBe(monitor.start());
  await looks(2);
  monitor.stop();
  monitor.stop();
  const before = looked;
  expect(before).toBeGreaterThan(0);
  fillRate = 0;
  await looks(2);
  expect(looked).toBe(before);
  monitor.start();
  await looks(2);
  monitor[Symbol.dispose]();
  expect(told).toEqual(['it high 1', 'it normal 0']);
});

test('an instance that has let go is forgotten, the others are not', async () => {
  const buffer = new EventBuffer(2);
  const other = EventBuffer.attach(buffer.handle);
  const { monitor, told } = watch({ other, buffer });
  monitor.start();
  other[Symbol.dispose]();
  await looks(2);
  range(0, 2).forEach((n) => buffer.put(numbered(n)));
  await looks(2);
  monitor.stop();
  expect(told).toEqual(['buffer high 1']);
});

test('does not keep the process alive', async () => {
  expect(await runChild('idle-monitor.child', [], [], 20_000)).toMatchObject({
    code: 0,
    stdout: 'end',
    stderr: '',
  });
});

test.each<[unknown, unknown]>([
  [undefined, undefined],
  [null, undefined],
  [{ a: undefined }, undefined],
  [{ a: {} }, undefined],
  [{}, 7],
  [{}, { intervalMs: 0 }],
  [{}, { intervalMs: 2 ** 31 }],
  [{}, { intervalMs: '5' }],
  [{}, { threshold: 0 }],
  [{}, { threshold: 1.1 }],
  [{}, { threshold: NaN }],
  [{}, { threshold: '0.8' }],
  [{}, { normalThreshold: 0.8 }],
  [{}, { normalThreshold: -0.1 }],
  [{}, { normalThreshold: null }],
])('refuses %p, %p', (buffers, options) => {
  expect(thrownBy(() => new BufferMonitor(buffers as never, options as never)).code).toBe(
    'ERR_INVALID_ARGUMENT',
  );
});

test('refuses events that there are not, and what is no function', () => {
  const monitor = new BufferMonitor({});
  expect(thrownBy(() => monitor.on('low' as never, () => undefined)).message).toContain('"low"');
  expect(thrownBy(() => monitor.on('high', 7 as never)).message).toContain('7');
});
