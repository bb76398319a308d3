#!/usr/bin/env bash
# A middleware of the Kubernetes client's own type `Middleware` cannot be given to a single call.
#
# Guess:     `options.middleware` of a call takes what the package exports as the type Middleware, whose `pre` and `post` return promises.
# Seen:      the call fails with a TypeError (toPromise is not a function) before anything is sent: for a single call they must return what
#            has a method toPromise, as the client's Observables have. For the whole client, promises are right.
# Versions:  @kubernetes/client-node 1.4.0; Node 20.20.2; 2026-11-29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @kubernetes/client-node@1.4.0 > /dev/null
cat > try.js << 'JS'
const http = require('node:http');
const { CoreV1Api, KubeConfig } = require('@kubernetes/client-node');

async function list(port, wrap) {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }],
    users: [{ name: 'u' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  const middleware = [{ pre: wrap, post: wrap }];
  try {
    const { items } = await config
      .makeApiClient(CoreV1Api)
      .listNamespace({}, { middleware, middlewareMergeStrategy: 'append' });
    return `${items.length} items`;
  } catch (error) {
    return /toPromise is not a function/.test(error.message) ? 'no toPromise' : error.message;
  }
}

let requests = 0;
const server = http.createServer((request, response) => {
  requests++;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items: [] }));
});
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const promises = await list(port, async (context) => context);
  const sent = requests;
  const observables = await list(port, (context) => ({ toPromise: async () => context }));
  console.log(`promises: ${promises}, ${sent} sent; with toPromise: ${observables}`);
  server.close();
  server.closeAllConnections();
});
JS
seen=$(node try.js)
echo "${seen}"
[ "${seen}" = 'promises: no toPromise, 0 sent; with toPromise: 0 items' ] || { echo 'changed'; exit 1; }
