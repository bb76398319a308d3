/** Counting by names from outside. */
import type * as TallyModule from '../../../dist/collector/measure/name-tally';
import { internal } from '../cli';

const { NameTally } = internal<typeof TallyModule>('measure/name-tally');

test('NameTally has a bound on types', () => {
  const tally = new NameTally();
  for (let index = 0; index < 1000; index++) tally.add(`type ${index}`);
  for (let index = 0; index < 5; index++) tally.add('type 3');
  tally.add('__proto__');
  expect(tally.top(1)).toEqual([
    ['type 3', 6],
    ['(other)', 1000],
  ]);
});
