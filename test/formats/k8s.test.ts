import { read, readOne, rewritten, samples } from './reading';

const lines = samples('k8s-events.ndjson');
const audits = samples('k8s-audit.ndjson');
const backOff = {
  id: '5f0c1c2e-0000-4000-8000-00000000000a/48010215',
  timestamp: 1795860000000000000n,
  source: 'kubernetes',
  severity: 'warning',
  message: 'Back-off restarting failed container',
  kubernetes: {
    eventType: 'Warning',
    reason: 'BackOff',
    objectKind: 'Pod',
    object: 'cart-7d9f-x2',
    apiVersion: 'v1',
    resourceVersion: '48010215',
  },
  entity: {
    type: 'pod',
    name: 'cart-7d9f-x2',
    namespace: 'shop',
    uid: '0f6c1c2e-0000-4000-8000-000000000001',
  },
  attributes: { count: 8, component: 'kubelet', object: { fieldPath: 'spec.containers{cart}' } },
};
const event = JSON.parse(lines[0]) as Record<string, unknown>;

describe.each([
  ['as they come', (line: string) => line],
  ['with other spaces and another order of keys', rewritten],
])('the samples %s', (_, form) => {
  test('an event has its reason, object and count', () => {
    expect(readOne('k8s-events', form(lines[0]))).toMatchObject(backOff);
  });

  test('an event of the new recorder has the time of eventTime', () => {
    const read = readOne('k8s-events', form(lines[1]));
    expect(read).toMatchObject({
      timestamp: 1795860000252501000n,
      severity: 'info',
      kubernetes: { action: 'Binding' },
    });
    expect(read.attributes).not.toHaveProperty('count');
  });

  test('a line of a watch tells what happened', () => {
    expect(readOne('k8s-events', form(lines[2]))).toMatchObject({
      ...backOff,
      attributes: { ...backOff.attributes, watch: 'MODIFIED' },
    });
  });

  test('a bookmark gives nothing and is no skip', () => {
    expect(read('auto', [form(lines[3])])).toMatchObject({ events: [], skips: [] });
  });

  test('an audit record has who did what, its id that of the stage', () => {
    const read = readOne('k8s-audit', form(audits[0]));
    expect(read).toMatchObject({
      id: '3f0c1c2e-0000-4000-8000-00000000000b/RequestReceived',
      type: 'audit',
      source: 'kubernetes-audit',
      timestamp: 1795860000123456000n,
      message: 'get /api/v1/namespaces/shop/secrets/db',
      network: {
        method: 'get',
        path: '/api/v1/namespaces/shop/secrets/db',
        sourceIP: '192.0.2.1',
        latencyNs: undefined,
      },
      application: {
        userId: 'system:serviceaccount:shop:cart',
        requestId: '3f0c1c2e-0000-4000-8000-00000000000b',
      },
      entity: { type: 'secrets', name: 'db', namespace: 'shop' },
    });
    expect(read.network?.statusCode).toBeUndefined();
    expect(read.severity).toBeUndefined();
  });

  test('an audit record of no object has no entity', () => {
    const read = readOne('k8s-audit', form(audits[1]));
    expect(read).toMatchObject({
      application: { userId: 'system:anonymous' },
      network: { statusCode: 200, latencyNs: 876544000 },
    });
    expect(read.entity).toBeUndefined();
  });

  test('an audit record of a failure is an error', () => {
    expect(readOne('k8s-audit', form(audits[2]))).toMatchObject({
      severity: 'error',
      network: { statusCode: 500 },
      kubernetes: { annotations: { 'audit.k8s.io/truncated': 'true' } },
      attributes: { requestObject: { kind: 'Pod' } },
    });
  });
});

test('an event of events.k8s.io has its note, controller and series', () => {
  const line = JSON.stringify({
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    metadata: {
      name: 'x',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '9',
      creationTimestamp: '2026-11-28T09:00:00Z',
      labels: { a: 'b' },
    },
    eventTime: '2026-11-28T09:59:00.000000Z',
    series: { count: 2, lastObservedTime: '2026-11-28T10:00:00.252501Z' },
    reportingController: 'kubelet',
    reportingInstance: 'node-a',
    action: 'Pulling',
    reason: 'Pulled',
    regarding: { kind: 'Pod', namespace: 'shop', name: 'p', uid: 'pu' },
    note: 'pulled',
    type: 'Normal',
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  });
  expect(readOne('k8s-events', line)).toMatchObject({
    id: 'u/9',
    timestamp: 1795860000252501000n,
    message: 'pulled',
    kubernetes: { action: 'Pulling', apiVersion: 'events.k8s.io/v1', labels: { a: 'b' } },
    entity: { type: 'pod', name: 'p', uid: 'pu' },
    attributes: { count: 2, component: 'kubelet', instance: 'node-a' },
  });
});

test.each([
  ['lastTimestamp', { lastTimestamp: '2026-11-28T10:00:01Z' }, 1795860001000000000n],
  ['firstTimestamp', { lastTimestamp: null, firstTimestamp: '2026-11-28T10:00:02Z' }, 1795860002000000000n],
  ['the creation', { lastTimestamp: null, firstTimestamp: null }, 1795860000000000000n],
])('the time is that of %s where no later one is told', (_, changes, timestamp) => {
  expect(readOne('k8s-events', JSON.stringify({ ...event, ...changes })).timestamp).toBe(timestamp);
});

