import { expectNow, read, readOne, samples } from './reading';

const pino = samples('pino.ndjson');
const bunyan = samples('bunyan.ndjson');

test('a line of pino has its level, time, process and request', () => {
  expect(readOne('pino', pino[0])).toMatchObject({
    timestamp: 1795860000123000000n,
    type: 'log',
    source: 'pino',
    severity: 'info',
    message: 'hello',
    kernel: { pid: 7 },
    entity: { type: 'host', name: 'h1' },
    application: { level: 'info', requestId: 'r1' },
  });
  expect(readOne('pino', pino[0]).attributes).toBeUndefined();
});

test('an error has its type and stack', () => {
  expect(readOne('pino', pino[1])).toMatchObject({
    severity: 'error',
    message: 'boom',
    application: { errorType: 'TypeError', stackTrace: 'TypeError: boom\n    at f (/app/a.js:1:1)' },
  });
});

test('of a key that stands twice the last one counts', () => {
  const event = readOne('pino', pino[2]);
  expect(event).toMatchObject({ message: 'm', application: { level: 'x' }, attributes: { time: 't' } });
  expect(event.severity).toBeUndefined();
  expectNow(event.timestamp);
});

test('a time in seconds is one, half a pair becomes U+FFFD, a message of null is none', () => {
  const event = readOne('pino', pino[3]);
  expect(event).toMatchObject({ timestamp: 1795860000000000000n, attributes: { s: 'lone \ufffd' } });
  expect(event.message).toBeUndefined();
});

test('a line of bunyan has its name as the logger', () => {
  expect(readOne('bunyan', bunyan[0])).toMatchObject({
    timestamp: 1795860000534000000n,
    source: 'bunyan',
    severity: 'info',
    application: { logger: 'cart' },
    entity: { name: 'h1' },
  });
});

test('a second error beside the first one is kept', () => {
  const line = '{"level":50,"time":1719400000123,"err":"first","error":{"message":"second"},"msg":"m"}';
  expect(readOne('pino', line).attributes).toEqual({ err: 'first', error: { message: 'second' } });
});

test('an error of bunyan has its code', () => {
  expect(readOne('bunyan', bunyan[1])).toMatchObject({
    severity: 'error',
    application: { errorType: 'E_X', stackTrace: expect.stringContaining('/app/a.js') as string },
    attributes: { err: { code: 'E_X', name: 'Error' } },
  });
});

test('a request is a connection', () => {
  const event = readOne('bunyan', bunyan[2]);
  expect(event).toMatchObject({
    severity: 'critical',
    network: {
      method: 'GET',
      path: '/a',
      sourceIP: '192.0.2.7',
      sourcePort: 40000,
      headers: { 'x-request-id': 'r1' },
    },
    attributes: { component: 'db' },
  });
  expect(event.message).toBeUndefined();
});

test('what pino-http writes about an answer is read', () => {
  const line =
    '{"level":30,"time":1795860000123,"req":{"id":9,"method":"GET","url":"/a","query":{"q":"1"}},"res":{"statusCode":503},"responseTime":12.5,"msg":"request completed"}';
  expect(readOne('pino', line)).toMatchObject({
    application: { requestId: '9' },
    network: { method: 'GET', path: '/a', statusCode: 503, latencyNs: 12_500_000 },
    attributes: { req: { query: { q: '1' } } },
  });
});

test.each([
  ['1795860000123', 1795860000123000000n],
  ['1795860000', 1795860000000000000n],
  ['1795860000.5', 1795860000500000000n],
  ['1795860000123456', 1795860000123456000n],
  ['1795860000123456789', 1795860000123456789n],
  ['"1795860000123456789"', 1795860000123456789n],
  ['"2026-11-28T10:00:00.123456789Z"', 1795860000123456789n],
  ['"2026-11-28T10:00:00.123+05:30"', 1795840200123000000n],
  ['"2026-11-28T10:00:00.123+0530"', 1795840200123000000n],
  ['"2026-11-28T15:30:00+05"', 1795861800000000000n],
  ['"2026-11-28 10:00:00,5"', 1795860000500000000n],
  ['"2026-11-28t10:00:00z"', 1795860000000000000n],
  ['0', 0n],
])('the time %s is exact', (time, timestamp) => {
  expect(readOne('pino', `{"level":30,"time":${time},"msg":"x"}`).timestamp).toBe(timestamp);
});

test.each([
  '"0001-01-01T00:00:00Z"',
  '"2026-02-30T00:00:00Z"',
  '"2026-11-28T25:00:00Z"',
  '"12"',
  '-5',
  '1e300',
  'null',
  '{}',
  '"2026-11-28T10:00:00.Z"',
])('the time %s is none, so it is that of arrival', (time) => {
  const event = readOne('pino', `{"level":30,"time":${time},"msg":"x"}`);
  if (time === '"12"') expect(event.timestamp).toBe(12_000_000_000n);
  else expectNow(event.timestamp);
});

test.each([
  [10, 'debug', 'trace'],
  [20, 'debug', 'debug'],
  [29, 'debug', '29'],
  [30, 'info', 'info'],
  [35, 'info', '35'],
  [40, 'warning', 'warn'],
  [50, 'error', 'error'],
  [60, 'critical', 'fatal'],
  [100, 'critical', '100'],
  ['"info"', 'info', 'info'],
  ['"WARN"', 'warning', 'WARN'],
  ['"INFO+2"', 'info', 'INFO+2'],
  ['"DEBUG-4"', 'debug', 'DEBUG-4'],
  ['"constructor"', undefined, 'constructor'],
  ['"D"', 'debug', 'D'],
  ['"I"', 'info', 'I'],
  ['"W"', 'warning', 'W'],
  ['"E"', 'error', 'E'],
  ['"F"', 'critical', 'F'],
  ['"w"', 'warning', 'w'],
  ['"x"', undefined, 'x'],
  ['"40"', 'warning', '40'],
])('the level %s has the severity %s', (level, severity, name) => {
  const event = readOne('pino', `{"level":${level},"time":1795860000123,"msg":"x"}`);
  expect(event.severity).toBe(severity);
  expect(event.application?.level).toBe(name);
});

