/** What a wait does to the event loop it waits in: it sleeps, and takes two descriptors. */
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { EventBuffer } from '@tapio/performance';
import { fixture } from '../support/children';
import { numbered } from '../support/events';
import { loopUtilization, turn } from '../support/waits';

const nothing = (): void => {};

test.each([0, 100])(
  'the loop sleeps while nothing comes, whatever woke it before, wakeIntervalMicros %i',
  async (wakeIntervalMicros) => {
    const buffer = new EventBuffer(64, { wakeIntervalMicros });
    for (let n = 0; n < 20; n++) {
      // The first wake of a round is a signal; with moderation the second comes by the timer.
      for (let wakes = 0; wakes < 2; wakes++) {
        const wait = buffer.ready();
        if (n % 2 === 0) await turn();
        buffer.put(numbered(n));
        await wait;
        buffer.consume(nothing);
      }
      await delay(1);
    }
    const wait = buffer.ready();
    const utilization = await loopUtilization(300);
    buffer.close();
    await expect(wait).rejects.toMatchObject({ code: 'ERR_BUFFER_CLOSED' });
    expect(utilization).toBeLessThan(0.5);
  },
);

if (process.platform === 'linux') {
  test('without descriptors a wait is refused, unless something is there; later waits work', () => {
    const script = `ulimit -n 64; exec "${process.execPath}" "${fixture('descriptors.child')}"`;
    const { outcomes, files } = JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' })) as {
      outcomes: Record<string, string>;
      files: { before: number; afterFailures: number; afterAWait: number };
    };
    expect(outcomes).toEqual({
      noneLeft: 'ERR_UNSUPPORTED',
      oneLeft: 'ERR_UNSUPPORTED',
      oneAgain: 'ERR_UNSUPPORTED',
      somethingThere: 'none',
      enough: 'none',
    });
    expect(files.afterFailures).toBe(files.before);
    expect(files.afterAWait).toBe(files.before + 2);
  });
}
