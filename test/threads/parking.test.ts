/** Parking and waking under stress: no wake-up is lost. `npm run test:parking` does it 100,000 times. */
import { seed } from '../event/seed';
import { runChild, runFixture } from '../support/children';

const CYCLES = Number(process.env.PARKING_CYCLES ?? 10_000);

test(
  `${CYCLES} cycles of three ways of waiting, seed ${seed}`,
  async () => {
    const { stdout } = await runFixture(
      'parking.child',
      [String(CYCLES), String(seed)],
      [],
      30_000 + CYCLES * 5,
    );
    // Everybody has slept and been woken.
    const shares = stdout.split(' ').map(Number);
    expect(shares).toHaveLength(6);
    for (const share of shares) expect(share).toBeGreaterThan(CYCLES / 200);
  },
  60_000 + CYCLES * 5,
);

test('the watchdog finds a consumer that does not wake, and prints the state', async () => {
  const { code, stderr } = await runChild('parking.child', ['100', String(seed), 'asleep']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^no cycle in 1000 ms: \{"seed":.*"put":.*"stats":\{/);
});
