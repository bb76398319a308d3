import { readOne, rewritten, samples } from './reading';

const lines = samples('tracee.ndjson');
const flat = JSON.parse(lines[1]) as Record<string, unknown>;
const changed = (changes: object): string =>
  JSON.stringify({ ...flat, timestamp: 0, threadStartTime: 0, ...changes }).replace(
    '"timestamp":0',
    '"timestamp":1795860000123456789',
  );

describe.each([
  ['as they come', (text: string) => text],
  ['with other spaces and another order of keys', rewritten],
])('the samples %s', (_, form) => {
  test('a system call has its exact time, the host numbers of its process, and its arguments', () => {
    expect(readOne('tracee', form(lines[0]))).toMatchObject({
      timestamp: 1795860000123456789n,
      type: 'openat',
      source: 'tracee',
      kernel: {
        pid: 30007,
        tid: 30008,
        uid: 1000,
        comm: 'node',
        syscall: 'openat',
        returnCode: -13,
        cpuCore: 1,
        args: { dirfd: '-100', pathname: '/etc/shadow', flags: 'O_RDONLY', mode: '0' },
      },
      entity: {
        type: 'pod',
        name: 'cart-7d9f-x2',
        namespace: 'shop',
        uid: '0f6c1c2e-0000-4000-8000-000000000001',
      },
      attributes: {
        processId: 7,
        threadId: 8,
        threadStartTime: '1795859990000000001',
        matchedPolicies: ['default'],
      },
    });
  });

  test('a connection has its address, the port out of text', () => {
    expect(readOne('tracee', form(lines[1]))).toMatchObject({
      network: { destIP: '192.0.2.9', destPort: 443 },
      kernel: { returnCode: -115, args: { sockfd: '20' } },
    });
  });

  test.each([2, 3])('a finding has its severity and name, in both formats (line %i)', (index) => {
    expect(readOne('tracee', form(lines[index]))).toMatchObject({
      type: 'anti_debugging',
      severity: 'low',
      message: 'Anti-Debugging detected',
      kernel: { pid: 30007, tid: 30008, comm: 'node' },
    });
  });
});

test('the nested format is read in all its parts', () => {
  const line =
    '{"timestamp":"2026-11-28T10:00:05.5Z","id":43,"name":"connect","policies":{"matched":["p"]},"workload":{"process":{"executable":{"path":"/usr/bin/nc"},' +
    '"unique_id":7,"host_pid":30007,"pid":7,"real_user":{"id":1000},"thread":{"start_time":"2026-11-28T10:00:00Z","name":"nc","unique_id":8,"host_tid":30008,' +
    '"tid":8,"syscall":"connect"},"ancestors":[{"host_pid":1}]},"container":{"id":"aa11","name":"cart","started":true},"k8s":{"pod":{"name":"p","uid":"u","labels":{"app":"x"}},' +
    '"namespace":{"name":"shop"}}},"data":[{"name":"sockfd","int32":20},{"name":"addr","sockaddr":{"sa_family":2,"sin_addr":"192.0.2.9","sin_port":443}},' +
    '{"name":"cookie","u_int64":"18446744073709551615"},{"name":"size","value":18446744073709551615},{"name":"returnValue","int64":"-115"}]}';
  for (const form of [line, rewritten(line)]) {
    const event = readOne('tracee', form);
    expect(event).toMatchObject({
      timestamp: 1795860005500000000n,
      type: 'connect',
      kernel: {
        pid: 30007,
        tid: 30008,
        uid: 1000,
        comm: 'nc',
        syscall: 'connect',
        returnCode: -115,
        args: { sockfd: '20', cookie: '18446744073709551615', size: '18446744073709551615' },
      },
      network: { destIP: '192.0.2.9', destPort: 443 },
      entity: { type: 'pod', name: 'p', namespace: 'shop', uid: 'u', labels: { app: 'x' } },
      attributes: { policies: { matched: ['p'] }, process: { pid: 7, executable: { path: '/usr/bin/nc' } } },
    });
    expect(event.severity).toBeUndefined();
    expect(event.kernel?.args).not.toHaveProperty('returnValue');
  }
});

const nested = (parts: object): string =>
  JSON.stringify({ timestamp: '2026-11-28T10:00:05Z', id: 1, name: 'e', workload: {}, ...parts });

