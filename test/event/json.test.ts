import assert from 'node:assert';
import fc from 'fast-check';
import { encodeEvent, eventFromJSON, eventToJSON } from '@tapio/performance';
import { arbitraryEvent, hasBinaryOnly, leafFields, smallestEvent } from './arbitrary-event';
import { EVENT_FIELDS, thrown } from './internals';
import { deepArray } from './odd-values';
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
  ['2024-06-26T11:06:40,5Z', 1_719_400_000_500_000_000n],
  ['2024-06-26T13:06:40+0200', 1_719_400_000_000_000_000n],
  ['2024-06-26T05:36:40.000001-0530', 1_719_400_000_000_001_000n],
  ['2024-06-26T13:06:40+02', 1_719_400_000_000_000_000n],
  ['2024-06-26T11:06:40-00:00', 1_719_400_000_000_000_000n],
  ['2024-06-26 11:06:40Z', 1_719_400_000_000_000_000n],
  ['2024-06-26 13:06:40.123456789+02:00', 1_719_400_000_123_456_789n],
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
  '2016-12-31T23:59:60Z',
  '1969-12-31T23:59:59Z',
  '1969-12-31T23:59:59.999999999Z',
  '1970-01-01T00:00:00+00:01',
  '0001-01-01T00:00:00Z',
  '2024-06-26 11:06:40',
  '2024-06-26  11:06:40Z',
  '2024-06-26 11:06:40 Z',
  '2024-06-26 11:06:40 +0000',
  '2024-06-26T11:06:40+2',
  '2024-06-26T11:06:40+020',
  '2024-06-26T11:06:40+02:',
  '2024-06-26T11:06:40+0260',
  '20240626T110640Z',
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

test('a refused time is told', () => {
  expect(thrown(() => eventFromJSON(withTime('0001-01-01T00:00:00Z'))).message).toBe(
    'no event in this JSON: timestamp must be an RFC 3339 time with its offset, from 1970 to 2262, ' +
      'not "0001-01-01T00:00:00Z"',
  );
});

describe('a number in attributes or custom', () => {
  /** Reads `{"n": TEXT}` as both, beside text that looks alike. */
  function read(number: string): unknown[] {
    const value = `{"a \\"1795860000123456789\\\\":[true,{"n":${number}},"1795860000123456789"]}`;
    const event = eventFromJSON(
      `{"id":"i","type":"t","source":"s","timestamp":"2024-06-26T11:06:40Z","unknown":1795860000123456789,` +
        `"confidence":1795860000123456789,"application":{"custom":${value}},"attributes":${value}}`,
    );
    expect(event.confidence).toBe(1795860000123456768);
    return [event.attributes, event.application!.custom].map((object) => {
      expect(Object.keys(object!)).toEqual(['a "1795860000123456789\\']);
      const [first, { n }, last] = Object.values(object!)[0] as [unknown, { n: unknown }, unknown];
      expect([first, last]).toEqual([true, '1795860000123456789']);
      return n;
    });
  }

  test.each([
    '9007199254740993',
    '-9007199254740993',
    '1795860000123456789',
    '18446744073709551615',
    // 2^60, of which a number writes other digits.
    '1152921504606846976',
    '1795860000123456789012345678901234567890',
    '9'.repeat(400),
  ])('that holds the integer %s only rounded is a text of its digits', (number) => {
    expect(read(number)).toEqual([number, number]);
  });

  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992],
    ['-0', -0],
    // 2^60 as JavaScript writes it.
    ['1152921504606847000', 2 ** 60],
    ['1e300', 1e300],
    ['1795860000123456789.5', 1795860000123456800],
    ['0.12345678901234567890', 0.12345678901234568],
  ])('%s is a number', (text, number) => {
    expect(read(text)).toEqual([number, number]);
  });

  test('keeps its digits through any number of round trips', () => {
    const json = `{"id":"i","timestamp":"2024-06-26T11:06:40Z","type":"t","source":"s","attributes":{"n":[9007199254740993,1152921504606847000]}}`;
    const once = eventToJSON(eventFromJSON(json));
    expect(once).toBe(json.replace('9007199254740993', '"9007199254740993"'));
    expect(eventToJSON(eventFromJSON(once))).toBe(once);
  });

  test('that is no finite number is refused with its path', () => {
    const message = (path: string): string =>
      `no event in this JSON: ${path} must be a finite number, not Infinity`;
    expect(thrown(() => read('1e999'))).toMatchObject({
      code: 'ERR_CORRUPT_DATA',
      message: message('application.custom["a \\"1795860000123456789\\\\"][1].n'),
    });
  });
});

test('a number that is too large for a field of any number is refused', () => {
  const json = eventToJSON({ ...smallestEvent(), metrics: { value: 5 } }).replace('5}', '1e999}');
  expect(thrown(() => eventFromJSON(json))).toMatchObject({
    code: 'ERR_CORRUPT_DATA',
    message: 'no event in this JSON: metrics.value must be a finite number in JSON, not Infinity',
  });
});

test('what is nested too deep is refused with the limit and a short path, in every form', () => {
  const attributes = { a: deepArray(1000) };
  const message =
    'attributes.a[0][0][0][0][0][0][0] and 992 keys deeper must be a simple value, as objects and arrays ' +
    'nest at most 1000 deep, not an array of 0';
  const event = { ...smallestEvent(), attributes };
  expect(thrown(() => eventToJSON(event))).toMatchObject({ code: 'ERR_INVALID_EVENT', message });
  expect(thrown(() => encodeEvent(event, new Uint8Array(1e5)))).toMatchObject({
    code: 'ERR_INVALID_EVENT',
    message,
  });
  const json = eventToJSON({ ...smallestEvent(), attributes: { a: 0 } });
  const deep = json.replace('"a":0', `"a":${JSON.stringify(attributes.a)}`);
  expect(thrown(() => eventFromJSON(deep))).toMatchObject({
    code: 'ERR_CORRUPT_DATA',
    message: `no event in this JSON: ${message}`,
  });
  const nearly = { ...smallestEvent(), attributes: { a: deepArray(999) } };
  expect(eventFromJSON(eventToJSON(nearly))).toEqual(nearly);
});

test('what is no text is refused, whatever reading it throws', () => {
  const throws = {
    toString(): string {
      throw null;
    },
  };
  for (const bad of [undefined, null, 5, {}, Symbol('s'), throws, Object.create(null)])
    expect(thrown(() => eventFromJSON(bad as string))).toMatchObject({
      name: 'TapioError',
      code: 'ERR_CORRUPT_DATA',
    });
});

test('items of a wrong type are named as in a refusal of the event', () => {
  const json = eventToJSON({ ...smallestEvent(), tags: ['a', 'b'], kernel: { args: { 'a b': 'c' } } });
  expect(thrown(() => eventFromJSON(json.replace('"b"', '7'))).message).toContain('tags[1] must be a string');
  expect(thrown(() => eventFromJSON(json.replace('"c"', '7'))).message).toContain(
    'kernel.args["a b"] must be a string',
  );
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
