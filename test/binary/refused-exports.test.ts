/**
 * The addon in an environment that does not take what it exports, as in a thread that is terminated meanwhile: then it cannot be loaded, and
 * the process goes on. Chance hits that moment once in some thousand ends: scripts/verify-long.mjs, terminates.
 */
import { runFixture } from '../support/children';
import { ownBinary } from '../support/own-binary';

test('whichever of its exports is refused, the process goes on', async () => {
  const { stdout } = await runFixture('refused-exports.child', [ownBinary()]);
  expect(Number(stdout)).toBeGreaterThan(40);
});
