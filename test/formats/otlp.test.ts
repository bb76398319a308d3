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

const uid = (value: unknown): object => ({ key: 'log.record.uid', value });

test('the attribute that names a record is the id of its event, and of no other', () => {
  const named = { attributes: [text('a', 'b'), uid({ stringValue: 'r-1' })] };
  const line = JSON.stringify({
    resourceLogs: [{ scopeLogs: [{ logRecords: [named, { attributes: [text('a', 'c')] }, named] }] }],
  });
  for (const form of [line, rewritten(line)]) {
    const { events } = read('otlp', [form]);
    expect(events.map(({ id }) => id)).toEqual(['r-1', expect.stringMatching(/^[0-9a-f]{32}$/), 'r-1']);
    expect(events.map(({ attributes }) => attributes)).toEqual([{ a: 'b' }, { a: 'c' }, { a: 'b' }]);
  }
  expect(readOne('otlp', record({ attributes: [uid({ string_value: 'r-2' })] }))).toMatchObject({
    id: 'r-2',
    attributes: undefined,
  });
});

test.each([
  ...[{ stringValue: '' }, { intValue: '7' }, { intValue: '9007199254740993' }, { bytesValue: 'AA==' }],
  ...[{}, { boolValue: true }, 'r-1', null],
])('the value %j names no record, and stays', (value) => {
  const { id, attributes } = readOne('otlp', record({ attributes: [uid(value)] }));
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(Object.keys(attributes!)).toEqual(['log.record.uid']);
});

