#!/usr/bin/env bash
# Node sees a limit of memory only where it is that of its own cgroup.
#
# Guess:     process.constrainedMemory() tells the least limit that holds for the process, and V8 sizes its heap by it.
# Seen:      where the cgroup above has the limit (a pod with resources of its own, a slice of systemd), Node 24 tells 2^64, and V8 allows
#            itself a heap of gigabytes, as on the bare machine; in that cgroup itself 64 MiB, and 259 MiB of heap.
# Versions:  Node 24.21.0 and 20.20.2; Linux 6.18, cgroups of version 1; 2026-11-30
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo 'needs root'; exit 77; }
folder=$(mktemp -d)
above=
cleanup() {
  rm -rf "${folder}"
  # The last process of a cgroup may still be ending.
  [ -z "${above}" ] || until rmdir "${above}/below" "${above}" 2> /dev/null; do [ -d "${above}" ] || break; done
}
trap cleanup EXIT
if mount=$(findmnt -nro TARGET -t cgroup -O memory) && [ -n "${mount}" ]; then
  limit=memory.limit_in_bytes
elif mount=$(findmnt -nro TARGET -t cgroup2) && grep -qw memory "${mount}/cgroup.controllers"; then
  limit=memory.max
else
  echo 'needs a hierarchy of cgroups with the memory controller'
  exit 77
fi
above="${mount}/finding-$$"
mkdir -p "${above}/below" 2> /dev/null || { above=; echo 'needs leave to make cgroups'; exit 77; }
echo 64M > "${above}/${limit}"
cd "${folder}"
npm install --silent --no-fund --no-audit --prefix . node@24.21.0 > /dev/null
node=$(find node_modules -path '*/bin/node' -type f | head -1)
in_cgroup() {
  sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$1" "${node}" -p \
    '[process.constrainedMemory() === 64 * 2 ** 20, v8.getHeapStatistics().heap_size_limit < 512 * 2 ** 20].join()'
}
seen="own: $(in_cgroup "${above}"), above: $(in_cgroup "${above}/below")"
echo "Node $("${node}" --version), ${limit} of 64 MiB, told and used: ${seen}"
[ "${seen}" = 'own: true,true, above: false,false' ] || { echo 'changed: expected own: true,true, above: false,false'; exit 1; }
