import { read, readOne, rewritten, samples } from './reading';

const lines = samples('tetragon.ndjson');
const process = {
  exec_id: 'bm9kZS1hOjE6MTAw',
  pid: 100,
  uid: 1000,
  cwd: '/',
  binary: '/usr/bin/nc',
  start_time: '2026-11-28T10:00:00Z',
  auid: 4294967295,
  tid: 101,
};
const line = (kind: string, body: object, rest: object = {}): string =>
  JSON.stringify({
    [kind]: { process, ...body },
    node_name: 'node-a',
    time: '2026-11-28T10:00:00.700326678Z',
    ...rest,
  });

describe.each([
  ['as they come', (text: string) => text],
  ['with other spaces and another order of keys', rewritten],
])('the samples %s', (_, form) => {
  test('an exec has its process, pod and parent', () => {
    expect(readOne('tetragon', form(lines[0]))).toMatchObject({
      timestamp: 1795860000700326678n,
      type: 'process_exec',
      source: 'tetragon',
      kernel: { pid: 29681, tid: 29681, uid: 0, comm: 'curl' },
      entity: {
        type: 'pod',
        name: 'cart-7d9f-x2',
        namespace: 'shop',
        uid: '0f6c1c2e-0000-4000-8000-000000000001',
        labels: { app: 'cart' },
      },
      attributes: {
        node_name: 'node-a',
        parent: { pid: 29600, binary: '/bin/bash' },
        process: { arguments: '-s "http://x.example/a b"', auid: 4294967295, cwd: '/' },
      },
    });
  });

  test('an exit without a status returned 0', () => {
    const event = readOne('tetragon', form(lines[1]));
    expect(event).toMatchObject({
      timestamp: 1795860001500000000n,
      type: 'process_exit',
      kernel: { pid: 9621, uid: 1000, comm: 'sleep', returnCode: 0 },
      entity: { type: 'host', name: 'node-a' },
    });
    expect(event.attributes).not.toHaveProperty('parent');
  });

  test('an exit by a signal has its status, signal and cluster', () => {
    expect(readOne('tetragon', form(lines[2]))).toMatchObject({
      timestamp: 1795860002000000000n,
      kernel: { returnCode: 137 },
      attributes: { signal: 'SIGKILL', node_labels: { zone: 'a' } },
      kubernetes: { clusterName: 'c1' },
    });
  });

  test('dropped events are a warning, their number exact', () => {
    expect(readOne('tetragon', form(lines[3]))).toMatchObject({
      timestamp: 1795860005120000000n,
      type: 'rate_limit_info',
      severity: 'warning',
      entity: { type: 'host', name: 'node-a' },
      attributes: { number_of_dropped_process_events: '9007199254740993' },
    });
  });
});

test('a probe of a system call has its name, arguments and result', () => {
  const event = readOne(
    'tetragon',
    line('process_kprobe', {
      function_name: '__x64_sys_openat',
      args: [
        { int_arg: 0 },
        { file_arg: { mount: '/', path: '/etc/shadow' }, label: 'path' },
        { size_arg: '18446744073709551615' },
      ],
      return: { int_arg: -13 },
      policy_name: 'files',
      message: 'a file was opened',
      tags: ['observability.filesystem'],
      action: 'KPROBE_ACTION_POST',
    }),
  );
  expect(event).toMatchObject({
    message: 'a file was opened',
    tags: ['observability.filesystem'],
    kernel: {
      syscall: 'openat',
      returnCode: -13,
      args: { 0: '0', path: '/etc/shadow', 2: '18446744073709551615' },
    },
    attributes: { policy_name: 'files', action: 'KPROBE_ACTION_POST' },
  });
  expect(event.kernel?.args).not.toHaveProperty('function');
});