test('of two names of a record the last one counts, as of any attribute', () => {
  const twice = (...values: unknown[]): string => record({ attributes: values.map(uid) });
  expect(readOne('otlp', twice({ stringValue: 'a' }, { stringValue: 'b' }))).toMatchObject({ id: 'b' });
  expect(readOne('otlp', twice({ stringValue: 'a' }, { intValue: '7' })).attributes).toEqual({
    'log.record.uid': 7,
  });
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

/** A batch of one record, with parts of what stands around it. */
function batch(parts: { record?: object; scope?: object; resource?: object; around?: object }): string {
  const logRecords = [{ timeUnixNano: '1795860000123456789', ...parts.record }];
  return JSON.stringify({
    resourceLogs: [
      { resource: parts.resource, scopeLogs: [{ scope: parts.scope, logRecords }], ...parts.around },
    ],
  });
}
const attributes = [text('resource', 'a'), text('scope', 'b'), text('flags', 'c'), text('own', 'd')];

describe('nothing of a batch is lost', () => {
  test.each<[string, Parameters<typeof batch>[0], object | undefined]>([
    [
      'attributes under names of the record',
      { record: { attributes }, resource: { attributes: [text('x', 'y')] } },
      { resource: { x: 'y' }, scope: 'b', flags: 'c', own: 'd', 'attributes.resource': 'a' },
    ],
    [
      'one that is called as that which makes room',
      {
        record: {
          ...{ traceId: 'no', resource: 1 },
          attributes: [text('attributes.traceId', 'a'), text('traceId', 'b'), text('resource', 'c')],
        },
        resource: { attributes: [text('x', 'y')] },
      },
      {
        ...{ traceId: 'no', 'attributes.traceId': 'a', 'attributes.attributes.traceId': 'b' },
        ...{ resource: { x: 'y' }, 'record.resource': 1, 'attributes.resource': 'c' },
      },
    ],
    [
      'attributes under names of the scope and the resource',
      {
        scope: { name: 's', version: '1', attributes: [text('version', 'x'), text('name', 'y')] },
        resource: { droppedAttributesCount: 2, attributes: [text('droppedAttributesCount', 'z')] },
      },
      {
        scope: { version: '1', name: 'y', 'attributes.version': 'x' },
        resource: { droppedAttributesCount: 2, 'attributes.droppedAttributesCount': 'z' },
      },
    ],
    [
      'names of another type',
      {
        scope: { name: 5 },
        resource: {
          attributes: [
            { key: 'service.name', value: { intValue: '5' } },
            { key: 'k8s.cluster.name', value: { boolValue: true } },
            text('k8s.pod.name', 'p'),
            { key: 'k8s.pod.uid', value: {} },
          ],
        },
      },
      {
        scope: { name: 5 },
        resource: { 'service.name': 5, 'k8s.cluster.name': true, 'k8s.pod.uid': null },
      },
    ],
    [
      'the time of observation, where it is another',
      { record: { observedTimeUnixNano: '1795860000123456790' } },
      { observedTimeUnixNano: '1795860000123456790' },
    ],
    [
      'no time of observation that is the same',
      { record: { observedTimeUnixNano: '1795860000123456789' } },
      undefined,
    ],
    [
      'times that are none',
      { record: { timeUnixNano: 'x', observedTimeUnixNano: 'y' } },
      { timeUnixNano: 'x', observedTimeUnixNano: 'y' },
    ],
    [
      'counts of what was dropped',
      {
        record: { droppedAttributesCount: 3 },
        resource: { droppedAttributesCount: 1 },
        scope: { droppedAttributesCount: 2 },
      },
      {
        droppedAttributesCount: 3,
        resource: { droppedAttributesCount: 1 },
        scope: { droppedAttributesCount: 2 },
      },
    ],
    [
      'URLs of schemas and entities',
      { around: { schemaUrl: 'https://a/1' }, resource: { entityRefs: [{ type: 'host' }] } },
      { resource: { schemaUrl: 'https://a/1', entityRefs: [{ type: 'host' }] } },
    ],
    [
      'keys that the specification has not',
      { record: { more: { a: 1 }, zero: 0, none: null }, scope: { version: '0', x: '' }, around: { y: '0' } },
      { more: { a: 1 }, zero: 0, scope: { version: '0', x: '' }, resource: { y: '0' } },
    ],
    [
      'names as the Collector reads them',
      { record: { severity_text: 'a', severityText: 'b' }, around: { schema_url: 'u' } },
      { severity_text: 'a', resource: { schemaUrl: 'u' } },
    ],
    [
      'minus zero',
      { record: { observedTimeUnixNano: [-0], more: -0 } },
      { observedTimeUnixNano: [0], more: 0 },
    ],
    ['a body that is none', { record: { body: '0' } }, { body: '0' }],
    ['a time that is text', { record: { traceId: '0', eventName: 5 } }, { traceId: '0', eventName: 5 }],
    [
      'what is no resource and no scope',
      { resource: 5 as unknown as object, scope: ['s'] },
      { resource: { resource: 5 }, scope: { scope: ['s'] } },
    ],
    ['an empty body', { record: { body: { stringValue: '' } } }, { body: '' }],
    ['attributes that are no list', { record: { attributes: { a: 1 } } }, { attributes: { a: 1 } }],
    [
      'a list in which an item is no attribute',
      { record: { attributes: [text('a', 'b'), 5] } },
      { attributes: [text('a', 'b'), 5] },
    ],
    [
      'or has other keys',
      { record: { attributes: [{ ...text('a', 'b'), more: 1 }] } },
      { attributes: [{ ...text('a', 'b'), more: 1 }] },
    ],
    ['an attribute without a name or a value', { record: { attributes: [{}] } }, { '': null }],
    ['a finer severity', { record: { severityNumber: 10 } }, { severityNumber: 10 }],
    [
      'a finer one by name',
      { record: { severityNumber: 'SEVERITY_NUMBER_WARN3' } },
      { severityNumber: 'SEVERITY_NUMBER_WARN3' },
    ],
    ['no severity that is told', { record: { severityNumber: 'SEVERITY_NUMBER_WARN' } }, undefined],
    ['no severity that is none', { record: { severityNumber: 'SEVERITY_NUMBER_UNSPECIFIED' } }, undefined],
    [
      'defaults are nothing',
      { record: { flags: 0, traceId: '', droppedAttributesCount: 0 }, scope: { name: '', version: '' } },
      undefined,
    ],
  ])('%s', (_, parts, kept) => {
    expect(readOne('otlp', batch(parts)).attributes).toEqual(kept);
  });

  test.each([
    [{ intValue: true }],
    [{ intValue: '1.5' }],
    [{ foo: 1 }],
    [{ stringValue: 'x', intValue: '1' }],
    [{ stringValue: 'x', foo: 1 }],
    [{ arrayValue: 5 }],
    [{ arrayValue: { values: 'x' } }],
    [{ kvlistValue: { values: [5] } }],
    ['plain'],
    [5],
    [[1, 'x']],
  ])('the value %j stays as it is', (value) => {
    expect(readOne('otlp', attribute(value as object)).attributes).toEqual({ a: value });
    expect(readOne('otlp', attribute({ arrayValue: { values: [value] } })).attributes).toEqual({
      a: [value],
    });
  });

  test.each([
    ['resourceLogs', { resourceLogs: [5] }],
    ['scopeLogs', { resourceLogs: [{ scopeLogs: 5 }] }],
    [
      'logRecords',
      { resourceLogs: [{ scopeLogs: [{ logRecords: ['x', { body: { stringValue: 'm' } }] }] }] },
    ],
  ])('%s that are none are told, the others read', (name, value) => {
    const { events, skips } = read('otlp', [JSON.stringify(value)]);
    expect(skips).toEqual([[1, `otlp: ${name} that are no list of objects`]]);
    expect(events.map(({ message }) => message)).toEqual(name === 'logRecords' ? ['m'] : []);
  });

  test.each([
    ['"other" beside resourceLogs', { resourceLogs: [], other: 1 }],
    ['"resourceSpans" beside resourceLogs', { resourceLogs: [], resourceSpans: [] }],
    ['"resource_logs" beside resourceLogs', { resourceLogs: [], resource_logs: [] }],
    ['"a" without scopeLogs', { resourceLogs: [{ a: 1 }] }],
    ['"b" without logRecords', { resourceLogs: [{ scopeLogs: [{ scope: {}, b: 1 }] }] }],
  ])('%s is told', (reason, value) => {
    expect(read('otlp', [JSON.stringify(value)]).skips).toEqual([[1, `otlp: ${reason}`]]);
  });

  test('what holds no record and says nothing else is fine', () => {
    const value = { resourceLogs: [{ resource: {}, schemaUrl: 'u' }, { scopeLogs: [{ scope: {} }] }] };
    expect(read('otlp', [JSON.stringify(value)])).toMatchObject({ events: [], skips: [] });
  });
});
