/** Nothing of a line is lost: what finds no field of the event is in its attributes, of every format. */
import type { UnifiedEvent } from '@tapio/performance';
import { createFormatReader, type FormatName } from '@tapio/performance/formats';
import { randomness, seed } from '../event/seed';
import { checkForBuffer, readOne } from './reading';

const T = '2026-11-28T10:00:00Z';
const object = JSON.stringify;
const logfmt = (values: object): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ');

/** Lines of loggers with these parts. */
const pino = (parts: object): string => object({ level: 30, time: 1795860000123, msg: 'm', ...parts });
const bunyan = (parts: object): string =>
  object({ name: 'n', hostname: 'h', pid: 7, level: 30, msg: 'm', time: T, v: 0, ...parts });

const loggers: [FormatName, (parts: object) => string][] = [
  ['pino', pino],
  ['bunyan', bunyan],
];

describe.each(loggers)('of a line of %s', (format, line) => {
  const event = (parts: object): UnifiedEvent => readOne(format, line(parts));

  test.each<[object, object?]>([
    [{ err: { type: 5, stack: ['s'], message: 'x' } }],
    [{ err: { type: 'E', stack: 7 } }, { err: { stack: 7 } }],
    [{ err: { type: '', stack: '' } }],
    [{ error: { type: {}, stack: { a: 1 } } }],
    [{ err: {} }],
    [{ req: { method: 5, url: ['/a'], remoteAddress: 7, remotePort: 'x', headers: 'h', id: {} } }],
    [{ req: { method: 'GET', url: false, remotePort: 70000 } }, { req: { url: false, remotePort: 70000 } }],
    [{ req: { method: '', url: '' }, res: { statusCode: 'ok' } }],
    [{ res: { statusCode: 1.5 } }],
    [{ res: { statusCode: '503', more: '' } }, { res: { more: '' } }],
    [{ reqId: { a: 1 } }],
    [{ reqId: '', requestId: [1], req_id: { b: 2 } }],
    [{ responseTime: 'long' }],
    [{ responseTime: -1, req: {} }],
    [{ trace_id: 5, span_id: [], trace_flags: {} }],
    [{ trace_flags: '01' }],
    [{ trace_flags: 0 }],
    [{ trace_id: 'x', span_id: 'y', trace_flags: '01' }],
    [{ message: { a: 1 }, ts: '', timestamp: 'x' }],
    [{ msg: '' }],
    [{ empty: '', nested: { empty: '', list: [''] } }],
  ])('what fits no field stays: %j', (parts, kept = parts) => {
    expect(event(parts).attributes).toEqual(kept);
  });

  test('the first id is the one of the request, the others stay', () => {
    const first = event({ reqId: 'a', requestId: 'b', req_id: 3, req: { id: 'd', method: 'GET' } });
    expect(first.application?.requestId).toBe('a');
    expect(first.attributes).toEqual({ requestId: 'b', req_id: 3, req: { id: 'd' } });
    const second = event({ reqId: {}, requestId: 2, req: { id: 'd' } });
    expect(second.application?.requestId).toBe('2');
    expect(second.attributes).toEqual({ reqId: {}, req: { id: 'd' } });
    expect(event({ req: { id: 9 } })).toMatchObject({ application: { requestId: '9' } });
  });

  test.each([
    { req: {} },
    { res: {} },
    { req: {}, res: {} },
    { req: { id: 'r' } },
    { req: { method: 5 }, res: { statusCode: null } },
    { req: 'GET', res: 7 },
  ])('%j makes no network', (parts) => {
    expect(event(parts).network).toBeUndefined();
  });

  test('a trace keeps what its context has no room for', () => {
    const trace_id = '5b8efff798038103d269b633813fc60c';
    const span_id = 'eee19b7ec3c1b174';
    const flagged = event({ trace_id, span_id, trace_flags: '03' });
    expect(flagged.traceContext).toEqual({ traceId: trace_id, spanId: span_id, sampled: true });
    expect(flagged.attributes).toEqual({ trace_flags: '03' });
    const spanless = event({ trace_id, span_id: 'x', trace_flags: 1 });
    expect(spanless.traceContext).toEqual({ traceId: trace_id, spanId: '', sampled: true });
    expect(spanless.attributes).toEqual({ span_id: 'x' });
  });
});

