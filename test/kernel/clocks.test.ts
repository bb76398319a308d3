/** Times of events in a time namespace, and beside a clock that stalls, on the real kernel. test/core/kernel_epoch_clock_test.cc has clocks that sleep and are set. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fixture } from '../support/children';
import { kernelTest } from '../support/kernel';
import { compilePreload } from '../support/preload';
import { PinnedRings } from '../support/ring-owner';

const rings = new PinnedRings();
afterAll(() => rings.release());

const unshare = ['--time', '--monotonic', '100000', '--boottime', '3000'];
const refused = spawnSync('unshare', [...unshare, 'true'], { encoding: 'utf8' }).stderr;

interface Ages {
  monotonic: number[];
  boottime: number[];
  tracer: number[];
}

/** What the fixture prints; the records in the ring buffers are new. */
async function agesIn(command: string, args: readonly string[]): Promise<Ages> {
  const owner = await rings.own();
  await owner.write(100);
  const stdout = execFileSync(
    command,
    [...args, process.execPath, fixture('time-namespace.child'), rings.pins],
    { encoding: 'utf8' },
  );
  await owner.end();
  return JSON.parse(stdout) as Ages;
}

function expectRecent({ monotonic, boottime, tracer }: Ages): void {
  expect(monotonic.length).toBe(100);
  expect(boottime.length).toBe(100);
  expect(tracer.length).toBeGreaterThan(0);
  for (const age of [...monotonic, ...boottime, ...tracer]) {
    expect(age).toBeGreaterThanOrEqual(-1);
    expect(age).toBeLessThan(60_000);
  }
}

rings.test('events are as old as they are', async () => {
  expectRecent(await agesIn('env', []));
});

if (refused !== '') {
  test('in a time namespace (skipped)', () => console.log(`skipped: ${refused}`));
} else {
  rings.test('in a time namespace, too, by every clock', async () => {
    expectRecent(await agesIn('unshare', unshare));
  });

  rings.test('also where /proc does not tell which one it is', async () => {
    const script = 'mount -t tmpfs tmpfs /proc && exec "$@"';
    expectRecent(await agesIn('unshare', [...unshare, '--mount', 'sh', '-c', script, 'sh']));
  });
}

const stalled = compilePreload('stalled-clock');
afterAll(() => stalled.release());

if (stalled.missing !== undefined) {
  test('beside a clock that stalls (skipped)', () => console.log(`skipped: ${stalled.missing}`));
} else {
  kernelTest('a thread that was stopped while it read the clocks tells right times', () => {
    const stdout = execFileSync(process.execPath, [fixture('told-times.child')], {
      encoding: 'utf8',
      env: { ...process.env, ...stalled.env },
    });
    expect(JSON.parse(stdout)).toEqual([0, 0, 0, 0, 0]);
  });
}
