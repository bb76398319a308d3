/** Messages by diagnostics_channel: one for each event they tell of, exact counts, and subscribers that call the buffer. */
import diagnostics from 'node:diagnostics_channel';
import {
  EventBuffer,
  PerCPUEventBuffer,
  PriorityBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { numbered, numberOf, range } from '../support/events';
import { stayOnOneCPU } from '../support/one-cpu';
import { KINDS } from '../support/subjects';
import { turn } from '../support/waits';

stayOnOneCPU();

const NAMES = ['full', 'drop', 'close', 'high-watermark'] as const;
type Name = (typeof NAMES)[number];

/** What was told from now on; of `drop` the counts. */
function listen(act?: (name: Name) => void): { told: Record<Name, any[]>; stop: () => void } {
  const told: Record<Name, any[]> = { full: [], drop: [], close: [], 'high-watermark': [] };
  const stops = NAMES.map((name) => {
    const subscriber = (message: any): void => {
      told[name].push(message);
      act?.(name);
    };
    diagnostics.subscribe(`tapio:buffer:${name}`, subscriber);
    return () => diagnostics.unsubscribe(`tapio:buffer:${name}`, subscriber);
  });
  return { told, stop: () => stops.forEach((each) => each()) };
}

let stop = (): void => undefined;
afterEach(() => stop());
function start(act?: (name: Name) => void): Record<Name, any[]> {
  const listening = listen(act);
  stop = listening.stop;
  return listening.told;
}

describe.each(KINDS)('$name', ({ make }) => {
  test('full and drop: one message for each refusal, with the handle; the sum is what is counted as rejected', () => {
    const subject = make(4);
    const told = start();
    range(0, 4).forEach((n) => subject.tryPut(n));
    expect(told).toEqual({ full: [], drop: [], close: [], 'high-watermark': [] });
    const { handle } = subject.buffer;
    expect(subject.tryPut(9)).toBe(false);
    expect(told.full).toEqual([{ handle }]);
    expect(told.drop).toEqual([{ handle, count: 1 }]);
    for (const [call, put] of Object.entries(subject.puts(9))) {
      if (call === 'putAsync' || call.endsWith('of none')) continue;
      try {
        put();
      } catch {
        // ERR_BUFFER_FULL
      }
    }
    expect(told.drop.reduce((sum, { count }) => sum + count, 0)).toBe(subject.counts().rejected);
    expect(told.full).toHaveLength(told.drop.length);
  });

  test('close: once, by whoever closes', () => {
    const subject = make(4);
    const told = start();
    subject.buffer.close();
    subject.buffer.close();
    subject.buffer[Symbol.dispose]();
    expect(told.close).toEqual([{ handle: subject.buffer.handle }]);
    const disposed = make(4);
    disposed.buffer[Symbol.dispose]();
    expect(told.close).toHaveLength(2);
  });
});

describe.each([
  ['EventBuffer', (): EventBuffer => new EventBuffer(4, { onFull: 'drop-oldest' })],
  [
    'PriorityBuffer',
    (): PriorityBuffer => new PriorityBuffer({ low: 4 }, undefined, { onFull: 'drop-oldest' }),
  ],
  [
    'PerCPUEventBuffer',
    (): PerCPUEventBuffer =>
      new PerCPUEventBuffer({ onFull: 'drop-oldest', bufferSizePerCPU: 1024, overflowSize: 1024 }),
  ],
])('drop-oldest, %s', (_name, make) => {
  test('tells how many gave way, exactly', async () => {
    const buffer = make();
    const told = start();
    range(0, 50).forEach((n) => buffer.put(numbered(n)));
    buffer.putBatch(range(50, 70).map(numbered));
    await buffer.putAsync(numbered(70));
    const taken = buffer.drainTo(new Array<UnifiedEvent>(100));
    expect(told.drop.reduce((sum, { count }) => sum + count, 0)).toBe(71 - taken);
    expect(told.drop.length).toBeGreaterThan(1);
  });
});

describe.each(KINDS)('a subscriber that puts into the $name it hears of', ({ make }) => {
  /** Its subscriber puts at each message, `most` times. What it was told is exact once all counts are there. */
  const run = async (most: number): Promise<{ deepest: number; direct: number; turns: number }> => {
    const subject = make(4);
    range(0, 4).forEach((n) => subject.tryPut(n));
    let [depth, deepest, puts] = [0, 0, 0];
    const told = start(() => {
      deepest = Math.max(deepest, ++depth);
      if (puts < most) {
        puts++;
        subject.tryPut(9);
      }
      depth--;
    });
    subject.tryPut(9);
    const direct = puts;
    const sum = (): number => told.drop.reduce((total, { count }) => total + count, 0);
    let turns = 0;
    for (; sum() < subject.counts().rejected && turns < 10 * most; turns++) await turn();
    expect(sum()).toBe(subject.counts().rejected);
    expect(sum()).toBe(1 + most);
    return { deepest, direct, turns };
  };

  test('is not called from inside itself, and every count is told', async () => {
    const { deepest, direct, turns } = await run(20);
    // One message that it is full and one that it drops, within the put; the rest one for each turn of the event loop.
    expect({ deepest, direct }).toEqual({ deepest: 1, direct: 2 });
    expect(turns).toBeGreaterThan(5);
  });
});

test('full without drop: whoever waits for room loses nothing', async () => {
  const buffer = new EventBuffer(2);
  const told = start();
  range(0, 2).forEach((n) => buffer.put(numbered(n)));
  const wait = buffer.putAsync(numbered(2));
  await turn();
  expect(told).toMatchObject({ full: [{ handle: buffer.handle }], drop: [] });
  buffer.get();
  await wait;
  expect(told.full).toHaveLength(1);
});

test('high-watermark: what the rings have been filled to, told by who takes, in steps', async () => {
  const buffer = new PriorityBuffer({ low: 64 });
  const told = start();
  for (const size of [10, 3, 12, 40]) {
    buffer.putBatch(range(0, size).map(numbered));
    buffer.clear();
    // At most one look in 10 ms.
    await new Promise((resolve) => setTimeout(resolve, 15));
    buffer.tryGet();
  }
  const { handle } = buffer;
  expect(told['high-watermark']).toEqual([
    { handle, ring: 3, highWatermark: 10, capacity: 64 },
    { handle, ring: 3, highWatermark: 40, capacity: 64 },
  ]);
});

test('a subscriber may call the buffer', () => {
  const buffer = new EventBuffer(4);
  let depth = 0;
  const got: number[] = [];
  const told = start((name) => {
    if (name !== 'full' || depth > 0) return;
    depth++;
    got.push(numberOf(buffer.get()));
    buffer.put(numbered(100 + got.length));
    depth--;
  });
  range(0, 6).forEach((n) => buffer.tryPut(numbered(n)));
  expect(got).toEqual([0, 1]);
  expect(buffer.getBatch(9).map(numberOf)).toEqual([2, 3, 101, 102]);
  expect(told.drop).toHaveLength(2);
});

test('a batch is one message', () => {
  const told = start();
  const ring = new RingBuffer(2);
  expect(ring.putBatch(range(0, 5).map(() => new Uint8Array(1)))).toBe(2);
  expect(told).toMatchObject({ full: [{ handle: ring.handle }], drop: [{ handle: ring.handle, count: 3 }] });
});
