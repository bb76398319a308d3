/**
 * The addon where it cannot export what it has, as in a thread that is terminated meanwhile: then it cannot be loaded, and the process goes
 * on. Chance hits that moment once in some thousand ends: scripts/verify-long.mjs, terminates.
 */
import { runFixture } from '../support/children';
import { ownBinary } from '../support/own-binary';

test('whichever of its exports is refused, or is where the thread ends, the process goes on', async () => {
  const { stdout } = await runFixture('refused-exports.child', [ownBinary()]);
  const [properties, ended] = stdout.split(' ').map(Number);
  expect(properties).toBeGreaterThan(40);
  expect(ended).toBe(properties);
});
