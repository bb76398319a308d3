#!/usr/bin/env bash
# A client of @grpc/grpc-js that reads slowly loses messages that had come when its stream ends with an error.
#
# Guess:     messages come in their order, and the status behind them: who reads slowly gets all that the server sent before the error,
#            and then the error.
# Seen:      of 100 messages of 1 KB, a client that takes one each 5 ms has 17, and no other after the status; the rest had arrived and is
#            discarded. The same stream with the status OK gives it all 100.
# Versions:  @grpc/grpc-js 1.14.7, Node 20, 22, 24 and 26; 2026-12-01
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @grpc/grpc-js@1.14.7 > /dev/null
cat > slow.js << 'JS'
const grpc = require('@grpc/grpc-js');
const asIs = (bytes) => bytes;
const MESSAGES = 100;
const methods = {
  Read: {
    path: '/a.B/Read', requestStream: false, responseStream: true,
    requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
  },
};

/** How many messages a slow client has, and the status. */
async function seenWith(end) {
  const server = new grpc.Server();
  server.addService(methods, {
    Read(call) {
      for (let i = 0; i < MESSAGES; i++) call.write(Buffer.alloc(1024));
      end(call);
    },
  });
  const port = await new Promise((resolve) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, found) => resolve(found)),
  );
  // A window that holds all messages.
  const window = { 'grpc-node.flow_control_window': 1024 * 1024 };
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), window);
  const call = client.makeServerStreamRequest('/a.B/Read', asIs, asIs, Buffer.alloc(0));
  let messages = 0;
  let code;
  let isOver = false;
  call.on('error', () => undefined).on('status', (status) => (code = status.code)).on('end', () => (isOver = true));
  // What is handed out behind the status counts, too.
  while (!isOver) {
    if (call.read() !== null) messages++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  client.close();
  server.forceShutdown();
  return { messages, code };
}

(async () => {
  const ok = await seenWith((call) => call.end());
  const failed = await seenWith((call) => call.emit('error', { code: 14, details: 'over' }));
  const share = failed.messages < MESSAGES / 2 ? 'fewer than half' : failed.messages;
  console.log(`status ${ok.code}: ${ok.messages} of ${MESSAGES}; status ${failed.code}: ${share}`);
})().then(() => process.exit());
JS
seen=$(node slow.js)
echo "grpc-js 1.14.7, node $(node --version), messages that a slow client has: ${seen}"
want='status 0: 100 of 100; status 14: fewer than half'
[ "${seen}" = "${want}" ] || { echo "changed: expected ${want}"; exit 1; }
