import fc from 'fast-check';
import { createEvent, eventToJSON, type UnifiedEvent } from '@tapio/performance';
import { eventToCloudEvent, eventToOtlp } from '@tapio/performance/formats';
import { arbitraryEvent } from '../event/arbitrary-event';
import { seed } from '../event/seed';
import { read } from './reading';

const back = (format: 'otlp' | 'cloudevents', line: string): UnifiedEvent => {
  const { events, skips, formats } = read('auto', [line]);
  expect(skips).toEqual([]);
  expect(formats.map(([, name]) => name)).toEqual([format]);
  expect(events).toHaveLength(1);
  return events[0];
};

const event = createEvent({
  id: 'e1',
  timestamp: 1795860000123456789n,
  type: 'cart.added',
  source: 'cart service',
  severity: 'error',
  message: 'no room',
  traceContext: { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', sampled: true },
  entity: { type: 'pod', name: 'cart-1', namespace: 'shop', uid: 'u1' },
  kernel: { pid: 7, comm: 'cart' },
  application: { logger: 'db' },
  attributes: { n: 1, f: 0.5, big: '9007199254740993', list: [true, null, { a: 'b' }] },
});

test('CloudEvents: the places of the standard are filled, and an event comes back as it was', () => {
  const line = eventToCloudEvent(event);
  expect(JSON.parse(line)).toMatchObject({
    specversion: '1.0',
    id: 'e1',
    source: 'cart%20service',
    type: 'cart.added',
    time: '2026-11-28T10:00:00.123456789Z',
    traceparent: '00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01',
    datacontenttype: 'application/json',
    data: { id: 'e1', message: 'no room', kernel: { pid: 7 } },
  });
  expect(back('cloudevents', line)).toEqual(event);
});

test(`CloudEvents: any event comes back as it was (seed ${seed})`, () => {
  fc.assert(
    fc.property(arbitraryEvent, (any) => {
      let line: string;
      try {
        line = eventToCloudEvent(any);
      } catch (error) {
        // What JSON has no form for.
        expect(error).toMatchObject({ code: 'ERR_INVALID_EVENT' });
        return;
      }
      expect(line).not.toContain('\n');
      const { events, skips } = read('cloudevents', [line]);
      expect(skips).toEqual([]);
      expect(events.map(eventToJSON)).toEqual([eventToJSON(any)]);
    }),
    { seed, numRuns: 100 },
  );
});

test('what others have put beside an event of ours on its way is kept', () => {
  const around = { route: 'r', n: 2, subject: 'x' };
  const line = JSON.stringify({ ...around, ...(JSON.parse(eventToCloudEvent(event)) as object) });
  expect(back('cloudevents', line)).toEqual({
    ...event,
    attributes: { ...event.attributes, route: 'r', 'line.n': 2, subject: 'x' },
  });
});

test.each([
  ['before', (mine: object, others: object) => ({ ...others, ...mine })],
  ['behind', (mine: object, others: object) => ({ ...mine, ...others })],
])('what others have put %s it and a trace would be ours', (_, join) => {
  const plain = { id: 'e1', timestamp: 1n, type: 't', source: 's' };
  const others = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    data_base64: 'AQI=',
  };
  const ours = JSON.parse(eventToCloudEvent(plain)) as object;
  const line = JSON.stringify(join(ours, others));
  expect(back('cloudevents', line)).toEqual({ ...plain, attributes: others });
  expect(back('cloudevents', `[${line}]`)).toEqual({ ...plain, attributes: others });
});

test('data that claims to be ours and is not is read as any other', () => {
  const line = JSON.stringify({ ...(JSON.parse(eventToCloudEvent(event)) as object), data: { id: 1 } });
  expect(back('cloudevents', line)).toMatchObject({ type: 'cart.added', attributes: { data: { id: 1 } } });
});

test('OTLP: what a record has a place for is there, and comes back', () => {
  const line = eventToOtlp(event);
  expect(back('otlp', line)).toMatchObject({
    id: 'e1',
    timestamp: event.timestamp,
    type: 'cart.added',
    source: 'cart service',
    severity: 'error',
    message: 'no room',
    traceContext: event.traceContext,
    entity: { type: 'pod', name: 'cart-1', namespace: 'shop', uid: 'u1' },
    application: { logger: 'db', level: 'error' },
    attributes: {
      ...event.attributes,
      'process.pid': 7,
      'process.executable.name': 'cart',
    },
  });
});

test('OTLP: names are unique in a record, and the name of a field is that of the field', () => {
  const line = eventToOtlp({ ...event, attributes: { 'process.pid': 'mine', 'thread.id': 'free', '': 1 } });
  const { attributes } = back('otlp', line);
  expect(attributes).toMatchObject({
    'process.pid': 7,
    'tapio.attributes.process.pid': 'mine',
    'thread.id': 'free',
    '(empty)': 1,
  });
});

test('OTLP: names that make room for others are unique, too', () => {
  const attributes = {
    ...{ '': 1, '(empty)': 2, 'process.pid': 3, 'tapio.attributes.process.pid': 4 },
    'tapio.attributes.(empty)': 5,
  };
  const event = { id: 'i', timestamp: 1n, type: 't', source: 's', kernel: { pid: 7 }, attributes };
  const record = JSON.parse(eventToOtlp(event)).resourceLogs[0].scopeLogs[0].logRecords[0] as {
    attributes: { key: string; value: { intValue?: string } }[];
  };
  const keys = record.attributes.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const told = Object.fromEntries(record.attributes.map(({ key, value }) => [key, value.intValue]));
  expect(told).toMatchObject({
    ...{ '(empty)': '2', 'tapio.attributes.(empty)': '5', 'tapio.attributes.tapio.attributes.(empty)': '1' },
    ...{ 'process.pid': '7', 'tapio.attributes.process.pid': '4' },
    'tapio.attributes.tapio.attributes.process.pid': '3',
  });
});

test.each(['debug', 'info', 'warning', 'error', 'critical'] as const)(
  'OTLP: severity %s stays',
  (severity) => {
    expect(back('otlp', eventToOtlp({ ...event, severity })).severity).toBe(severity);
  },
);

test('OTLP: an event that says no severity comes back with none', () => {
  const line = eventToOtlp({ ...event, severity: undefined });
  expect(line).not.toContain('severity');
  const { severity, application } = back('otlp', line);
  expect({ severity, application }).toEqual({ severity: undefined, application: { logger: 'db' } });
});

test.each([
  [{ application: { level: 'ERROR' } }, 'error'],
  [{ kubernetes: { eventType: 'Warning' } }, 'warning'],
])('OTLP: the severity of %j stays', (parts, expected) => {
  expect(back('otlp', eventToOtlp({ ...event, severity: undefined, ...parts })).severity).toBe(expected);
});

test(`OTLP: any event is one line that is read back as one of its type, source and time (seed ${seed})`, () => {
  fc.assert(
    fc.property(arbitraryEvent, (any) => {
      let line: string;
      try {
        line = eventToOtlp(any);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_INVALID_EVENT' });
        return;
      }
      expect(line).not.toContain('\n');
      const { events, skips } = read('otlp', [line]);
      expect(skips).toEqual([]);
      expect(events).toHaveLength(1);
      const [{ id, type, source, message }] = events;
      expect({ id, type, source }).toEqual({
        id: any.id.toWellFormed() || id,
        type: any.type.toWellFormed() || 'log',
        source: any.source.toWellFormed() || 'otlp',
      });
      expect(message).toBe(any.message?.toWellFormed() || undefined);
    }),
    { seed, numRuns: 100 },
  );
});
