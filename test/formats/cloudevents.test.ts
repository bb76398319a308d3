import { expectNow, read, readOne, rewritten, samples } from './reading';

const lines = samples('cloudevents.ndjson');
const TRACE = '5b8efff798038103d269b633813fc60c';
const SPAN = 'eee19b7ec3c1b174';

describe.each([
  ['as they come', (line: string) => line],
  ['with other spaces and another order of keys', rewritten],
])('the samples %s', (_, form) => {
  test('an event has an id of source and id, its time with an offset, and its trace', () => {
    expect(readOne('cloudevents', form(lines[0]))).toMatchObject({
      id: '/carts#A-1',
      source: '/carts',
      type: 'com.example.cart.added',
      timestamp: 1795840200123456789n,
      traceContext: {
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        sampled: true,
      },
      attributes: { data: { sku: 'x', n: 2 }, subject: 'cart/7', partitionkey: '7' },
    });
  });

  test('bytes are bytes, and a time of null is none', () => {
    const event = readOne('cloudevents', form(lines[1]));
    expect(event).toMatchObject({ id: '/orders#A-1', rawData: new Uint8Array([1, 2, 255]) });
    expect(event.attributes).toEqual({ datacontenttype: 'application/octet-stream' });
    expectNow(event.timestamp);
  });

  test('a time in lower case is read, data that is text stays text', () => {
    expect(readOne('cloudevents', form(lines[2]))).toMatchObject({
      timestamp: 1795860000000000000n,
      attributes: { data: '<a/>', datacontenttype: 'application/xml; charset=utf-8' },
    });
  });
});

test('a batch gives each of its events, and data that is null is not absent', () => {
  const { events, skips } = read('auto', [lines[3]]);
  expect(skips).toEqual([]);
  expect(events.map(({ id }) => id)).toEqual(['/b#D-4', '/b#D-5']);
  expect(events[0].attributes).toBeUndefined();
  expect(events[1].attributes).toEqual({ data: null });
});

test('text that holds JSON is not parsed again', () => {
  const line = '{"specversion":"1.0","id":"1","source":"s","type":"t","data":"{\\"a\\":1}"}';
  expect(readOne('cloudevents', line).attributes).toEqual({ data: '{"a":1}' });
});

test('what is no base64, and a traceparent that is none, are kept as they are', () => {
  const line = '{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"%","traceparent":"x"}';
  expect(readOne('cloudevents', line).attributes).toEqual({ data_base64: '%', traceparent: 'x' });
});

test('the state of a trace comes along', () => {
  const traceparent = '00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-00';
  const line = JSON.stringify({
    specversion: '1.0',
    id: '1',
    source: 's',
    type: 't',
    traceparent,
    tracestate: 'a=b',
  });
  expect(readOne('cloudevents', line).traceContext).toMatchObject({ traceState: 'a=b', sampled: false });
});

const event = (parts: object): string =>
  JSON.stringify({ specversion: '1.0', id: '1', source: 's', type: 't', ...parts });

test.each([
  [`00-${TRACE}-${SPAN}-03`, true],
  [`00-${TRACE}-${SPAN}-fe`, false],
  [`01-${TRACE}-${SPAN}-01`, true],
  [`01-${TRACE}-${SPAN}-01-more`, true],
  [`00-${TRACE}-${SPAN}-01 `, true],
  [`00-${TRACE}-0000000000000000-01`, true],
])('%s is kept beside its context, which has no room for all of it', (traceparent, sampled) => {
  const { traceContext, attributes } = readOne('cloudevents', event({ traceparent }));
  expect(traceContext).toMatchObject({ traceId: TRACE, sampled });
  expect(attributes).toEqual({ traceparent });
});

test.each(['00', '01'])('of a traceparent that ends in %s the context says all', (flags) => {
  const read = readOne('cloudevents', event({ traceparent: `00-${TRACE}-${SPAN}-${flags}` }));
  expect(read.traceContext).toEqual({ traceId: TRACE, spanId: SPAN, sampled: flags === '01' });
  expect(read.attributes).toBeUndefined();
});

describe('of version 0.3', () => {
  const old = (parts: object): string => event({ specversion: '0.3', ...parts });

  test('the version and what 1.0 calls otherwise are kept', () => {
    const schemaurl = 'https://example.com/s';
    const { attributes } = readOne('cloudevents', old({ schemaurl, data: { a: 1 } }));
    expect(attributes).toEqual({ specversion: '0.3', schemaurl, data: { a: 1 } });
  });

  test.each(['base64', 'Base64'])('data in %s is bytes', (datacontentencoding) => {
    const line = old({ datacontentencoding, datacontenttype: 'image/png', data: 'AQL/' });
    const { rawData, attributes } = readOne('cloudevents', line);
    expect(rawData).toEqual(new Uint8Array([1, 2, 255]));
    expect(attributes).toEqual({ specversion: '0.3', datacontenttype: 'image/png' });
  });

  test.each([
    { datacontentencoding: 'base64', data: '%' },
    { datacontentencoding: 'base64', data: { a: 1 } },
    { datacontentencoding: 'base64', data: null },
    { datacontentencoding: 'base64' },
    { datacontentencoding: 'gzip', data: 'AQL/' },
    { datacontentencoding: 5, data: 'AQL/' },
  ])('%j stays as it came', (parts) => {
    const { rawData, attributes } = readOne('cloudevents', old(parts));
    expect(rawData).toBeUndefined();
    expect(attributes).toEqual({ specversion: '0.3', ...parts });
  });

  test('bytes under the key of 1.0 leave the data what it is', () => {
    const parts = { datacontentencoding: 'base64', data: 'AQL/' };
    const { rawData, attributes } = readOne('cloudevents', old({ ...parts, data_base64: 'AA==' }));
    expect(rawData).toEqual(new Uint8Array([0]));
    expect(attributes).toEqual({ specversion: '0.3', ...parts });
  });
});

test('of 1.0 an encoding of the data is an extension like any other', () => {
  const parts = { datacontentencoding: 'base64', data: 'AQL/' };
  expect(readOne('cloudevents', event(parts))).toMatchObject({ rawData: undefined, attributes: parts });
});

test('what lacks a required attribute is skipped with a reason', () => {
  expect(read('cloudevents', ['{"specversion":"1.0","source":"s","type":"t"}', '[]', '[1]']).skips).toEqual([
    [1, 'cloudevents: one of specversion, id, source and type is missing'],
    [2, 'an empty array'],
    [3, 'JSON, but no object: "[1]"'],
  ]);
});
