/** Pools of the user's making, which throw or call the buffer: no event is lost. */
import { EventBuffer, type UnifiedEvent, UnifiedEventPool } from '@tapio/performance';
import { numbered, numberOf, range } from '../support/events';

/** A pool that first does what the test wants. */
class OddPool extends UnifiedEventPool {
  onGet: (() => void) | undefined;
  override get(): UnifiedEvent {
    this.onGet?.();
    return super.get();
  }
}

const make = (): { buffer: EventBuffer; pool: OddPool } => {
  const pool = new OddPool();
  const buffer = new EventBuffer(128, { pool });
  buffer.putBatch(range(0, 100).map(numbered));
  return { buffer, pool };
};

const TAKES: [string, (buffer: EventBuffer) => unknown][] = [
  ['get', (buffer) => buffer.get()],
  ['getBatch', (buffer) => buffer.getBatch(100)],
  ['getAsync', (buffer) => buffer.getAsync()],
  ['batches', (buffer) => buffer.batches()[Symbol.asyncIterator]().next()],
];

test.each(TAKES)('%s: what a pool throws goes through, and every event comes later', async (_name, take) => {
  for (const failing of [1, 2, 70]) {
    const { buffer, pool } = make();
    const reason = new Error('the pool is tired');
    let gets = 0;
    pool.onGet = () => {
      if (++gets === failing) throw reason;
    };
    const got: UnifiedEvent[] = [];
    let thrown: unknown;
    for (let i = 0; i < failing && thrown === undefined; i++) {
      try {
        const result = (await take(buffer)) as UnifiedEvent | UnifiedEvent[] | { value: UnifiedEvent[] };
        got.push(...('value' in result ? result.value : Array.isArray(result) ? result : [result]));
      } catch (error) {
        thrown = error;
      }
    }
    expect(thrown).toBe(reason);
    expect([...got, ...buffer.getBatch(Infinity)].map(numberOf)).toEqual(range(0, 100));
  }
});

test('a pool that takes from the buffer gets other events than its caller', () => {
  const { buffer, pool } = make();
  const nested: UnifiedEvent[] = [];
  let inside = false;
  pool.onGet = () => {
    if (inside) return;
    inside = true;
    nested.push(...buffer.getBatch(2));
    inside = false;
  };
  const got = [...buffer.getBatch(30), buffer.get(), ...buffer.getBatch(Infinity)];
  const numbers = [...nested, ...got].map(numberOf);
  expect(nested.length).toBeGreaterThan(10);
  expect(numbers.sort((a, b) => a - b)).toEqual(range(0, 100));
});

test('a pool that ends its caller’s wait loses no event', async () => {
  const { buffer, pool } = make();
  buffer.clear();
  const waits = [buffer.getAsync(), buffer.getAsync(), buffer.getAsync()];
  let nested: Promise<UnifiedEvent> | undefined;
  pool.onGet = () => void (nested ??= buffer.getAsync());
  buffer.putBatch(range(0, 4).map(numbered));
  expect((await Promise.all(waits)).map(numberOf)).toEqual([0, 1, 2]);
  expect(numberOf(await nested!)).toBe(3);
});
