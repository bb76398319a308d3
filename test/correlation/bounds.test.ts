/** The bounds of correlation's memory: the window's length and capacity, and the number of groups. */
import fc from 'fast-check';
import type * as ChainsModule from '../../dist/correlation/cause-chain-detector';
import type { CausalStep } from '../../dist/correlation/causal-step';
import type { Observation } from '../../dist/correlation/observation';
import type * as GroupsModule from '../../dist/correlation/recent-groups';
import type * as WindowModule from '../../dist/correlation/sliding-window';
import { seed } from '../support/property';
import { internal } from '../collector/cli';

const { CauseChainDetector } = internal<typeof ChainsModule>('../correlation/cause-chain-detector');
const { RecentGroups } = internal<typeof GroupsModule>('../correlation/recent-groups');
const { SlidingWindow } = internal<typeof WindowModule>('../correlation/sliding-window');

interface Item {
  timestamp: bigint;
}
type Window = Pick<WindowModule.SlidingWindow<Item>, 'add' | 'items'>;

const LENGTH = 50n;
const CAPACITY = 6;
const times = (max: number): fc.Arbitrary<bigint[]> =>
  fc.array(
    fc.nat({ max }).map((value) => BigInt(value)),
    { maxLength: 80, size: 'max' },
  );

/** Adds an item at each time, and throws when the window is ever too long, too full, out of order, or holds what it did not take. */
function checkBounds(window: Window, at: readonly bigint[]): void {
  const given = new Set<Item>();
  for (const timestamp of at) {
    const item = { timestamp };
    const taken = window.add(item);
    if (taken) given.add(item);
    const { items } = window;
    if (taken !== items.includes(item)) throw new Error(`add said ${taken}`);
    if (items.length > CAPACITY) throw new Error(`${items.length} items`);
    items.forEach((each, i) => {
      if (!given.has(each)) throw new Error('holds what it did not take');
      if (i > 0 && each.timestamp < items[i - 1].timestamp) throw new Error('out of order');
    });
    if (items[items.length - 1].timestamp - items[0].timestamp >= LENGTH) throw new Error('too long');
  }
}

describe('SlidingWindow', () => {
  test(`never exceeds its bounds, in any order (SEED=${seed})`, () => {
    fc.assert(
      fc.property(times(200), (at) => checkBounds(new SlidingWindow<Item>(LENGTH, CAPACITY), at)),
      { seed, numRuns: 2000 },
    );
  });

  test('windows that exceed them are noticed', () => {
    const broken = (keep: (items: Item[]) => Item[]): Window => {
      let items: Item[] = [];
      return {
        add: (item) => (items = keep([...items, item])).includes(item),
        get items() {
          return items;
        },
      };
    };
    const sorted = (items: Item[]): Item[] => items.sort((a, b) => Number(a.timestamp - b.timestamp));
    const upTo = (count: bigint): bigint[] => Array.from({ length: Number(count) }, (_, i) => BigInt(i));
    expect(() =>
      checkBounds(
        broken((items) => items),
        [1n, 0n],
      ),
    ).toThrow('out of order');
    expect(() => checkBounds(broken(sorted), [LENGTH, 0n])).toThrow('too long');
    expect(() => checkBounds(broken(sorted), upTo(7n))).toThrow('7 items');
    expect(() =>
      checkBounds(
        broken((items) => [...items, { timestamp: 0n }]),
        [0n],
      ),
    ).toThrow('did not take');
    expect(() => checkBounds({ ...broken(sorted), add: () => true }, [0n])).toThrow('add said true');
  });

  test(`holds the newest of what comes in order (SEED=${seed})`, () => {
    fc.assert(
      fc.property(times(200), (unsorted) => {
        const at = unsorted.sort((a, b) => Number(a - b));
        const window = new SlidingWindow<Item>(LENGTH, CAPACITY);
        at.forEach((newest, i) => {
          expect(window.add({ timestamp: newest })).toBe(true);
          const expected = at.slice(0, i + 1).filter((time) => time > newest - LENGTH);
          expect(window.items.map(({ timestamp }) => timestamp)).toEqual(expected.slice(-CAPACITY));
        });
      }),
      { seed, numRuns: 300 },
    );
  });

  test('a timestamp of the far future, or a clock set back, makes it deaf for a while only', () => {
    const window = new SlidingWindow<Item>(LENGTH, CAPACITY);
    window.add({ timestamp: 10n });
    expect(window.add({ timestamp: 2n ** 63n - 1n })).toBe(true);
    const accepted = Array.from({ length: 10 }, (_, i) => window.add({ timestamp: 20n + BigInt(i) }));
    expect(accepted).toEqual([...Array<boolean>(CAPACITY - 1).fill(false), ...Array<boolean>(5).fill(true)]);
    expect(window.items.map(({ timestamp }) => timestamp)).toEqual([25n, 26n, 27n, 28n, 29n]);
  });
});

