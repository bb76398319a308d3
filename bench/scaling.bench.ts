/**
 * How throughput grows with threads, for machines with more cores than ours: `npm run bench:scaling [-- THREADS]`.
 * Up to THREADS producers, by default half as many as there are CPUs, in the native core and in Node. REPEATS
 * (default 7) is how often everybody has a turn.
 */
import { availableCPUs } from '@tapio/performance';
import { runCore } from './measure/core-rows';
import { finish, Session } from './measure/session';
import { scaleNode } from './scaling/node-rows';

const args = process.argv.slice(2);
const most = Number(args[0] ?? Math.max(1, Math.floor(availableCPUs().length / 2)));

async function main(): Promise<void> {
  if (!Number.isInteger(most) || most < 1 || most > 60) throw new Error(`THREADS is 1 to 60, not ${args[0]}`);
  const session = new Session('scaling', 'npm run bench:scaling');
  for (let n = 1; n <= most; n = n < 4 ? n + 1 : Math.floor(n * 1.5)) {
    session.add(await scaleNode(n, 1));
    if (n > 1) session.add(await scaleNode(n, n));
  }
  await runCore(
    ['--scaling', String(most)],
    () => [],
    (row) => session.add(row),
  );
}

finish(main());
