#!/usr/bin/env bash
# A server of @grpc/grpc-js takes no notice of grpc-node.flow_control_window.
#
# Guess:     the option, which Server accepts as Client does, widens what the other side may send ahead on either.
# Seen:      a channel tells a window of 1 MiB in its SETTINGS and widens its connection; a server with the same option tells none and
#            stays at the 64 KiB of HTTP/2. Streams to clients gain, those that clients send do not.
# Versions:  @grpc/grpc-js 1.14.7, Node 20 and 22; 2026-11-29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @grpc/grpc-js@1.14.7 > /dev/null
cat > windows.js << 'JS'
const http2 = require('http2');
const { once } = require('events');
const grpc = require('@grpc/grpc-js');
const option = { 'grpc-node.flow_control_window': 1024 * 1024 };
const asIs = (bytes) => bytes;
const told = ({ remoteSettings, state }) => `${remoteSettings.initialWindowSize}/${state.remoteWindowSize}`;
const pinged = (session) => new Promise((resolve) => session.ping(resolve));

async function ofServer() {
  const server = new grpc.Server(option);
  const port = await new Promise((resolve) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, found) => resolve(found)),
  );
  const session = http2.connect(`http://127.0.0.1:${port}`);
  await once(session, 'remoteSettings');
  await pinged(session);
  const seen = told(session);
  session.destroy();
  server.forceShutdown();
  return seen;
}

async function ofClient() {
  const server = http2.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new grpc.Client(`127.0.0.1:${server.address().port}`, grpc.credentials.createInsecure(), option);
  client.makeUnaryRequest('/a/b', asIs, asIs, Buffer.alloc(0), () => undefined);
  const [stream] = await once(server, 'stream');
  await pinged(stream.session);
  const seen = told(stream.session);
  client.close();
  stream.session.destroy();
  server.close();
  return seen;
}

(async () => console.log(`server ${await ofServer()}, client ${await ofClient()}`))().then(() => process.exit());
JS
seen=$(node windows.js)
echo "grpc-js 1.14.7, node $(node --version), each call/connection: ${seen}"
[ "${seen}" = 'server 65535/65535, client 1048576/1048576' ] || { echo 'changed: expected server 65535/65535, client 1048576/1048576'; exit 1; }
