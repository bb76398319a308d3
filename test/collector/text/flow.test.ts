/** Parts side by side, in as many lines as they take. */
import type * as FlowModule from '../../../dist/collector/text/flow';
import { internal } from '../cli';

const { flow } = internal<typeof FlowModule>('text/flow');

test('parts stay whole, and fill the lines', () => {
  const parts = ['events/s 12', 'dropped 3', 'p50 85 us'];
  expect(flow(parts, 80)).toEqual(['events/s 12  dropped 3  p50 85 us']);
  expect(flow(parts, 22)).toEqual(['events/s 12  dropped 3', '  p50 85 us']);
  expect(flow(parts, 21)).toEqual(['events/s 12', '  dropped 3', '  p50 85 us']);
  expect(flow(parts, 5)).toEqual(['events/s 12', '  dropped 3', '  p50 85 us']);
  expect(flow(['a', 'b', 'c'], 3, ' ', '>')).toEqual(['a b', '>c']);
  expect(flow(['東京', '東京'], 9)).toEqual(['東京', '  東京']);
  expect(flow([], 5)).toEqual([]);
});