/** A line of each format, and the attributes that it must have among others. */
test.each<[FormatName, string, object]>([
  ['pino', pino({ hostname: '', name: '', pid: '', level: 30 }), { hostname: '', name: '', pid: '' }],
  ['pino', object({ level: '', msg: 'm' }), { level: '' }],
  ['bunyan', bunyan({ hostname: 5, pid: 'x' }), { hostname: 5, pid: 'x' }],
  ['logfmt', logfmt({ level: 'info', msg: 'm', reqId: 'a', req_id: 'b' }), { req_id: 'b' }],
  [
    'logfmt',
    logfmt({ level: 'info', msg: 'm', host: '', trace_flags: '01', '': 'x' }),
    { trace_flags: '01' },
  ],
  ['logfmt', 'level=info msg=m hostname= =x', { hostname: '', '': 'x' }],
  ['logfmt', 'level=info msg=m t=later logger= host', { t: 'later', logger: '', host: true }],
  ['logfmt', 'level= lvl=warn msg=m name= logger=db', { level: '', name: '' }],
  ['pino', pino({ v: 0 }), { v: 0 }],
  ['pino', pino({ responseTime: 12.3456789012, req: {} }), { responseTime: 12.3456789012 }],
  [
    'falco',
    object({ rule: 'r', priority: 'Odd', source: 5, time: 'x', tags: ['a', 7], hostname: 3, output: 8 }),
    { priority: 'Odd', source: '5', time: 'x', tags: '["a",7]', hostname: '3', output: '8' },
  ],
  [
    'falco',
    object({ rule: 'r', priority: 'Error', time: T, message: 'one', output: 'another', output_fields: [1] }),
    { output: 'another', output_fields: '[1]' },
  ],
  ...['Emergency', 'Alert'].map((priority): [FormatName, string, object] => [
    'falco',
    object({ rule: 'r', priority, time: T, output_fields: {} }),
    { priority },
  ]),
  [
    'falco',
    object({
      rule: 'r',
      priority: 'Error',
      time: T,
      uuid: 'a',
      output_fields: { uuid: 'b', 'k8s.pod.name': 'p' },
    }),
    { uuid: 'b', 'alert.uuid': 'a' },
  ],
  [
    'tracee',
    object({
      timestamp: 'x',
      name: 'e',
      id: 1,
      data: [7],
      workload: {
        process: { host_pid: 'x', thread: { host_tid: [], name: 5, syscall: '' } },
        k8s: { pod: { name: 'p', sandbox: true } },
        node: 'n',
      },
    }),
    {
      timestamp: 'x',
      data: [7],
      process: { host_pid: 'x', thread: { host_tid: [], name: 5, syscall: '' } },
      k8s: { pod: { name: 'p', sandbox: true } },
      workload: { node: 'n' },
    },
  ],
  ...['Emerg', 'FATAL'].map((priority): [FormatName, string, object] => [
    'falco',
    object({ rule: 'r', priority, time: T, output_fields: {} }),
    { priority },
  ]),
  [
    'tracee',
    object({ timestamp: T, name: 'e', id: 1, workload: { process: 5, container: 'c', k8s: [1] } }),
    { process: 5, container: 'c', k8s: [1] },
  ],
  [
    'otlp',
    record({ timeUnixNano: 'x', severityNumber: 'y', severityText: 5, eventName: {}, body: 'b', flags: 1 }),
    { timeUnixNano: 'x', severityNumber: 'y', severityText: 5, eventName: {}, body: 'b', flags: 1 },
  ],
  ['otlp', record({ traceId: 'x', spanId: 'y', flags: 257 }), { traceId: 'x', spanId: 'y', flags: 257 }],
  ['otlp', record({ body: { bytesValue: '%' } }), { body: { bytesValue: '%' } }],
  [
    'cloudevents',
    object({
      specversion: '1.0',
      id: '1',
      source: '/s',
      type: 't',
      time: 5,
      tracestate: 'a=b',
      data_base64: 1,
    }),
    { time: 5, tracestate: 'a=b', data_base64: 1 },
  ],
  [
    'k8s-events',
    object({
      ...{ kind: 'Event', apiVersion: 'v1', metadata: { name: '', uid: 5, namespace: 'shop', labels: 'x' } },
      ...{ involvedObject: { kind: 7, namespace: 'n', uid: 'u' }, reason: 5, message: 'm', note: 'other' },
      ...{ type: [], source: { component: 'kubelet', host: 'h', more: 1 }, count: 2, deprecatedCount: 3 },
      ...{ reportingComponent: 'x', reportingInstance: '', deprecatedLastTimestamp: T, action: 0 },
    }),
    {
      name: '',
      metadata: { uid: 5, namespace: 'shop', labels: 'x' },
      object: { kind: 7, namespace: 'n', uid: 'u' },
      reason: 5,
      note: 'other',
      type: [],
      component: 'x',
      instance: 'h',
      source: { component: 'kubelet', more: 1 },
      count: 2,
      deprecatedCount: 3,
      deprecatedLastTimestamp: T,
      action: 0,
    },
  ],
  [
    'k8s-audit',
    object({
      ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: 5, verb: {}, requestURI: 7 },
      ...{ annotations: 'a', requestReceivedTimestamp: 'x', stageTimestamp: 'y' },
    }),
    {
      ...{ auditID: 5, verb: {}, requestURI: 7 },
      ...{ annotations: 'a', requestReceivedTimestamp: 'x', stageTimestamp: 'y' },
    },
  ],
  [
    'journald',
    object({
      ...{ __CURSOR: 'c', __REALTIME_TIMESTAMP: '1795860000123456', PRIORITY: 'x', MESSAGE: '' },
      ...{ _SOURCE_REALTIME_TIMESTAMP: '1795860000123400', _PID: ['1', '2'], _UID: '-', _COMM: '' },
    }),
    {
      ...{ __REALTIME_TIMESTAMP: '1795860000123456', PRIORITY: 'x', MESSAGE: '' },
      ...{ _PID: ['1', '2'], _UID: '-', _COMM: '' },
    },
  ],
  [
    'journald',
    object({ __CURSOR: 'c', __REALTIME_TIMESTAMP: '1795860000123456', PRIORITY: '1' }),
    { PRIORITY: '1' },
  ],
  ['bpftrace', object({ type: 'printf', data: 'm', more: 1 }), { more: 1 }],
  ['bpftrace', object({ type: 'map', data: { '@a': 1 }, more: 1 }), { more: 1 }],
  ['bpftrace', object({ type: 'lost_events', data: 'five' }), { lost: 'five' }],
  [
    'bpftrace',
    object({ type: 'attached_probes', data: { probes: 1 }, probes: 2 }),
    { probes: 1, 'line.probes': 2 },
  ],
  [
    'bpftrace',
    object({ type: 'helper_error', helper: 'h', msg: {}, retcode: 'x', data: 5 }),
    { helper: 'h', msg: {}, retcode: 'x', data: 5 },
  ],
  ['auditd', 'type=KERNEL msg=audit(1795860000.123:1): initialized', { text: 'initialized' }],
  [
    'auditd',
    "type=USER_AVC msg=audit(1795860000.123:1): pid=1 uid=0 auid=5 msg='avc: denied for auid=6 uid=7 pid=8'",
    { auid: 5, text: 'avc: denied for', 'msg.auid': '6', 'msg.uid': '7', 'msg.pid': '8' },
  ],
  [
    'auditd',
    'type=USER_CMD msg=audit(1795860000.123:1): pid=x uid=y gid=-9 res=success',
    { pid: 'x', uid: 'y', gid: '-9' },
  ],
])('%s keeps what has no field: %s', (format, line, kept) => {
  const event = readOne(format, line);
  expect(event.attributes).toMatchObject(kept);
  checkForBuffer(format, [line], [event]);
});

