/**
 * Follows the events and pods of a Kubernetes cluster: each becomes an event in a buffer, and a line of JSON on stdout. A reader
 * that is slow slows down the watches; nothing piles up here.
 *
 *   npm install @kubernetes/client-node@1.4     # Node 20; 2.x needs Node 22.19
 *   node examples/kubernetes/collect.mjs        # the cluster of KUBECONFIG, of ~/.kube/config, or that the pod runs in
 *
 * It needs the verbs list and watch on events and pods. Stop it by Ctrl+C.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { EventBuffer, createEvent, eventToJSON } from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';
import { Changes } from './changes.mjs';

const { values } = parseArgs({
  options: {
    timeout: { type: 'string', default: '25' }, // seconds of a watch
    waiting: { type: 'string', default: '1024' }, // changes of a watch that may wait
    capacity: { type: 'string', default: '8192' }, // slots of the buffer
  },
});
const config = new KubeConfig();
config.loadFromDefault();
const api = config.makeApiClient(CoreV1Api);
const reader = createFormatReader('k8s-events');
const buffer = new EventBuffer(Number(values.capacity));
const stop = new AbortController();
const counts = { put: 0, refused: 0, retries: 0 };
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort());
process.stdout.on('error', () => process.exit(1)); // nobody reads any more

const events = {
  path: '/api/v1/events',
  list: (page, options) => api.listEventForAllNamespaces(page, options),
};
const pods = { path: '/api/v1/pods', list: (page, options) => api.listPodForAllNamespaces(page, options) };
const printing = print();
try {
  await Promise.all([follow(events, eventsOf), follow(pods, podEventsOf)]);
} catch (error) {
  if (!stop.signal.aborted) {
    process.exitCode = 1;
    console.error(JSON.stringify(error.message)); // a server's words: not raw to a terminal
    stop.abort();
  }
}
buffer.close();
await printing;
console.error(JSON.stringify(counts));

async function follow(kind, toEvents) {
  const onRetry = (error) => {
    counts.retries++;
    console.error(`${kind.path}: ${JSON.stringify(error.message)}`);
  };
  const options = {
    timeoutSeconds: Number(values.timeout),
    maxWaiting: Number(values.waiting),
    onRetry,
    signal: stop.signal,
  };
  for await (const change of new Changes(config, kind, options)) {
    for (const event of toEvents(change)) {
      try {
        await buffer.putAsync(event, { signal: stop.signal });
        counts.put++;
      } catch (error) {
        if (error.code !== 'ERR_EVENT_TOO_LARGE') throw error;
        counts.refused++;
      }
    }
  }
}

/** That an event is deleted says only that it is an hour old. */
function eventsOf({ type, object }) {
  if (type === 'DELETED') return [];
  // The items of a list do not say their kind.
  return reader.push(JSON.stringify({ type, object: { kind: 'Event', apiVersion: 'v1', ...object } }));
}

function podEventsOf({ type, object: { metadata, spec, status } }) {
  const { uid, name, namespace, resourceVersion, labels } = metadata;
  return [
    createEvent({
      id: `${uid}/${resourceVersion}/${type}`,
      type: `pod.${type.toLowerCase()}`,
      source: 'kubernetes',
      severity: status?.phase === 'Failed' ? 'error' : 'info',
      entity: { type: 'pod', name, namespace, uid },
      kubernetes: { objectKind: 'Pod', object: name, action: type, resourceVersion, labels },
      attributes: { phase: status?.phase ?? null, node: spec?.nodeName ?? null },
    }),
  ];
}

async function print() {
  for await (const batch of buffer.batches({ maxCount: 256 })) {
    const lines = batch.map((event) => `${eventToJSON(event)}\n`).join('');
    if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
  }
}
