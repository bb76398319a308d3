import { expectNow, read, readOne, rewritten, samples } from './reading';

const lines = samples('otlp-logs.ndjson');
const record = (values: object, resource: object[] = []): string =>
  JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: resource },
        scopeLogs: [{ logRecords: [{ timeUnixNano: '1795860000123456789', ...values }] }],
      },
    ],
  });
const attribute = (value: object): string => record({ attributes: [{ key: 'a', value }] });
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

describe.each([
  ['as they come', (line: string) => line],
  ['with other spaces and another order of keys', rewritten],
])('the samples %s', (_, form) => {
  test('a batch gives an event for each record', () => {
    const { events, skips } = read('otlp', [form(lines[0])]);
    expect(skips).toEqual([]);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      timestamp: 1795860000123456789n,
      type: 'log',
      source: 'cart',
      severity: 'info',
      message: 'first',
      traceContext: {
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        sampled: true,
      },
      application: { logger: 'lib', level: 'Information' },
      entity: {
        type: 'pod',
        name: 'cart-7d9f-x2',
        namespace: 'shop',
        uid: '0f6c1c2e-0000-4000-8000-000000000001',
      },
      attributes: { n: '9007199254740993', d: 'NaN', raw: 'Af8=', none: null },
    });
    expect(events[1]).toMatchObject({ timestamp: 1795860000200000001n, type: 'page.view', source: 'cart' });
    expect(events[1].message).toBeUndefined();
    expect(events[1].severity).toBeUndefined();
    expect(events[1].traceContext).toBeUndefined();
  });

  test('what only the Collector reads is read, too', () => {
    const event = readOne('otlp', form(lines[1]));
    expect(event).toMatchObject({
      timestamp: 1795860000n,
      severity: 'warning',
      message: 'snake case and a name for a number',
      source: 'otlp',
    });
    expect(event.traceContext).toBeUndefined();
  });
});

test('an empty batch gives nothing, traces and metrics are skipped with a reason', () => {
  expect(read('auto', [lines[2]])).toMatchObject({ events: [], skips: [] });
  expect(read('auto', [lines[3], '{"resourceMetrics":[]}'])).toMatchObject({
    events: [],
    skips: [
      [1, 'otlp: traces, no logs'],
      [2, 'otlp: metrics, no logs'],
    ],
  });
});

test.each([
  [{ intValue: '5' }, 5],
  [{ intValue: '-9223372036854775808' }, '-9223372036854775808'],
  [{ intValue: 5 }, 5],
  [{ intValue: {} }, null],
  [{ int_value: '7' }, 7],
  [{ doubleValue: 0.5 }, 0.5],
  [{ doubleValue: null }, null],
  [{ doubleValue: '-Infinity' }, '-Infinity'],
  [{ boolValue: false }, false],
  [{ stringValue: '' }, ''],
  [{ arrayValue: { values: [{ intValue: '1' }, {}, { stringValue: 'x' }] } }, [1, null, 'x']],
  [{ kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } }, { k: true }],
  [{ arrayValue: {} }, []],
  [{}, null],
])('the value %j is %j', (value, expected) => {
  expect(readOne('otlp', attribute(value)).attributes).toEqual({ a: expected });
});

test('an integer that stands bare and is beyond doubles is kept', () => {
  const line = attribute({ intValue: 0 }).replace('"intValue":0', '"intValue":1152921504606846977');
  expect(readOne('otlp', line).attributes).toEqual({ a: '1152921504606846977' });
});

test.each([
  [0, undefined],
  [1, 'debug'],
  [8, 'debug'],
  [9, 'info'],
  [12, 'info'],
  [13, 'warning'],
  [17, 'error'],
  [20, 'error'],
  [21, 'critical'],
  [24, 'critical'],
  [25, undefined],
  ['SEVERITY_NUMBER_FATAL4', 'critical'],
  ['SEVERITY_NUMBER_UNSPECIFIED', undefined],
])('the severity number %p is %p', (severityNumber, severity) => {
  expect(readOne('otlp', record({ severityNumber })).severity).toBe(severity);
});

test.each([
  ['JSON for a map', { kvlistValue: { values: [{ key: 'k', value: { intValue: '1' } }] } }, '{"k":1}'],
  ['JSON for an array', { arrayValue: { values: [{ stringValue: 'x' }] } }, '["x"]'],
  ['text for a number', { intValue: '9007199254740993' }, '9007199254740993'],
  ['nothing for no value', {}, undefined],
])('the message is %s', (_, body, message) => {
  expect(readOne('otlp', record({ body })).message).toBe(message);
});

test('a body of bytes is the raw data', () => {
  const event = readOne('otlp', record({ body: { bytesValue: 'AQL/' } }));
  expect(event.rawData).toEqual(new Uint8Array([1, 2, 255]));
  expect(event.message).toBeUndefined();
});

test('the time is that of the record, or of its observation, or of arrival', () => {
  expect(readOne('otlp', record({ timeUnixNano: '0', observedTimeUnixNano: 1795860000 })).timestamp).toBe(
    1795860000n,
  );
  expectNow(readOne('otlp', record({ timeUnixNano: undefined })).timestamp);
});

test.each([
  [
    'a container',
    [text('container.id', 'aa11'), text('host.name', 'h')],
    { type: 'container', name: 'aa11', uid: 'aa11' },
  ],
  ['the host', [text('host.name', 'h')], { type: 'host', name: 'h' }],
])('the entity is %s; the resource is kept', (_, resource, entity) => {
  const event = readOne('otlp', record({}, resource));
  expect(event.entity).toMatchObject(entity);
  expect(event.attributes).toMatchObject({ resource: { 'host.name': 'h' } });
});

test('a trace without a span is kept, ids of zeros are none', () => {
  const traceId = '5b8efff798038103d269b633813fc60c';
  expect(readOne('otlp', record({ traceId })).traceContext).toMatchObject({
    traceId,
    spanId: '',
    sampled: false,
  });
  expect(
    readOne('otlp', record({ traceId: '0'.repeat(32), spanId: 'eee19b7ec3c1b174' })).traceContext,
  ).toBeUndefined();
});
