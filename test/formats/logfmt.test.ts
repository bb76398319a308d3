import { expectNow, read, readOne, samples } from './reading';

const sample = samples('logfmt.log');

test('the samples', () => {
  expect(readOne('logfmt', sample[0])).toMatchObject({
    timestamp: 1795860000123456789n,
    type: 'log',
    source: 'logfmt',
    severity: 'info',
    message: 'hi there',
    kernel: { pid: 7 },
    attributes: { ok: true, n: '007' },
  });
  expect(readOne('logfmt', sample[1])).toMatchObject({
    timestamp: BigInt(Date.parse('2026-11-28T04:30:00Z')) * 1_000_000n,
    severity: 'warning',
    message: 'single',
    attributes: { empty: '', b: '' },
  });
  expect(readOne('logfmt', sample[2])).toMatchObject({
    timestamp: 1795860000000000000n,
    severity: 'warning',
    message: 'a=b=c',
  });
});

test.each([
  ['level=info msg="a \\"b\\" \\\\ \\n\\t\\u00e9\\x41"', 'a "b" \\ \n\t\u00e9A'],
  ['level=info msg="\\101 \\q \\/ \\\'"', "\\101 \\q / '"],
  ['level=info msg="never closed', 'never closed'],
  ['level=info msg=', undefined],
  ['level=info msg', 'true'],
  ['  level=info   msg=x\ty=z', 'x'],
])('%j says %j', (line, message) => {
  expect(readOne('logfmt', line).message).toBe(message);
});

test('other names of level, logger and host', () => {
  expect(readOne('logfmt', 'lvl=odd msg=m').severity).toBeUndefined();
  expect(readOne('logfmt', 'lvl=eror msg=m').severity).toBe('error');
  expect(readOne('logfmt', 'lvl=dbug msg=m').severity).toBe('debug');
  expect(readOne('logfmt', 'level=50 msg=m').severity).toBe('error');
  for (const key of ['level', 'lvl', 'severity'])
    expect(readOne('logfmt', `${key}=W msg=m`)).toMatchObject({
      severity: 'warning',
      application: { level: 'W' },
    });
  expect(readOne('logfmt', 'lvl=error msg=m logger=db host=h1')).toMatchObject({
    severity: 'error',
    application: { level: 'error', logger: 'db' },
    entity: { type: 'host', name: 'h1' },
  });
  expect(readOne('logfmt', 'severity=warn msg=m').severity).toBe('warning');
  expect(readOne('logfmt', 'level= lvl=warn msg=m').severity).toBe('warning');
});

test('t is a time only where it can be one and there is no other', () => {
  const ts = 'ts=1795860000.123456789 msg=m lvl=warn';
  expect(readOne('logfmt', `${ts} t=1795860001`)).toMatchObject({
    timestamp: 1795860000123456789n,
    attributes: { t: '1795860001' },
  });
  const warm = readOne('logfmt', 'level=info msg=m t=21.5');
  expectNow(warm.timestamp);
  expect(warm.attributes).toEqual({ t: '21.5' });
  expect(readOne('logfmt', 'level=info msg=m t=1795860001').timestamp).toBe(1795860001000000000n);
});

test("Go's slog: text, with a level between two", () => {
  expect(readOne('logfmt', 'time=2026-11-28T10:00:00.123Z level=INFO+2 msg=m')).toMatchObject({
    timestamp: 1795860000123000000n,
    severity: 'info',
  });
});

test('a line without a time is of now, and keys of JavaScript are keys', () => {
  const event = readOne('logfmt', 'level=info msg=m __proto__=x constructor=y');
  expectNow(event.timestamp);
  expect(JSON.parse(JSON.stringify(event.attributes))).toEqual(
    JSON.parse('{"__proto__":"x","constructor":"y"}'),
  );
});

test('auto takes no plain text and no audit record for it, and logfmt by name tells what has no field', () => {
  for (const line of [
    'hello world',
    'a=b',
    'type=USER_LOGIN msg=audit(1795860000.123:1): pid=1',
    'see msg=x',
    '=',
    '===',
  ]) {
    expect(read('auto', [line]).events.filter(({ source }) => source === 'logfmt')).toEqual([]);
  }
  expect(read('logfmt', ['hello world', '=x']).skips).toHaveLength(2);
});
