/** Threads that come and go load the addon again and again. */
import { runFixture } from '../support/children';
import { range } from '../support/events';

const ROUNDS = 100;

test('the registry outlives the threads that use it, and they leave nothing behind', async () => {
  const { stdout } = await runFixture('churn.child', [String(ROUNDS)], [], 100_000);
  const { early, late, numbers } = JSON.parse(stdout);
  expect(numbers).toEqual(range(0, ROUNDS));
  expect(late.addonMappings).toBe(early.addonMappings);
  expect(late.addonMappings).toBeGreaterThan(0);
  expect(late.files).toBe(early.files);
  // The engine maps and unmaps for itself: far less than one for each thread.
  expect(late.mappings - early.mappings).toBeLessThan(ROUNDS / 4);
});
