/** A call that takes all that waits comes back, however fast others put. */
import { once } from 'node:events';
import { EventBuffer, RingBuffer } from '@tapio/performance';
import { startWorker } from '../support/threads';

test.each([
  ['EventBuffer', () => new EventBuffer(1024, { slotSize: 128 })],
  ['RingBuffer', () => new RingBuffer(1024, { slotSize: 64 })],
] as const)('%s.getBatch(Infinity) takes no more than the buffer holds', async (_name, make) => {
  const buffer = make();
  const { worker, exit } = startWorker('busy.worker', buffer.handle);
  await once(worker, 'message');
  let most = 0;
  for (let i = 0; i < 200; i++) {
    const { length } = buffer.getBatch(Infinity);
    expect(length).toBeLessThanOrEqual(1024);
    most = Math.max(most, length);
  }
  expect(most).toBeGreaterThan(0);
  await worker.terminate();
  await exit;
});
