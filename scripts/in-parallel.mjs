import os from 'node:os';

/**
 * As many at a time as there are CPUs, or `most`; results in order. After a failure none is begun any more, and the first is thrown when all
 * that had begun have ended.
 */
export async function inParallel(items, work, most = Infinity) {
  const results = [];
  const failures = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index]);
      } catch (error) {
        failures.push(error);
        next = items.length;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(os.availableParallelism(), most) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
