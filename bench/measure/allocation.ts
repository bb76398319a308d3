/**
 * Bytes of garbage for each operation. The young generation is made so large that no collection falls into a
 * measurement; so this runs apart from what is timed.
 */
import v8 from 'node:v8';
import vm from 'node:vm';

/** Workers started before the end of `fn` have such heaps. */
export async function withLargeYoungGeneration<T>(fn: () => Promise<T>): Promise<T> {
  v8.setFlagsFromString('--expose-gc');
  setSemiSpace(64);
  try {
    return await fn();
  } finally {
    // 0: the engine decides.
    setSemiSpace(0);
  }
}

function setSemiSpace(mebibytes: number): void {
  v8.setFlagsFromString(`--min-semi-space-size=${mebibytes}`);
  v8.setFlagsFromString(`--max-semi-space-size=${mebibytes}`);
}

const ROUNDS = 5;

/**
 * Bytes that this thread allocated for one of `count` operations: the least of some rounds, as the engine
 * allocates for itself now and then. What an empty run allocates is left out.
 */
export async function allocatedBytes(
  run: (count: number) => unknown,
  count: number,
  prepare: (count: number) => void = () => {},
): Promise<number> {
  const collect = vm.runInNewContext('gc') as () => void;
  const allocate = async (n: number): Promise<number> => {
    prepare(n);
    collect();
    const before = used();
    const result = run(n);
    if (typeof result === 'object') await (result as Promise<unknown>);
    return used() - before;
  };
  let [empty, full] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    empty = Math.min(empty, await allocate(0));
    full = Math.min(full, await allocate(count));
  }
  return Math.max(0, full - empty) / count;
}

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