test(`RecentGroups keeps those asked for last (SEED=${seed})`, () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 60, size: 'max' }), (keys) => {
      let made = 0;
      const groups = new RecentGroups(4, () => ({ number: made++ }));
      /** The least recent first. */
      let model: { key: number; group: { number: number } }[] = [];
      for (const key of keys) {
        const before = made;
        const group = groups.of(String(key));
        const known = model.find((each) => each.key === key);
        if (known ? group !== known.group : made !== before + 1) throw new Error(`wrong group for ${key}`);
        model = [...model.filter((each) => each.key !== key), { key, group }].slice(-4);
        if (groups.size !== model.length) throw new Error(`${groups.size} groups`);
      }
    }),
    { seed, numRuns: 500 },
  );
});

describe('the work for one event of a flood is a few looks at each event that is remembered', () => {
  const EVENTS = 64;
  /** At events, and at what is kept of groups and of processes. */
  let looks = 0;
  beforeEach(() => {
    const { peek } = RecentGroups.prototype;
    jest.spyOn(RecentGroups.prototype, 'peek').mockImplementation(function (this: object, key) {
      looks++;
      return peek.call(this, key);
    });
  });
  afterEach(() => jest.restoreAllMocks());
  const observation = (at: number, pid: number, peer = 'a:1'): Observation => ({
    ...{ id: '', type: '', severity: '', groupId: `process:${pid}`, timestamp: BigInt(at), peer },
    get pid() {
      looks++;
      return pid;
    },
  });
  const refused: CausalStep[] = ['connect', 'error'];

  test.each<[string, (detector: InstanceType<typeof CauseChainDetector>, i: number) => unknown]>([
    ['refused again and again', (detector, i) => detector.observe(observation(i, 1), refused)],
    ['all at one time', (detector) => detector.observe(observation(1, 1), refused)],
    ['by many workers', (detector, i) => detector.observe(observation(i, 100 + (i % 16)), refused)],
    [
      'with forks between',
      (detector, i) =>
        i % 2 ? detector.fork(observation(i, 1), 1000 + i) : detector.observe(observation(i, 1), refused),
    ],
    [
      'errors of another address than the connections',
      (detector, i) =>
        detector.observe(observation(1, 1, i % 2 ? 'b:1' : 'a:1'), i % 2 ? ['error'] : ['connect']),
    ],
  ])('%s', (_, next) => {
    for (const isStartSeen of [true, false]) {
      const detector = new CauseChainDetector(1000n, EVENTS, 100);
      if (isStartSeen) detector.observe(observation(0, 1), ['exec']);
      for (let pid = 100; pid < 116; pid++) detector.fork(observation(0, 1), pid);
      let most = 0;
      for (let i = 1; i < 500; i++) {
        looks = 0;
        next(detector, i);
        most = Math.max(most, looks);
      }
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(6 * EVENTS);
    }
  });
});
