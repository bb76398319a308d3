/** Looking at promises, and at the event loop, while they wait. */
import { performance } from 'node:perf_hooks';

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** How much of the next milliseconds this thread's event loop is busy, 0..1. Other threads of the process do not count. */
export async function loopUtilization(milliseconds: number): Promise<number> {
  await turn();
  const before = performance.eventLoopUtilization();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return performance.eventLoopUtilization(before).utilization;
}

/** Whether a promise has settled after everything that is due has run. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const settled = (): void => {
    pending = false;
  };
  promise.then(settled, settled);
  await turns(5);
  return pending;
}
