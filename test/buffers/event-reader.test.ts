/** `consume` of one event at a time, which takes no chunk: what a callback does to the buffer changes nothing of its event. */
import { EventBuffer, type EventView } from '@tapio/performance';
import { numbered, numberOf, range, spanning } from '../support/events';

const buffers: EventBuffer[] = [];
const filled = (count: number): EventBuffer => {
  const buffer = new EventBuffer(64, { slotSize: 128 });
  buffers.push(buffer);
  buffer.putBatch(range(0, count).map(numbered));
  return buffer;
};
afterEach(() => buffers.splice(0).forEach((buffer) => buffer.close()));

test.each<[string, (buffer: EventBuffer) => number[]]>([
  ['tryGet', (buffer) => [numberOf(buffer.tryGet()!)]],
  ['getBatch', (buffer) => buffer.getBatch(3).map(numberOf)],
  [
    'consume of one',
    (buffer) => {
      const seen: number[] = [];
      buffer.consume((view) => seen.push(numberOf(view)), 1);
      return seen;
    },
  ],
  [
    'consume of many',
    (buffer) => {
      const seen: number[] = [];
      buffer.consume((view) => seen.push(numberOf(view)), 4);
      return seen;
    },
  ],
])('%s inside the callback takes what comes next, and the view stays', (_name, take) => {
  const buffer = filled(20);
  const seen: number[] = [];
  for (let round = 0; round < 3; round++) {
    const taken = buffer.consume((view) => {
      const before = numberOf(view);
      seen.push(before, ...take(buffer));
      expect(numberOf(view)).toBe(before);
    }, 1);
    expect(taken).toBe(1);
  }
  expect(seen).toEqual(range(0, seen.length));
  expect([...seen, ...buffer.getBatch(Infinity).map(numberOf)]).toEqual(range(0, 20));
  expect(buffer.getStats()).toMatchObject({ gets: 20, size: 0 });
});

test('an event whose callback throws is consumed, and so is none other', () => {
  const buffer = filled(5);
  const reason = new Error('planned');
  const fails = (): void => {
    throw reason;
  };
  expect(() => buffer.consume(fails, 1)).toThrow(reason);
  expect(buffer.consume((view) => expect(numberOf(view)).toBe(1), 1)).toBe(1);
  expect(buffer.getBatch(Infinity).map(numberOf)).toEqual([2, 3, 4]);
});

test('what a nested call left behind comes before what waits', () => {
  const buffer = filled(10);
  const reason = new Error('planned');
  const failsAtOnce = (): void => {
    throw reason;
  };
  buffer.consume(() => expect(() => buffer.consume(failsAtOnce, 4)).toThrow(reason), 1);
  const seen: number[] = [];
  const note = (view: EventView): number => seen.push(numberOf(view));
  while (buffer.consume(note, 1) === 1);
  expect(seen).toEqual(range(2, 10));
});

test('long events, an empty buffer and a closed one', async () => {
  const buffer = filled(0);
  const nothing = (): void => expect(true).toBe(false);
  expect(buffer.consume(nothing, 1)).toBe(0);
  buffer.put(spanning(7, 5, 128));
  const came = buffer.ready();
  expect(buffer.consume((view) => expect(numberOf(view)).toBe(7), 1)).toBe(1);
  await came;
  buffer.close();
  expect(buffer.consume(nothing, 1)).toBe(0);
  await expect(buffer.ready()).rejects.toMatchObject({ code: 'ERR_BUFFER_CLOSED' });
});
