/** worker.terminate() of a consumer that is parked or being woken, 300 times: the others hear of what it left. */
import type { ParkedWay } from '../fixtures/parked.worker';
import { seed } from '../event/seed';
import { runFixture } from '../support/children';

const WAYS: ParkedWay[] = ['ready', 'getAsync', 'iterate', 'batches', 'waitSync'];
const ROUNDS = 60;

test.each(WAYS)(`in %s: ${ROUNDS} threads terminated, seed ${seed}`, async (way) => {
  const { stdout } = await runFixture('parked.child', [way, String(ROUNDS), String(seed)]);
  expect(Number(stdout)).toBeGreaterThan(0);
});

test('300 in all', () => expect(WAYS.length * ROUNDS).toBeGreaterThanOrEqual(300));
