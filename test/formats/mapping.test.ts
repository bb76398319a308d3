/** Severity, entity, container, host and trace context mean the same in every format: one table. A new format gets its rows here. */
import {
  getEntityId,
  getSeverity,
  PriorityBuffer,
  type Severity,
  type UnifiedEvent,
} from '@tapio/performance';
import { Correlator } from '@tapio/performance/correlation';
import type { FormatName } from '@tapio/performance/formats';
import { readOne } from './reading';

const T = '2026-11-28T10:00:00Z';

/** A line of each format with these parts. */
const lines: { [name in FormatName]?: (parts: object) => object | string } = {
  journald: (parts) => ({
    __CURSOR: 'c',
    __REALTIME_TIMESTAMP: '1795860000123456',
    MESSAGE: 'm',
    _HOSTNAME: 'node-a',
    ...parts,
  }),
  bpftrace: (parts) => ({ type: 'printf', data: 'm', ...parts }),
  auditd: (parts) =>
    `node=node-a type=SYSCALL msg=audit(1795860000.123:1): arch=c000003e syscall=257 ${pairs({ success: 'yes', exit: 3, ...parts })} pid=7 uid=0 comm="sh"`,
  logfmt: (parts) => pairs({ time: T, level: 'info', msg: 'm', hostname: 'node-a', ...parts }),
  tetragon: (parts) => ({
    process_exec: { process: { pid: 7, uid: 0, binary: '/bin/sh', tid: 7, ...parts } },
    node_name: 'node-a',
    time: T,
  }),
  falco: (parts) => ({
    rule: 'r',
    priority: 'Notice',
    source: 'syscall',
    time: T,
    hostname: 'node-a',
    output_fields: {},
    ...parts,
  }),
  tracee: (parts) => ({
    timestamp: 1,
    eventName: 'e',
    processName: 'sh',
    hostProcessId: 7,
    hostName: 'node-a',
    ...parts,
  }),
  otlp: (parts) => ({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'host.name', value: { stringValue: 'node-a' } }] },
        scopeLogs: [{ logRecords: [parts] }],
      },
    ],
  }),
  cloudevents: (parts) => ({ specversion: '1.0', id: '1', source: '/s', type: 't', ...parts }),
  'k8s-events': (parts) => ({ kind: 'Event', apiVersion: 'v1', metadata: {}, involvedObject: {}, ...parts }),
  'k8s-audit': (parts) => ({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: 'a',
    stage: 'ResponseComplete',
    ...parts,
  }),
  pino: (parts) => ({ level: 30, time: 1795860000123, hostname: 'node-a', msg: 'm', ...parts }),
  bunyan: (parts) => ({
    name: 'n',
    hostname: 'node-a',
    pid: 7,
    level: 30,
    msg: 'm',
    time: T,
    v: 0,
    ...parts,
  }),
};

function pairs(values: object): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function event(format: FormatName, parts: object): UnifiedEvent {
  const line = lines[format]!(parts);
  return readOne(format, typeof line === 'string' ? line : JSON.stringify(line));
}

const otlpResource = (pairs: Record<string, string>): object => ({
  resourceLogs: [
    {
      resource: {
        attributes: Object.entries(pairs).map(([key, stringValue]) => ({ key, value: { stringValue } })),
      },
      scopeLogs: [{ logRecords: [{}] }],
    },
  ],
});

test.each<[FormatName, object, Severity | undefined]>([
  ['tetragon', {}, undefined],
  ...(['Emergency', 'Alert', 'Critical'] as const).map((priority): [FormatName, object, Severity] => [
    'falco',
    { priority },
    'critical',
  ]),
  ['falco', { priority: 'Error' }, 'error'],
  ['falco', { priority: 'Warning' }, 'warning'],
  ['falco', { priority: 'Notice' }, 'low'],
  ['falco', { priority: 'Informational' }, 'info'],
  ['falco', { priority: 'Debug' }, 'debug'],
  ['falco', { priority: 'Other' }, undefined],
  ['tracee', { metadata: { Properties: { Severity: 3 } } }, 'high'],
  ['otlp', { severityNumber: 18 }, 'error'],
  ['cloudevents', {}, undefined],
  ['k8s-events', { type: 'Warning' }, 'warning'],
  ['k8s-events', { type: 'Normal' }, 'info'],
  ['k8s-audit', { responseStatus: { code: 500 } }, 'error'],
  ['pino', { level: 60 }, 'critical'],
  ['pino', { level: 'fatal' }, 'critical'],
  ['pino', { level: 'notice' }, 'low'],
  ['bunyan', { level: 50 }, 'error'],
  ['journald', { PRIORITY: '0' }, 'critical'],
  ['journald', { PRIORITY: '3' }, 'error'],
  ['journald', { PRIORITY: '5' }, 'low'],
  ['auditd', {}, 'info'],
  ['auditd', { success: 'no', exit: -13 }, 'warning'],
  ['bpftrace', {}, 'info'],
  ['bpftrace', { type: 'lost_events', data: { events: 3 } }, 'warning'],
  ['logfmt', { level: 'warn' }, 'warning'],
  ['logfmt', { level: 'FATAL' }, 'critical'],
])('severity: %s %j is %s, and is what getSeverity and priorities see', (format, parts, severity) => {
  const read = event(format, parts);
  expect(read.severity).toBe(severity);
  if (severity === undefined) return;
  expect(getSeverity(read)).toBe(severity);
  const buffer = new PriorityBuffer({});
  buffer.tryPut(read);
  const level =
    { critical: 'critical', error: 'high', high: 'high', warning: 'normal', medium: 'normal' }[
      severity as string
    ] ?? 'low';
  expect(buffer.getStats()[level as 'low'].size).toBe(1);
  buffer.close();
});

