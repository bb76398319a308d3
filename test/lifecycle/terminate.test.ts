/** worker.terminate() in every kind of call, at random moments or when it was just seen at it: nothing torn, lost, doubled or stuck. */
import { SHAPES } from '../fixtures/storm-shapes';
import { seed } from '../event/seed';
import { runFixture } from '../support/children';

const ROUNDS = 20;

test.each(SHAPES)(`%s: ${ROUNDS} threads terminated, seed ${seed}`, async (shape) => {
  const { stdout } = await runFixture('storm.child', [shape, String(ROUNDS), String(seed)]);
  const [moved, , terminated] = stdout.split(' ').map(Number);
  expect(moved).toBeGreaterThan(0);
  expect(terminated).toBeGreaterThanOrEqual(ROUNDS);
});

test('300 in all', () => expect(SHAPES.length * ROUNDS).toBeGreaterThanOrEqual(300));
