/** How many events are owed. */
import type * as PacerModule from '../../../dist/collector/synthetic/pacer';
import type * as RandomModule from '../../../dist/collector/synthetic/random';
import { internal } from '../cli';

const { Pacer } = internal<typeof PacerModule>('synthetic/pacer');
const { Random } = internal<typeof RandomModule>('synthetic/random');

const seed = Number(process.env.SEED ?? Date.now()) >>> 0;

describe('Pacer', () => {
  test('the mean is exact whatever the ticks', () => {
    const random = new Random(seed);
    for (const rate of [1, 7.5, 1000, 165_000]) {
      const pacer = new Pacer(rate);
      let now = 0;
      let taken = 0;
      while (now < 20_000) {
        now = Math.min(20_000, now + random.fraction() * 30);
        taken += pacer.take(now, Infinity);
        expect(taken).toBe(Math.floor((now / 1000) * rate + 1e-6));
      }
      expect(taken).toBe(20 * rate);
    }
  });

  test('what exceeds the limit stays owed, what exceeds the backlog does not', () => {
    const pacer = new Pacer(1000, 500);
    expect(pacer.take(100, 30)).toBe(30);
    expect(pacer.take(100, 100)).toBe(70);
    expect(pacer.take(60_000, Infinity)).toBe(500);
    expect(pacer.take(60_100, Infinity)).toBe(100);
    expect(pacer.untilNext(60_100)).toBeCloseTo(1);
  });
});
