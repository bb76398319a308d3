import { read, readOne, rewritten, samples } from './reading';

const sample = samples('journald.ndjson');
const entry = (fields: object): string =>
  JSON.stringify({ __CURSOR: 's=1', __REALTIME_TIMESTAMP: '1795860000123457', ...fields });

test('an entry of a unit', () => {
  expect(readOne('journald', sample[0])).toMatchObject({
    id: 's=799c10759e79456eb6cb8aa6c57a187e;i=1;b=0123456789abcdef0123456789abcdef;m=f4241;t=661533d5faa40;x=81dda8f803620a41',
    timestamp: 1795860000123400000n,
    type: 'log',
    source: 'journald',
    severity: 'info',
    message: 'Accepted publickey for dev',
    application: { logger: 'sshd' },
    kernel: { pid: 412, uid: 0, gid: 0, comm: 'sshd' },
    entity: { type: 'unit', name: 'ssh.service' },
    attributes: { _TRANSPORT: 'syslog', SYSLOG_FACILITY: '10', _HOSTNAME: 'h1' },
  });
});

test('a message with control characters comes as bytes and is text', () => {
  expect(readOne('journald', sample[1])).toMatchObject({
    severity: 'error',
    timestamp: 1795860000123458000n,
    message: 'esc \u001b[31mred\u001b[0m',
    entity: { type: 'host', name: 'h1' },
  });
});

test('a field that was set several times keeps its values', () => {
  const event = readOne('journald', sample[2]);
  expect(event.severity).toBe('low');
  expect(event.message!.split('\n')).toHaveLength(2);
  expect(event.attributes).toMatchObject({ TAG: ['a', [255], null] });
});

test('an entry of a container', () => {
  expect(readOne('journald', sample[3])).toMatchObject({
    entity: { type: 'container', name: 'cart', uid: `${'aa11'.repeat(16)}` },
    message: '{"level":30,"time":1795860000999,"msg":"inner"}',
  });
});

test('the order of keys says nothing', () => {
  for (const line of sample) expect(readOne('journald', rewritten(line))).toEqual(readOne('journald', line));
});

test('the first of several values counts for a field that has one', () => {
  expect(
    readOne(
      'journald',
      entry({
        PRIORITY: ['3', '6'],
        MESSAGE: [[255, 27], 'second'],
        SYSLOG_IDENTIFIER: ['a', 'b'],
        _PID: ['7'],
      }),
    ),
  ).toMatchObject({
    severity: 'error',
    message: '\ufffd\u001b',
    application: { logger: 'a' },
    kernel: { pid: 7 },
  });
});

test('a message of bytes that are no text is there as bytes, too', () => {
  const event = readOne('journald', entry({ MESSAGE: [0, 255, 10] }));
  expect(event).toMatchObject({ message: '\u0000\ufffd\n', rawData: new Uint8Array([0, 255, 10]) });
  expect(readOne('journald', entry({ MESSAGE: [65, 27] })).rawData).toBeUndefined();
});

test('a value that was left out for its length, and a message that there is not', () => {
  const event = readOne('journald', entry({ MESSAGE: null, _EXE: null, A: 'b' }));
  expect(event.message).toBeUndefined();
  expect(event.attributes).toEqual({ A: 'b' });
  expect(readOne('journald', entry({})).severity).toBeUndefined();
});

test.each([
  [{ PRIORITY: '0' }, 'critical'],
  [{ PRIORITY: '2' }, 'critical'],
  [{ PRIORITY: '4' }, 'warning'],
  [{ PRIORITY: '7' }, 'debug'],
  [{ PRIORITY: '8' }, undefined],
  [{ PRIORITY: 'x' }, undefined],
])('%j is of severity %s', (fields, severity) => {
  expect(readOne('journald', entry(fields)).severity).toBe(severity);
});

test('a source time that cannot be read gives way to the one of the journal', () => {
  expect(readOne('journald', entry({ _SOURCE_REALTIME_TIMESTAMP: '0' })).timestamp).toBe(
    readOne('journald', entry({})).timestamp,
  );
  expect(readOne('journald', entry({ _SOURCE_REALTIME_TIMESTAMP: 'x' })).timestamp).toBe(
    1795860000123457000n,
  );
});

test('json-sse and json-seq', () => {
  for (const line of [`data: ${sample[0]}`, `\u001e${sample[0]}`]) {
    for (const format of ['auto', 'journald'] as const) {
      const { events, skips } = read(format, [line, '']);
      expect(skips).toEqual([]);
      expect(events).toMatchObject([{ message: 'Accepted publickey for dev' }]);
    }
  }
});