test.each([
  [
    'sock_arg',
    {
      family: 'AF_INET',
      protocol: 'IPPROTO_TCP',
      saddr: '10.0.0.5',
      daddr: '192.0.2.9',
      sport: 40000,
      dport: 443,
    },
    { protocol: 'tcp', sourceIP: '10.0.0.5', sourcePort: 40000, destIP: '192.0.2.9', destPort: 443 },
  ],
  [
    'skb_arg',
    { protocol: 'IPPROTO_UDP', saddr: '10.0.0.5', daddr: '192.0.2.9', dport: 53 },
    { protocol: 'udp', sourceIP: '10.0.0.5', destIP: '192.0.2.9', destPort: 53 },
  ],
  [
    'sockaddr_arg',
    { family: 'AF_INET', addr: '192.0.2.9', port: 443 },
    { destIP: '192.0.2.9', destPort: 443 },
  ],
])('%s tells a connection, a port of 0 is absent', (type, value, network) => {
  const event = readOne(
    'tetragon',
    line('process_kprobe', { function_name: 'tcp_connect', args: [{ [type]: value }] }),
  );
  expect(event.network).toEqual(expect.objectContaining(network));
  expect(event.kernel?.args?.function).toBe('tcp_connect');
  expect(event.kernel?.syscall).toBeUndefined();
});

test('a result that is an address is an argument, not a return code', () => {
  const { kernel } = readOne(
    'tetragon',
    line('process_kprobe', { function_name: '__arm64_sys_mmap', return: { long_arg: '140235114496000' } }),
  );
  expect(kernel).toMatchObject({ syscall: 'mmap', args: { return: '140235114496000' } });
  expect(kernel?.returnCode).toBeUndefined();
});

test('a client with plain protojson is understood, labels stay as they are', () => {
  const camel =
    '{"processExec": {"process": {"execId": "x", "pid": 7, "uid": 0, "binary": "/bin/sh", "startTime": "2026-11-28T10:00:00Z", ' +
    '"pod": {"namespace": "shop", "name": "p", "podLabels": {"appName": "cart"}}, "parentExecId": "y", "tid": 8}}, ' +
    '"nodeName": "node-a", "time": "2026-11-28T10:00:00Z"}';
  expect(readOne('tetragon', camel)).toMatchObject({
    type: 'process_exec',
    timestamp: 1795860000000000000n,
    kernel: { pid: 7, tid: 8, comm: 'sh' },
    entity: { type: 'pod', name: 'p', labels: { appName: 'cart' } },
    attributes: { process: { exec_id: 'x', parent_exec_id: 'y' }, node_name: 'node-a' },
  });
});

test('a container outside Kubernetes is the entity', () => {
  const event = readOne(
    'tetragon',
    line('process_exec', { process: { ...process, docker: 'aa11aa11aa11aa1' } }),
  );
  expect(event.entity).toMatchObject({ type: 'container', name: 'aa11aa11aa11', uid: 'aa11aa11aa11aa1' });
});

test('an empty parent stays one, and a binary of Windows has a name', () => {
  const event = readOne(
    'tetragon',
    line('process_exec', { parent: {}, process: { ...process, binary: 'C:\\Windows\\cmd.exe' } }),
  );
  expect(event.attributes?.parent).toEqual({});
  expect(event.kernel?.comm).toBe('cmd.exe');
});

test.each([
  ['2026-11-28T10:00:00Z', 1795860000000000000n],
  ['2026-11-28T10:00:00.123Z', 1795860000123000000n],
  ['2026-11-28T10:00:00.123456Z', 1795860000123456000n],
  ['2026-11-28T10:00:00.000000001Z', 1795860000000000001n],
])('the time %s is exact', (time, timestamp) => {
  expect(readOne('tetragon', line('process_exec', {}, { time })).timestamp).toBe(timestamp);
});

test('what is no event of Tetragon is skipped with a reason', () => {
  expect(read('tetragon', ['{"time":"2026-11-28T10:00:00Z"}', 'text', '{"process_exec":7}']).skips).toEqual([
    [1, 'tetragon: none of the keys that name an event'],
    [2, 'no JSON: "text"'],
    [3, 'tetragon: none of the keys that name an event'],
  ]);
});

test('a tracepoint of all system calls is none of them', () => {
  const body = {
    process: { pid: 1 },
    subsys: 'raw_syscalls',
    event: 'sys_enter',
    args: [{ long_arg: '59' }],
  };
  const { kernel, attributes } = readOne(
    'tetragon',
    JSON.stringify({ process_tracepoint: body, node_name: 'n', time: '2026-11-28T10:00:00Z' }),
  );
  expect(kernel?.syscall).toBeUndefined();
  expect(kernel?.args).toEqual({ 0: '59' });
  expect(attributes).toMatchObject({ subsys: 'raw_syscalls', event: 'sys_enter' });
});