test('what stands around the event of a watch is kept', () => {
  const around = { cluster: 'c', count: 'x', watch: { a: 1 }, none: null };
  const { attributes } = readOne('k8s-events', JSON.stringify({ type: 'ADDED', object: event, ...around }));
  expect(attributes).toEqual({
    ...readOne('k8s-events', lines[0]).attributes,
    ...{ watch: 'ADDED', cluster: 'c', 'watch.count': 'x', 'watch.watch': { a: 1 } },
  });
});

test('what stands around the items of a list is kept with the first of them', () => {
  const metadata = { resourceVersion: '48010300', continue: 'abc' };
  const list = { apiVersion: 'v1', kind: 'EventList', metadata, items: [7, {}, event], more: 1 };
  const { events } = read('k8s-events', [JSON.stringify(list)]);
  expect(events[0].attributes).toEqual({ metadata, more: 1 });
  expect(events[0].kubernetes).toEqual({ apiVersion: 'v1' });
  expect(events[1].attributes).toEqual(readOne('k8s-events', lines[0]).attributes);
  const clash = read('auto', [JSON.stringify({ ...list, items: [event] })]).events[0];
  expect(clash.attributes).toEqual({ ...events[1].attributes, 'list.metadata': metadata, more: 1 });
  const empty = { ...list, metadata: { resourceVersion: '', selfLink: '' }, more: undefined, items: [event] };
  expect(read('auto', [JSON.stringify(empty)]).events[0].attributes).toEqual(events[1].attributes);
});

test('of a list of audit records, too; and of clocks that disagree both times are kept', () => {
  const item = {
    ...{ level: 'Metadata', auditID: 'a1', stage: 'ResponseComplete', verb: 'get', requestURI: '/p' },
    requestReceivedTimestamp: '2026-11-28T10:00:10.000000Z',
    stageTimestamp: '2026-11-28T10:00:09.000000Z',
  };
  const metadata = { resourceVersion: '515' };
  const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata, items: [item, item], more: 1 };
  const { events } = read('auto', [JSON.stringify(list)]);
  const { level, stage, requestReceivedTimestamp } = item;
  expect(events[0].attributes).toEqual({ level, stage, requestReceivedTimestamp, metadata, more: 1 });
  expect(events[1]).toMatchObject({
    timestamp: 1795860009000000000n,
    network: { latencyNs: undefined },
    attributes: { level, stage, requestReceivedTimestamp },
  });
});

test('an item of a typed list that is of another kind or API says so', () => {
  const item = { kind: 'Other', apiVersion: 5 };
  const list = { apiVersion: 'v1', kind: 'EventList', items: [item] };
  expect(read('k8s-events', [JSON.stringify(list)]).events[0].attributes).toEqual(item);
});

test('an event that says nothing has no attributes', () => {
  expect(readOne('k8s-events', '{"kind":"Event","apiVersion":"v1"}').attributes).toBeUndefined();
});

test('a list gives its events and says that it holds something else', () => {
  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    metadata: {},
    items: [event, { kind: 'Pod' }, event],
  });
  expect(read('auto', [list])).toMatchObject({
    events: [backOff, backOff],
    skips: [[1, 'k8s-events: 1 items of a list are no events']],
  });
});

test('the objects that kubectl get -w -o json prints over many lines are read, also behind a log line', () => {
  const indented = (value: object): string[] => JSON.stringify(value, null, 4).split('\n');
  const { events, skips } = read('auto', [
    ...indented(event),
    '',
    ...indented(event),
    'W1128 retrying',
    ...indented({ type: 'ADDED', object: event }),
  ]);
  expect(events).toMatchObject([backOff, backOff, { attributes: { watch: 'ADDED' } }]);
  expect(skips).toEqual([[expect.any(Number), 'no JSON, and of no known format: "W1128 retrying"']]);
});

test('an object over many lines that has no end is told, and what breaks it is read', () => {
  const { events, skips } = read('auto', ['{', '  "kind": "Event",', lines[0], '{', '  "a": 1']);
  expect(events).toMatchObject([backOff]);
  expect(skips).toEqual([
    [3, expect.stringMatching(/^an object without an end: "\{\\u\{a\} {2}\\"kind/)],
    [5, expect.stringMatching(/^an object without an end/)],
  ]);
});

test('a watch that fails is told', () => {
  const line = JSON.stringify({
    type: 'ERROR',
    object: { kind: 'Status', message: 'too old resource version', code: 410 },
  });
  expect(read('auto', [line]).skips).toEqual([
    [1, 'k8s-events: the watch failed: "too old resource version"'],
  ]);
});

test('other objects of Kubernetes are no events', () => {
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata: {} };
  expect(
    read('auto', [JSON.stringify(pod), JSON.stringify({ type: 'ADDED', object: pod })]).skips,
  ).toHaveLength(2);
});

test('a list of audit records, as a webhook gets it, gives each', () => {
  const list = JSON.stringify({
    kind: 'EventList',
    apiVersion: 'audit.k8s.io/v1',
    items: audits.map((line) => JSON.parse(line) as object),
  });
  expect(read('auto', [list])).toMatchObject({
    events: [{ type: 'audit' }, { type: 'audit' }, { severity: 'error' }],
    skips: [],
  });
});

test.each([
  [399, undefined],
  [403, 'warning'],
  [500, 'error'],
])('an answer of %i has the severity %p', (code, severity) => {
  const record = { ...(JSON.parse(audits[1]) as object), responseStatus: { code } };
  expect(readOne('k8s-audit', JSON.stringify(record)).severity).toBe(severity);
});
