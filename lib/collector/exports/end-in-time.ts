/** The end of an export's thread. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

/** For a thread that was told to end soon. */
const GRACE_MS = 3000;

/**
 * Resolves when it has ended; terminates it if it takes too long, and then resolves with false.
 * @param ended resolves when the thread has
 * @param tell tells it that it must end soon; called when `hurry` aborts
 */
export async function endInTime(
  worker: Worker,
  ended: Promise<void>,
  hurry: AbortSignal,
  tell: () => void,
): Promise<boolean> {
  const hasEnded = ended.then(() => true);
  const hurried = new Promise<false>((resolve) => {
    if (hurry.aborted) resolve(false);
    else hurry.addEventListener('abort', () => resolve(false), { once: true });
  });
  if (await Promise.race([hasEnded, hurried])) return true;
  tell();
  if (await Promise.race([hasEnded, delay(GRACE_MS, false, { ref: false })])) return true;
  await worker.terminate();
  await ended;
  return false;
}
