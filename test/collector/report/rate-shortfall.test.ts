/** Whether the rate that was asked for was kept. */
import type * as ShortfallModule from '../../../dist/collector/report/rate-shortfall';
import { internal } from '../cli';

const { rateShortfall } = internal<typeof ShortfallModule>('report/rate-shortfall');

test.each([
  [1000, undefined],
  [985, undefined],
  [900, 'asked for 1,000/s, reached 900/s'],
])('of 1000 events a second, %d: %s', (produced, text) => {
  const sources = { synthetic: { produced, dropped: 0, malformed: 0, requestedRate: 1000 } };
  const note = rateShortfall({ sources }, 1, 1000);
  expect(note?.replace(/ \(try --workers\)$/, '')).toBe(text);
});