test.each([
  [[{ name: 'a', type: 'int', value: 5 }], { a: '5' }],
  [[{ name: 'a', int32: 5, more: { x: 1 } }], undefined],
  [[{ name: 'a', value: 5, more: null }], { a: '5' }],
  [
    [
      { name: 'a', value: 5 },
      { name: 'a', value: 6 },
    ],
    { a: '6' },
  ],
  [
    [
      { name: 'return', value: 5 },
      { name: 'returnValue', value: 2 ** 40 },
    ],
    { return: String(2 ** 40) },
  ],
  [
    [
      { name: 'returnValue', value: 1 },
      { name: 'returnValue', value: 2 },
    ],
    undefined,
  ],
  [[{ name: 'a' }], undefined],
  [[{ name: 'a', value: 5 }, 7], { a: '5' }],
])('data of which the arguments do not tell all stays: %j', (data, args) => {
  for (const form of [nested({ data }), rewritten(nested({ data }))]) {
    const event = readOne('tracee', form);
    expect(event.attributes).toEqual({ id: 1, data });
    if (args !== undefined) expect(event.kernel?.args).toEqual(args);
  }
});

test('data that the arguments tell is not told twice', () => {
  const data = [
    { name: 'a', value: '' },
    { name: 'b', int32: 5 },
    { name: 'c', value: null },
    { name: 'returnValue', value: 2 ** 40 },
  ];
  const { kernel, attributes } = readOne('tracee', nested({ data }));
  expect(kernel).toEqual({ args: { a: '', b: '5', return: String(2 ** 40) } });
  expect(attributes).toEqual({ id: 1 });
});

test('of a line with the keys of both formats nothing is lost, and both ways to read it agree', () => {
  const both = {
    ...flat,
    timestamp: '2026-11-28T10:00:05Z',
    name: 'n',
    id: 1,
    workload: { process: { pid: 7 } },
  };
  for (const form of [JSON.stringify(both), rewritten(JSON.stringify(both))])
    expect(readOne('tracee', form)).toMatchObject({ type: flat.eventName, attributes: both });
  const mostly = { eventName: 'other', args: [1], processorId: 3, workload: { process: { host_pid: 7 } } };
  expect(readOne('tracee', nested(mostly))).toMatchObject({
    type: 'e',
    kernel: { pid: 7 },
    attributes: { id: 1, eventName: 'other', args: [1], processorId: 3 },
  });
});

test.each(['{"eventName":"a","processName":""}', '{"name":"a","id":null,"workload":{}}'])(
  'a line that says nothing of a process has no kernel section: %s',
  (line) => {
    const { kernel, attributes } = readOne('tracee', line);
    expect(kernel).toBeUndefined();
    if (!line.includes('eventName')) expect(attributes).toBeUndefined();
  },
);

test('an address that was returned is an argument, not a return code', () => {
  const { kernel } = readOne(
    'tracee',
    changed({ eventName: 'mmap', syscall: 'mmap', returnValue: 140235114496000 }),
  );
  expect(kernel?.args?.return).toBe('140235114496000');
  expect(kernel?.returnCode).toBeUndefined();
});

test('without a pod it is the container, without that the host', () => {
  expect(readOne('tracee', changed({ kubernetes: {} })).entity).toMatchObject({
    type: 'container',
    name: 'cart',
    uid: 'aa11',
  });
  expect(readOne('tracee', changed({ kubernetes: {}, container: {}, containerId: '' })).entity).toMatchObject(
    {
      type: 'host',
      name: 'cart-7d9f-x2',
    },
  );
});

test('old lines with the pod at the top, and numbers of a stack', () => {
  const event = readOne(
    'tracee',
    changed({
      kubernetes: undefined,
      podName: 'p',
      podNamespace: 'n',
      podUID: 'u',
      stackAddresses: [94027302812345, 18446744073709551615n.toString()],
    }),
  );
  expect(event.entity).toMatchObject({ type: 'pod', name: 'p', namespace: 'n', uid: 'u' });
  expect(event.kernel?.stackTrace).toEqual(['94027302812345', '18446744073709551615']);
  expect(readOne('tracee', changed({ stackAddresses: [0] })).kernel?.stackTrace).toBeUndefined();
});

test.each([
  [0, 'info'],
  [1, 'low'],
  [2, 'medium'],
  [3, 'high'],
  [4, 'critical'],
  [5, undefined],
  ['HIGH', 'high'],
  ['odd', undefined],
])('a severity of %p is %s', (level, severity) => {
  expect(readOne('tracee', changed({ metadata: { Properties: { Severity: level } } })).severity).toBe(
    severity,
  );
  const threat = {
    timestamp: '2026-11-28T10:00:05Z',
    name: 'e',
    id: 1,
    workload: {},
    threat: { severity: level },
  };
  expect(readOne('tracee', JSON.stringify(threat)).severity).toBe(severity);
});

test('an argument that binds is the source', () => {
  const event = readOne(
    'tracee',
    changed({
      eventName: 'bind',
      syscall: 'bind',
      args: [
        {
          name: 'addr',
          type: 'struct sockaddr*',
          value: { sa_family: 'AF_INET6', sin6_addr: '::1', sin6_port: '80' },
        },
      ],
    }),
  );
  expect(event.network).toEqual({ sourceIP: '::1', sourcePort: 80 });
});
