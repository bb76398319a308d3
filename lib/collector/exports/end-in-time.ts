/** The end of an export's thread. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

/** For a thread that was told to end soon. */
const GRACE_MS = 3000;

/**
 * Resolves when it has ended; terminates it if it takes too long.
 * @param ended resolves when the thread has
 * @param tell tells it that it must end soon; called when `hurry` aborts
 */
export async function endInTime(
  worker: Worker,
  ended: Promise<void>,
  hurry: AbortSignal,
  tell: () => void,
): Promise<void> {
  const hurried = new Promise<void>((resolve) => {
    if (hurry.aborted) resolve();
    else hurry.addEventListener('abort', () => resolve(), { once: true });
  });
  const hasEnded = ended.then(() => true);
  if (await Promise.race([hasEnded, hurried])) return;
  tell();
  if (await Promise.race([hasEnded, delay(GRACE_MS, undefined, { ref: false })])) return;
  await worker.terminate();
  await ended;
}
