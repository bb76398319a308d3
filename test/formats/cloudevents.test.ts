import { expectNow, read, readOne, rewritten, samples } from './reading';

const lines = samples('cloudevents.ndjson');

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

test('what lacks a required attribute is skipped with a reason', () => {
  expect(read('cloudevents', ['{"specversion":"1.0","source":"s","type":"t"}', '[]', '[1]']).skips).toEqual([
    [1, 'cloudevents: one of specversion, id, source and type is missing'],
    [2, 'an empty array'],
    [3, 'JSON, but no object: "[1]"'],
  ]);
});
