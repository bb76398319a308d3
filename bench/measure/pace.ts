/** A steady rate: puts each event when it is due. */
const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/**
 * Has `put` put `count` events at `rate` a second.
 * @param sleeps whether to sleep a millisecond when none is due, or to watch the clock
 */
export function putPaced(
  put: (first: number, count: number) => void,
  first: number,
  count: number,
  { rate, producerSleeps }: { readonly rate: number; readonly producerSleeps: boolean },
): void {
  const start = performance.now();
  for (let done = 0; done < count;) {
    const due = Math.min(count, Math.floor(((performance.now() - start) * rate) / 1000));
    if (due > done) {
      put(first + done, due - done);
      done = due;
    } else if (producerSleeps) {
      Atomics.wait(sleepWord, 0, 0, 1);
    }
  }
}
