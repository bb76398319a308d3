import type { Attachment } from './attachment';

/** Milliseconds from look to look, and after how many without any progress it gives up: a second in all. */
const LOOK_MS = 100;
const IDLE_LOOKS = 10;

/**
 * `[Symbol.asyncDispose]` of every buffer class, behind `[Symbol.dispose]`: settles when nothing waits in the buffer any more, or has
 * been taken for IDLE_LOOKS looks in a row. Not for a time: where the event loop stands still, nobody of this thread can take.
 * @param kept how many records wait in the instance
 */
export async function untilDrained(attachment: Attachment, kept: () => number): Promise<void> {
  const stop = new AbortController();
  let left = Infinity;
  let idleLooks = 0;
  let looks: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    looks = setInterval(() => {
      const before = left;
      left = attachment.drained ? kept() : attachment.size + kept();
      idleLooks = left < before ? 0 : idleLooks + 1;
      if (left > 0 && idleLooks < IDLE_LOOKS) return;
      stop.abort(stop);
      resolve();
    }, LOOK_MS);
  });
  try {
    await attachment.waits.forRoom<void>(
      (settle) => {
        if (!attachment.drained) return false;
        settle();
        return true;
      },
      { signal: stop.signal },
    );
    // Of what leaves the instance native code knows nothing.
    if (kept() > 0) await over;
  } catch (error) {
    if (error !== stop) throw error;
  } finally {
    clearInterval(looks);
  }
}
