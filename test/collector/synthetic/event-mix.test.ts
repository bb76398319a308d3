/** The synthetic events. */
import type * as EventMixModule from '../../../dist/collector/synthetic/event-mix';
import type * as RandomModule from '../../../dist/collector/synthetic/random';
import { encodeEvent } from '@tapio/performance';
import { internal } from '../cli';

const { EventMix } = internal<typeof EventMixModule>('synthetic/event-mix');
const { Random } = internal<typeof RandomModule>('synthetic/random');

const seed = Number(process.env.SEED ?? Date.now()) >>> 0;

describe('EventMix', () => {
  const kinds = (from: number): string[] => {
    const mix = new EventMix(new Random(from));
    return Array.from({ length: 2000 }, () => {
      const { type, kernel, network, message, severity } = mix.next(1n);
      return JSON.stringify([type, kernel, network, message, severity]);
    });
  };

  test('the same seed gives the same mix', () => {
    expect(kinds(seed)).toEqual(kinds(seed));
    expect(kinds(seed)).not.toEqual(kinds(seed + 1));
  });

  test('every event can be encoded, and 64 in a row are 64 objects', () => {
    const mix = new EventMix(new Random(seed));
    const target = new Uint8Array(65_536);
    for (let batch = 0; batch < 50; batch++) {
      const events = Array.from({ length: 64 }, () => mix.next(123n));
      expect(new Set(events).size).toBe(64);
      expect(new Set(events.map(({ id }) => id)).size).toBe(64);
      for (const event of events) expect(encodeEvent(event, target)).toBeGreaterThan(0);
    }
  });
});