function record(parts: object): string {
  return object({ resourceLogs: [{ scopeLogs: [{ logRecords: [parts] }] }] });
}

test('what a program says of itself is not what the kernel says of it', () => {
  const { kernel } = readOne(
    'auditd',
    'type=USER_CMD msg=audit(1795860000.123:1): pid=5 uid=1000 msg=\'pid=666 uid=0 comm="c" res=success\'',
  );
  expect(kernel).toMatchObject({ pid: 5, uid: 1000, comm: 'c' });
});

test('an inner time of Tetragon is kept beside the outer one', () => {
  const times = { time: '2026-11-28T09:59:59.999999999Z' };
  const line = object({
    process_exit: { process: { pid: 1 }, signal: 'SIGKILL', ...times },
    time: T,
    node_name: 'n',
  });
  const event = readOne('tetragon', line);
  expect(event.timestamp).toBe(BigInt(Date.parse(T)) * 1_000_000n);
  expect(event.attributes).toMatchObject({ time: T, 'process_exit.time': times.time, signal: 'SIGKILL' });
  const clash = object({
    process_exit: { process: { pid: 1 }, node_name: 'inner' },
    node_name: 'outer',
    time: T,
  });
  expect(readOne('tetragon', clash).attributes).toMatchObject({
    node_name: 'outer',
    'process_exit.node_name': 'inner',
  });
});

