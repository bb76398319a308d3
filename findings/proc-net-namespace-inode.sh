#!/usr/bin/env bash
# Which network namespace a stranger's process is in is secret by its link, and public by the inode of a file below it.
#
# Guess:     without the right to trace a process one cannot tell whether it shares one's network namespace.
# Seen:      readlink of /proc/PID/ns/net is refused, but stat of /proc/PID/net/tcp answers everybody: one inode for each
#            network namespace, the same for all processes in it.
# Versions:  Linux 6.18, util-linux 2.38; 2026-11-28
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo 'needs root, to make a namespace'; exit 77; }
unshare --net sleep 60 &
other=$!
sleep 60 &
same=$!
trap 'kill "${other}" "${same}"' EXIT
until [ "$(readlink "/proc/${other}/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@" 2> /dev/null; }
inode() { as_nobody stat -c %i "/proc/$1/net/tcp"; }
link=$(as_nobody readlink "/proc/${other}/ns/net" || echo refused)
mine=$(inode $$)
seen="link ${link}, another namespace $([ "$(inode "${other}")" = "${mine}" ] && echo same || echo differs), the same one $([ "$(inode "${same}")" = "${mine}" ] && echo same || echo differs)"
echo "Linux $(uname -r): ${seen}"
expected='link refused, another namespace differs, the same one same'
[ "${seen}" = "${expected}" ] || { echo "changed: expected ${expected}"; exit 1; }
