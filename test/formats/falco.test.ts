import { expectNow, read, readOne, rewritten, samples } from './reading';

const lines = samples('falco.ndjson');
const alert = {
  hostname: 'h1',
  output: '10:00:00.000000001: Notice Something happened (user=dev)',
  output_fields: {},
  priority: 'Notice',
  rule: 'Something',
  source: 'syscall',
  tags: ['a'],
  time: '2026-11-28T10:00:00.000000001Z',
};
const line = (changes: object): string => JSON.stringify({ ...alert, ...changes });

describe.each([
  ['as they come', (text: string) => text],
  ['with other spaces and another order of keys', rewritten],
])('the samples %s', (_, form) => {
  test('an alert has its exact time, its message without prefix, and its process', () => {
    const event = readOne('falco', form(lines[0]));
    expect(event).toMatchObject({
      timestamp: 1795860000123456789n,
      type: 'Read sensitive file',
      source: 'falco',
      category: 'syscall',
      severity: 'warning',
      message: 'Sensitive file opened (user=dev file=/etc/shadow pid=1204 parent=<NA>)',
      tags: ['T1555', 'filesystem', 'maturity_stable'],
      kernel: { pid: 1204, tid: 1204, uid: 1000, comm: 'cat' },
      entity: { type: 'host', name: 'h1' },
      attributes: { 'fd.name': '/etc/shadow', 'proc.cmdline': 'cat /etc/shadow' },
    });
    // What Falco does not know.
    expect(event.attributes!['proc.aname[2]']).toBeNull();
  });

  test('an alert has its connection and the result of the call', () => {
    const event = readOne('falco', form(lines[1]));
    expect(event).toMatchObject({
      timestamp: 1795860002000000001n,
      severity: 'info',
      message: 'Outbound connection (connection=10.0.0.5:40000->192.0.2.9:443)',
      network: {
        protocol: 'tcp',
        sourceIP: '10.0.0.5',
        sourcePort: 40000,
        destIP: '192.0.2.9',
        destPort: 443,
      },
      kernel: { pid: 77, syscall: 'connect', returnCode: -115 },
    });
    expect(event.tags).toBeUndefined();
  });

  test('an alert about Falco itself keeps its counters as text', () => {
    expect(readOne('falco', form(lines[2]))).toMatchObject({
      timestamp: 1795860003500000000n,
      severity: 'debug',
      category: 'internal',
      attributes: { n_drops: '3', n_evts: '48121' },
    });
  });
});

test("Falco's own log between the alerts is skipped with a reason that shows its beginning", () => {
  const { events, skips } = read('falco', lines);
  expect(events).toHaveLength(3);
  expect(skips).toEqual([[4, 'no JSON: "Sat Nov 28 10:00:05 2026: Enabled event "... (56 characters)']]);
});

test.each(['evt.time', 'evt.time.iso8601', 'evt.datetime'])(
  'without time, %s tells it to the nanosecond',
  (key) => {
    const text = line({ time: undefined, output_fields: { [key]: 0 } }).replace(
      `"${key}":0`,
      `"${key}": 1795860000123456789`,
    );
    expect(readOne('falco', text).timestamp).toBe(1795860000123456789n);
  },
);

test('without any time it is the time of arrival', () => {
  expectNow(readOne('falco', line({ time: undefined })).timestamp);
});

test('every part that can be switched off may be absent', () => {
  const event = readOne(
    'falco',
    line({ output: undefined, output_fields: undefined, tags: undefined, hostname: undefined }),
  );
  expect(event).toMatchObject({ type: 'Something', severity: 'low' });
  for (const part of ['message', 'tags', 'entity', 'kernel', 'network', 'attributes'] as const)
    expect(event[part]).toBeUndefined();
});

test.each([
  [
    'a pod',
    { 'k8s.pod.name': 'p', 'k8s.ns.name': 'shop', 'k8s.pod.uid': 'u', 'container.id': 'aa11' },
    { type: 'pod', name: 'p', namespace: 'shop', uid: 'u' },
  ],
  [
    'a container',
    { 'container.id': 'aa11', 'container.name': 'cart' },
    { type: 'container', name: 'cart', uid: 'aa11' },
  ],
  [
    'a container without a name',
    { 'container.id': 'aa11aa11aa11', 'container.name': null },
    { type: 'container', name: 'aa11aa11aa11' },
  ],
  ['the host', { 'container.id': 'host', 'k8s.pod.name': '<NA>' }, { type: 'host', name: 'h1' }],
])('the entity is %s', (_, fields, entity) => {
  expect(readOne('falco', line({ output_fields: fields })).entity).toMatchObject(entity);
});

test('a login user of -1 is that of no login, an address no return code', () => {
  const event = readOne(
    'falco',
    line({
      output_fields: { 'user.uid': -1, 'evt.rawres': 140235114496000, 'evt.type': 'mmap', 'evt.cpu': 3 },
    }),
  );
  expect(event.kernel).toMatchObject({
    uid: 4294967295,
    syscall: 'mmap',
    cpuCore: 3,
    args: { return: '140235114496000' },
  });
  expect(event.kernel?.returnCode).toBeUndefined();
});

test('an output with a date, or without the prefix, is told', () => {
  const iso = line({ output: '2026-11-28T10:00:00.000000001+0000: Notice Something: Notice that' });
  expect(readOne('falco', iso).message).toBe('Something: Notice that');
  expect(readOne('falco', line({ output: 'see 10:00: Notice this' })).message).toBe('see 10:00: Notice this');
});

test('keys in the order of old releases are read', () => {
  const old =
    '{"output":"10:00:00.000000001: Error x","priority":"Error","rule":"R","source":"syscall","tags":[],"time":"2026-11-28T10:00:00.000000001Z", "output_fields": {"proc.pid":5}}';
  const event = readOne('falco', old);
  expect(event).toMatchObject({ severity: 'error', message: 'x', kernel: { pid: 5 } });
  expect(event.tags).toBeUndefined();
});
