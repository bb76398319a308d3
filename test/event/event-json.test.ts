import assert from 'node:assert';
import fc from 'fast-check';
import { eventFromJSON, eventToJSON } from '@tapio/performance';
import { arbitraryEvent, hasBinaryOnly, leafFields, smallestEvent } from './arbitrary-event';
import { EVENT_FIELDS, thrown } from './internals';
import { seed } from './seed';

test(`any event without NaN or infinities survives (SEED=${seed})`, () => {
  fc.assert(
    fc.property(arbitraryEvent, (event) => {
      if (hasBinaryOnly(event)) expect(thrown(() => eventToJSON(event)).code).toBe('ERR_INVALID_EVENT');
      else assert.deepStrictEqual(eventFromJSON(eventToJSON(event)), event);
    }),
    { seed, numRuns: 500 },
  );
});

test('names are in snake case, absent fields left out, zeros kept', () => {
  const json = eventToJSON({
    ...smallestEvent(),
    confidence: 0,
    traceContext: { traceId: 't', spanId: 's', sampled: false },
    network: { sourceIP: '10.0.0.1', destPort: 0, latencyNs: 0, containerId: '' },
    rawData: new Uint8Array([1, 2, 3]),
  });
  expect(json).toBe(
    '{"id":"id","timestamp":"1970-01-01T00:00:00.000000001Z","type":"kernel","source":"test","confidence":0,' +
      '"trace_context":{"trace_id":"t","span_id":"s","sampled":false},' +
      '"network":{"source_ip":"10.0.0.1","dest_port":0,"latency_ns":0,"container_id":""},"raw_data":"AQID"}',
  );
});

test.each([
  [0n, '1970-01-01T00:00:00Z'],
  [1n, '1970-01-01T00:00:00.000000001Z'],
  [1_719_400_000_123_456_789n, '2024-06-26T11:06:40.123456789Z'],
  [1_719_400_000_120_000_000n, '2024-06-26T11:06:40.12Z'],
  [1_719_400_000_000_000_000n, '2024-06-26T11:06:40Z'],
  [2n ** 63n - 1n, '2262-04-11T23:47:16.854775807Z'],
])('timestamp %s is %s', (timestamp, text) => {
  const json = eventToJSON({ ...smallestEvent(), timestamp });
  expect((JSON.parse(json) as { timestamp: string }).timestamp).toBe(text);
  expect(eventFromJSON(json).timestamp).toBe(timestamp);
});

const withTime = (timestamp: unknown): string =>
  JSON.stringify({ id: 'i', type: 't', source: 's', timestamp });

test.each([
  ['2024-06-26T13:06:40.5+02:00', 1_719_400_000_500_000_000n],
  ['2024-06-26t11:06:40z', 1_719_400_000_000_000_000n],
  ['2024-06-26T05:36:40-05:30', 1_719_400_000_000_000_000n],
  ['1970-01-01T01:00:00+01:00', 0n],
  ['2024-02-29T00:00:00.1234567899Z', 1_709_164_800_123_456_789n],
])('%s is understood', (text, timestamp) => {
  expect(eventFromJSON(withTime(text)).timestamp).toBe(timestamp);
});

test.each([
  '2024-06-26',
  '2024-06-26T11:06:40',
  '2024-13-01T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2024-06-26T24:00:00Z',
  '2024-06-26T11:60:00Z',
  '2024-06-26T11:06:60Z',
  '1969-12-31T23:59:59Z',
  '2262-04-11T23:47:16.854775808Z',
  '2024-06-26T11:06:40+24:00',
  '2024-06-26T11:06:40.Z',
  ' 2024-06-26T11:06:40Z',
  '',
  1719400000,
  null,
])('%s is no timestamp', (text) => {
  expect(thrown(() => eventFromJSON(withTime(text))).code).toBe('ERR_CORRUPT_DATA');
});

test.each(['', '{', 'null', '1', '"a"', '[]', '{}', '{"id":"a"}'])('there is no event in %s', (json) => {
  expect(thrown(() => eventFromJSON(json)).code).toBe('ERR_CORRUPT_DATA');
});

test.each(leafFields().map((field) => [field.path, field] as const))(
  '%s of a wrong type is refused by name',
  (path, field) => {
    const [outer, inner] = path.split('.') as [string, string | undefined];
    const values = JSON.parse(eventToJSON(smallestEvent())) as Record<string, unknown>;
    const wrong = field.kind === 'json' || field.kind === 'stringMap' ? 5 : { wrong: 1 };
    if (inner === undefined) {
      values[field.json] = wrong;
    } else {
      const section = EVENT_FIELDS.find((candidate) => candidate.name === outer)!;
      const required = Object.fromEntries(
        section
          .fields!.filter((candidate) => !candidate.optional && candidate.name !== inner)
          .map((candidate) => [
            candidate.json,
            { string: 'a', boolean: true, double: 1, strings: [] as string[] }[candidate.kind as 'string'],
          ]),
      );
      values[section.json] = { ...required, [field.json]: wrong };
    }
    const error = thrown(() => eventFromJSON(JSON.stringify(values)));
    expect(error.code).toBe('ERR_CORRUPT_DATA');
    expect(error.message).toContain(path);
  },
);

test('unknown names are ignored, and nulls in optional fields', () => {
  const json = eventToJSON(smallestEvent()).replace(
    '{',
    '{"future":{"x":1},"message":null,"kernel":{"other":1},',
  );
  expect(eventFromJSON(json)).toEqual({ ...smallestEvent(), kernel: {} });
});

test('raw data must be base64', () => {
  for (const bad of ['*', 'AQI', 'AQ=D', 1, [1]]) {
    const json = JSON.stringify({ ...(JSON.parse(eventToJSON(smallestEvent())) as object), raw_data: bad });
    expect(thrown(() => eventFromJSON(json)).code).toBe('ERR_CORRUPT_DATA');
  }
});

test('an invalid event is refused as the codec refuses it', () => {
  for (const [event, path] of [
    [{ ...smallestEvent(), timestamp: -1n }, 'timestamp'],
    [{ ...smallestEvent(), kernel: { pid: -1 } }, 'kernel.pid'],
    [{ ...smallestEvent(), metrics: { value: NaN } }, 'metrics.value'],
    [{ ...smallestEvent(), attributes: { a: NaN } }, 'attributes.a'],
  ] as const) {
    expect(thrown(() => eventToJSON(event))).toMatchObject({
      code: 'ERR_INVALID_EVENT',
      message: expect.stringContaining(path),
    });
  }
});
