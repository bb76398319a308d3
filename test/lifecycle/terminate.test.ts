/** worker.terminate() at random moments of every kind of call: nothing torn, lost, doubled or stuck. */
import type { Shape } from '../fixtures/storm.worker';
import { seed } from '../event/seed';
import { runFixture } from '../support/children';

const SHAPES: Shape[] = [
  'put',
  'put again',
  'put batch',
  'put event',
  'put events',
  'put blocking',
  'put async',
  'take',
  'take batch',
  'take event',
  'consume',
  'wait',
  'wait sync',
  'iterate',
  'attach',
  'create',
  'load',
];
const ROUNDS = 20;

test.each(SHAPES)(
  `%s: ${ROUNDS} threads terminated, seed ${seed}`,
  async (shape) => {
    const { stdout } = await runFixture('storm.child', [shape, String(ROUNDS), String(seed)]);
    expect(Number(stdout)).toBeGreaterThan(0);
  },
  90_000,
);

test('300 in all', () => expect(SHAPES.length * ROUNDS).toBeGreaterThanOrEqual(300));