test('winston, zap and slog are read as loggers, too', () => {
  const { events, skips } = read('auto', [
    '{"message":"m","level":"warn","timestamp":"2026-11-28T10:00:00.123Z"}',
    '{"level":"error","ts":1795860000.123456,"caller":"a.go:1","msg":"m"}',
    '{"time":"2026-11-28T10:00:00.123456789Z","level":"INFO","msg":"m","n":1}',
  ]);
  expect(skips).toEqual([]);
  expect(events).toMatchObject([
    { severity: 'warning', message: 'm', timestamp: 1795860000123000000n },
    { severity: 'error', message: 'm', timestamp: 1795860000123456000n, attributes: { caller: 'a.go:1' } },
    { severity: 'info', message: 'm', timestamp: 1795860000123456789n, attributes: { n: 1 } },
  ]);
});

test('a BigInt stands bare and is kept, a number that is exact stays a number', () => {
  const line =
    '{"level":30,"time":1795860000123,"big":18446744073709551615,"list":[-9007199254740993,9007199254740991],"msg":"n: 12345678901234567890"}';
  expect(readOne('pino', line)).toMatchObject({
    message: 'n: 12345678901234567890',
    attributes: { big: '18446744073709551615', list: ['-9007199254740993', 9007199254740991] },
  });
});

test('the trace that an instrumentation adds is the event’s', () => {
  const ids = '"trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174","trace_flags":"01"';
  expect(readOne('pino', `{"level":30,"time":1795860000123,${ids},"msg":"x"}`).traceContext).toEqual({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    sampled: true,
  });
});

test.each([
  [
    { severity: 'ERROR', message: 'm', time: '2026-11-28T10:00:00Z', 'logging.googleapis.com/trace': 't' },
    'error',
  ],
  [{ severity: 'DEFAULT', message: 'm', timestamp: '2026-11-28T10:00:00Z' }, undefined],
  [
    { 'log.level': 'warn', message: 'm', '@timestamp': '2026-11-28T10:00:00Z', 'service.name': 's' },
    'warning',
  ],
  [{ lvl: 'dbug', msg: 'm', ts: '2026-11-28T10:00:00Z' }, 'debug'],
])('levels under other names: %j', (value, severity) => {
  const line = JSON.stringify(value);
  const event = readOne('pino', line);
  expect(event).toMatchObject({ message: 'm', timestamp: 1795860000000000000n });
  expect(event.severity).toBe(severity);
  const { severity: google, 'log.level': elastic, lvl } = value as Record<string, string | undefined>;
  expect(event.application).toMatchObject({ level: google ?? elastic ?? lvl });
  for (const key of ['severity', 'log.level', 'lvl'])
    expect(event.attributes ?? {}).not.toHaveProperty([key]);
});

test.each([
  [{ level: 'error' }, undefined],
  [
    { level: 'W', logger: 'db', origin: { file: 'a' } },
    { logger: 'db', origin: { file: 'a' } },
  ],
  [{ level: 'odd', more: null }, undefined],
])('the level of log as an object: %j', (log, rest) => {
  const event = readOne('pino', JSON.stringify({ '@timestamp': '2026-11-28T10:00:00Z', message: 'm', log }));
  const severities: Record<string, string> = { error: 'error', W: 'warning' };
  expect(event.severity).toBe(severities[log.level]);
  expect(event.application).toMatchObject({ level: log.level });
  expect(event.attributes).toEqual(rest && { log: rest });
});

test.each([
  { severity: 'I', log: { level: 'error' } },
  { level: 'I', log: { level: 'error' } },
  { level: 'I', log: { level: 5 } },
  { level: 'I', log: 'file' },
])('of two levels the nested one stays where it is: %j', (parts) => {
  const event = readOne('pino', JSON.stringify({ message: 'm', ...parts }));
  expect(event).toMatchObject({ severity: 'info', application: { level: 'I' } });
  expect(event.attributes).toEqual({ log: parts.log });
});

test('beside a level of null another one is taken', () => {
  const google = JSON.stringify({ level: null, severity: 'ERROR', message: 'm' });
  const event = readOne('pino', google);
  expect(event).toMatchObject({ severity: 'error', application: { level: 'ERROR' } });
  expect(event.attributes).toBeUndefined();
  const parts = { v: 0, name: 'n', hostname: 'h', pid: 7, msg: 'm', time: '2026-11-28T10:00:00Z' };
  expect(readOne('bunyan', JSON.stringify({ ...parts, level: null, severity: 'ERROR' }))).toMatchObject({
    severity: 'error',
    attributes: undefined,
  });
});

test('an event of ours behind such lines is one of ours', () => {
  const ours =
    '{"id":"i","timestamp":"2026-11-28T10:00:00Z","type":"t","source":"s","severity":"low","message":"m"}';
  const google = '{"severity":"ERROR","message":"m","time":"2026-11-28T10:00:00Z"}';
  expect(read('auto', [google, ours, google]).events.map(({ source }) => source)).toEqual([
    'pino',
    's',
    'pino',
  ]);
});