test.each([
  ['pino', object({ level: '', msg: 'm' })],
  ['logfmt', 'level= msg=m'],
] as const)('a line of %s with no usable level has no application', (format, line) => {
  expect(readOne(format, line).application).toBeUndefined();
});

test.each<[FormatName, string]>([
  ['tetragon', object({ process_exec: { process: {} } })],
  ['falco', object({ rule: 'r', priority: 'Odd', time: T, output_fields: {} })],
  ['tracee', object({ eventName: 'e', processName: '' })],
  ['tracee', object({ name: 'e', id: null, workload: { process: { thread: {} }, k8s: {} } })],
  ['otlp', record({ attributes: [] })],
  ['cloudevents', object({ specversion: '1.0', id: '1', source: 's', type: 't' })],
  ['k8s-events', object({ kind: 'Event', apiVersion: 'v1', metadata: {}, involvedObject: {}, source: {} })],
  ['k8s-audit', object({ kind: 'Event', apiVersion: 'audit.k8s.io/v1' })],
  ['pino', object({ level: '', msg: '' })],
  ['journald', object({ __CURSOR: 'c', __REALTIME_TIMESTAMP: '1795860000123456' })],
  ['bpftrace', object({ type: 'printf', data: '' })],
  ['auditd', 'type=KERNEL msg=audit(1795860000.123:1): '],
  ['logfmt', 'level= msg='],
])('a line of %s that says nothing has no empty section: %s', (format, line) => {
  const sections = Object.entries(readOne(format, line)).filter(([, value]) => typeof value === 'object');
  for (const [name, section] of sections)
    expect([name, Object.values(section as object).some(isTold)]).toEqual([name, true]);
});

function isTold(value: unknown): boolean {
  return value !== undefined;
}

test('an audit record with nothing usable has neither network nor application', () => {
  const { network, application } = readOne(
    'k8s-audit',
    object({ kind: 'Event', apiVersion: 'audit.k8s.io/v1' }),
  );
  expect({ network, application }).toEqual({ network: undefined, application: undefined });
});

test('a group alone is a field, too', () => {
  const line = object({ __CURSOR: 'c', __REALTIME_TIMESTAMP: '1795860000123456', _GID: '7' });
  expect(readOne('journald', line).kernel).toMatchObject({ gid: 7 });
});

/** Every text and number in a value, with the keys that lead to it. */
function leaves(value: unknown, path: string[] = []): [path: string, leaf: string][] {
  if (typeof value !== 'object' || value === null) return [[path.join('.'), String(value)]];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
}

test(`random values under the keys of loggers are in a field or in the attributes (seed ${seed})`, () => {
  const random = randomness(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)];
  let number = 0;
  // Each is another, so that it is found again wherever it went.
  const value = (): unknown =>
    pick<() => unknown>([
      () => `text ${number++}`,
      () => 1_000_000 + number++,
      () => [`item ${number++}`],
      () => ({ key: `value ${number++}` }),
    ])();
  const some = (keys: readonly string[]): object =>
    Object.fromEntries(keys.filter(() => random() < 0.4).map((key) => [key, value()]));
  const names = ['hostname', 'name', 'pid', 'v', 'reqId', 'requestId', 'req_id', 'ts', 'timestamp', 'msg'];
  const reader = createFormatReader('pino');
  for (let run = 0; run < 2000; run++) {
    const parts = some([...names, 'message', 'responseTime', 'trace_id', 'span_id', 'trace_flags', 'x']);
    const nested = {
      err: pick([value, () => some(['type', 'stack', 'code', 'name', 'message'])])(),
      req: pick([value, () => some(['id', 'method', 'url', 'remoteAddress', 'remotePort', 'more'])])(),
      res: pick([value, () => some(['statusCode', 'more'])])(),
    };
    // bunyan's keys would make it a line of bunyan; latencies and times change their form.
    const line = { level: 30, ...parts, ...some(['error']), ...nested };
    const [event] = reader.push(object(line));
    const found = new Set(leaves({ ...event, timestamp: Number(event.timestamp) }).map(([, leaf]) => leaf));
    for (const [path, leaf] of leaves(line)) {
      if (path === 'level') continue;
      if (path === 'responseTime' && event.network?.latencyNs === Number(leaf) * 1e6) continue;
      if (/^(?:ts|timestamp)$/.test(path) && Number(event.timestamp) === Number(leaf) * 1e9) continue;
      expect({ line: object(line), path, found: found.has(leaf) }).toEqual({
        line: object(line),
        path,
        found: true,
      });
    }
  }
});