const pod = { type: 'pod', name: 'p', namespace: 'shop', uid: 'u' };

test.each<[FormatName, object | string]>([
  ['tetragon', lines.tetragon!({ pod: { name: 'p', namespace: 'shop', uid: 'u' } })],
  [
    'falco',
    lines.falco!({
      output_fields: {
        'k8s.pod.name': 'p',
        'k8s.ns.name': 'shop',
        'k8s.pod.uid': 'u',
        'container.id': 'aa11',
      },
    }),
  ],
  [
    'tracee',
    lines.tracee!({
      kubernetes: { podName: 'p', podNamespace: 'shop', podUID: 'u' },
      container: { id: 'aa11' },
    }),
  ],
  [
    'otlp',
    otlpResource({
      'k8s.pod.name': 'p',
      'k8s.namespace.name': 'shop',
      'k8s.pod.uid': 'u',
      'container.id': 'aa11',
    }),
  ],
  [
    'k8s-events',
    lines['k8s-events']!({ involvedObject: { kind: 'Pod', name: 'p', namespace: 'shop', uid: 'u' } }),
  ],
])('entity: a pod of %s is one and the same', (format, line) => {
  const read = readOne(format, JSON.stringify(line));
  expect(read.entity).toMatchObject(pod);
  expect(getEntityId(read)).toBe('u');
});

const id = 'aa11aa11aa11aa11aa11';

test.each<[FormatName, object | string]>([
  ['tetragon', lines.tetragon!({ docker: id })],
  ['falco', lines.falco!({ output_fields: { 'container.id': id } })],
  ['tracee', lines.tracee!({ container: { id } })],
  ['otlp', otlpResource({ 'container.id': id })],
  ['journald', lines.journald!({ CONTAINER_ID_FULL: id, CONTAINER_NAME: id.slice(0, 12) })],
])('entity: a container of %s has its id, and its first 12 digits as the name', (format, line) => {
  const { entity } = readOne(format, JSON.stringify(line));
  expect(entity).toMatchObject({ type: 'container', name: id.slice(0, 12), uid: id });
});

test.each<FormatName>([
  ...(['tetragon', 'falco', 'tracee', 'otlp', 'pino', 'bunyan', 'journald', 'auditd', 'logfmt'] as const),
])('entity: the host of %s', (format) => {
  expect(event(format, {}).entity).toEqual({ type: 'host', name: 'node-a' });
});

const traceId = '5b8efff798038103d269b633813fc60c';
const spanId = 'eee19b7ec3c1b174';

test.each<[FormatName, object]>([
  ['otlp', { traceId: traceId.toUpperCase(), spanId: spanId.toUpperCase(), flags: 1 }],
  ['cloudevents', { traceparent: `00-${traceId}-${spanId}-01` }],
  ['pino', { trace_id: traceId, span_id: spanId, trace_flags: '01' }],
  ['bunyan', { trace_id: traceId, span_id: spanId, trace_flags: '01' }],
  ['logfmt', { trace_id: traceId, span_id: spanId, trace_flags: '01' }],
])('trace context: of %s it is W3C’s, in lower case', (format, parts) => {
  expect(event(format, parts).traceContext).toEqual({ traceId, spanId, sampled: true });
});

test('correlation: a process that starts, connects and fails is one chain, whoever has seen it', () => {
  const at = (second: number): string => `2026-11-28T10:00:0${second}Z`;
  const entity = { pod: { name: 'p', namespace: 'shop', uid: 'u' } };
  const chains = new Correlator();
  const steps = [
    { process_exec: { process: { pid: 7, binary: '/bin/nc', ...entity } }, time: at(1) },
    {
      process_kprobe: {
        process: { pid: 7, binary: '/bin/nc', ...entity },
        function_name: '__x64_sys_connect',
        return: { int_arg: -111 },
      },
      time: at(2),
    },
  ];
  const found = steps.flatMap((step) => chains.observe(readOne('tetragon', JSON.stringify(step))));
  expect(found).toMatchObject([{ type: expect.stringContaining('correlation') as string }]);
  const read = readOne(
    'falco',
    JSON.stringify({
      ...(lines.falco!({
        output_fields: { 'evt.type': 'execve', 'evt.rawres': 0, 'proc.pid': 7 },
      }) as object),
    }),
  );
  expect(read.kernel).toMatchObject({ syscall: 'execve', returnCode: 0, pid: 7 });
});
