#!/usr/bin/env bash
# In a server of @grpc/grpc-js, a stream is finished before its status has been sent.
#
# Guess:     `finish` of a server's stream, which Node emits once all has been flushed, means that the client will have the end of the
#            stream, so that the server may be shut down.
# Seen:      the call is a stream of Node whose last step says it is done and then sends the status. forceShutdown upon `finish` cuts
#            it off: the client has had every message and then CANCELLED (1). With tryShutdown at the same moment it has OK (0).
# Versions:  @grpc/grpc-js 1.14.7, Node 20, 22, 24 and 26; 2026-11-30
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @grpc/grpc-js@1.14.7 > /dev/null
cat > end.js << 'JS'
const grpc = require('@grpc/grpc-js');
const asIs = (bytes) => bytes;
const MESSAGES = 5;
const methods = {
  Read: {
    path: '/a.B/Read', requestStream: false, responseStream: true,
    requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
  },
};

async function seenWith(shutDown) {
  const server = new grpc.Server();
  server.addService(methods, {
    Read(call) {
      call.on('finish', () => shutDown(server));
      for (let i = 0; i < MESSAGES; i++) call.write(Buffer.from('message'));
      call.end();
    },
  });
  const port = await new Promise((resolve) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, found) => resolve(found)),
  );
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  let messages = 0;
  const call = client.makeServerStreamRequest('/a.B/Read', asIs, asIs, Buffer.alloc(0));
  call.on('error', () => undefined).on('data', () => messages++);
  const { code } = await new Promise((resolve) => call.on('status', resolve));
  client.close();
  return `${messages} messages, status ${code}`;
}

(async () => {
  const forced = await seenWith((server) => server.forceShutdown());
  const tried = await seenWith((server) => server.tryShutdown(() => undefined));
  console.log(`by force ${forced}; tried ${tried}`);
})().then(() => process.exit());
JS
seen=$(node end.js)
echo "grpc-js 1.14.7, node $(node --version): ${seen}"
want='by force 5 messages, status 1; tried 5 messages, status 0'
[ "${seen}" = "${want}" ] || { echo "changed: expected ${want}"; exit 1; }
