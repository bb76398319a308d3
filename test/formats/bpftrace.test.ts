import type { UnifiedEvent } from '@tapio/performance';
import { expectNow, read, readOne, samples } from './reading';

const sample = samples('bpftrace.ndjson');
const all = (line: string): UnifiedEvent[] => {
  const { events, skips } = read('auto', [line]);
  expect(skips).toEqual([]);
  return events;
};

test('the samples', () => {
  const { events, skips, formats } = read('auto', sample);
  expect(skips).toEqual([]);
  expect(formats.map(([, name]) => name)).toEqual(['bpftrace']);
  expect(events.map(({ type }) => type.replace('bpftrace.', ''))).toEqual(
    'attached_probes printf value printf hist stats stats helper_error lost_events'.split(' '),
  );
  for (const { source, timestamp } of events) {
    expect(source).toBe('bpftrace');
    expectNow(timestamp);
  }
  const [, printf, value, bytes, hist, avg, stats, error, lost] = events;
  expect(printf.message).toBe('open 1204 cat /etc/shadow -13');
  expect(value.message).toBe('17:25:09.814106');
  expect(bytes.message).toBe('caf\u00e9');
  expect(hist).toMatchObject({
    metrics: { metricName: '@us', value: 6, aggregation: 'histogram' },
    attributes: {
      buckets: [
        { max: -1, count: 1 },
        { min: 0, max: 0, count: 1 },
        { min: 2, max: 3, count: 4 },
      ],
    },
  });
  expect(avg.metrics).toMatchObject({ metricName: '@avg', value: 3, aggregation: 'avg' });
  expect(stats).toMatchObject({
    metrics: { metricName: '@s', value: 6 },
    attributes: { count: 2, total: 12 },
  });
  expect(error).toMatchObject({
    severity: 'error',
    kernel: { returnCode: -14 },
    attributes: { helper: 'probe_read', line: 1, col: 14 },
  });
  expect(lost).toMatchObject({ severity: 'warning', message: 'lost 59 events', attributes: { lost: 59 } });
});

test('a map gives an event for each key, with its label', () => {
  expect(
    all('{"type": "map", "data": {"@n": {"cat,1": 3, "sh,2": 4}, "@total": 7}}').map(
      ({ metrics }) => metrics,
    ),
  ).toMatchObject([
    { metricName: '@n', value: 3, labels: { key: 'cat,1' } },
    { metricName: '@n', value: 4, labels: { key: 'sh,2' } },
    { metricName: '@total', value: 7 },
  ]);
});

test('histograms and statistics by key, and an emptied histogram', () => {
  expect(
    all('{"type": "hist", "data": {"@h": {"a": [{"min": 1, "max": 1, "count": 2}], "b": []}}}'),
  ).toMatchObject([
    { metrics: { metricName: '@h', value: 2, labels: { key: 'a' } } },
    { metrics: { metricName: '@h', value: 0, labels: { key: 'b' } }, attributes: { buckets: [] } },
  ]);
  expect(
    all('{"type": "stats", "data": {"@s": {"a": {"count": 2, "average": 6, "total": 12}, "b": 5}}}'),
  ).toMatchObject([
    { metrics: { value: 6, labels: { key: 'a' } }, attributes: { total: 12 } },
    { metrics: { value: 5, labels: { key: 'b' } } },
  ]);
});

test('a time that stands bare is a number and its exact text', () => {
  expect(all('{"type": "map", "data": {"@t": 1795860000.123456789}}')).toMatchObject([
    { metrics: { value: 1795860000.1234567 }, attributes: { value: '1795860000.123456789' } },
  ]);
});

test('what stands beside maps is told once', () => {
  const events = all('{"type": "map", "data": {"@a": {"x": 1, "y": 2}}, "more": 1}');
  expect(events.map(({ attributes }) => attributes)).toEqual([{ more: 1 }, undefined]);
});

test.each(['18446744073709551615', '"18446744073709551615"'])('the integer %s is kept exactly', (value) => {
  expect(all(`{"type": "map", "data": {"@big": ${value}}}`)).toMatchObject([
    { metrics: { value: 2 ** 64 }, attributes: { value: '18446744073709551615' } },
  ]);
});

test('a map of texts gives messages', () => {
  expect(all('{"type": "map", "data": {"@name": {"1": "cat"}}}')).toMatchObject([
    { message: 'cat', attributes: { map: '@name', key: '1' } },
  ]);
});

test.each([
  ['{"type": "value", "data": Permission denied}', 'Permission denied'],
  ['{"type": "value", "data": 10:00}', '10:00'],
  ['{"type": "value", "data": [1, "x"]}', '[1,"x"]'],
  [
    '{"type": "printf", "data": "\\uffffffe2\\uffffff82\\uffffffac \\uffffffff \\u00e9\\uffffffc3\\uffffffa9"}',
    '\u20ac \ufffd \u00e9\u00e9',
  ],
  ['{"type": "time", "data": "10:00:00\\n"}', '10:00:00'],
  ['{"type": "join", "data": "ls -l"}', 'ls -l'],
])('%s says %j', (line, message) => {
  expect(all(line)).toMatchObject([{ message }]);
});

test('bare values in a map are put right one by one', () => {
  expect(
    all('{"type": "map", "data": {"@t": {"a": 17:25:09, "b": 3}, "@e": No such file or directory}}'),
  ).toMatchObject([
    { message: '17:25:09', attributes: { map: '@t', key: 'a' } },
    { metrics: { value: 3 } },
    { message: 'No such file or directory', attributes: { map: '@e' } },
  ]);
});

test('errors of the program have their severity', () => {
  expect(readOne('bpftrace', '{"type": "errorf", "data": "bad\\n"}').severity).toBe('error');
  expect(readOne('bpftrace', '{"type": "warnf", "data": "hm\\n"}').severity).toBe('warning');
  expect(
    readOne(
      'bpftrace',
      '{"type": "helper_error", "msg": "Bad address", "helper": "probe_read_user", "retcode": -14, "filename": "x.bt"}',
    ),
  ).toMatchObject({ message: 'Bad address', attributes: { filename: 'x.bt' } });
});

test('what cannot be put right is counted', () => {
  const { events, skips } = read('bpftrace', ['{"type": "printf", "data": "torn', 'no JSON', '']);
  expect(events).toEqual([]);
  expect(skips.map(([line]) => line)).toEqual([1, 2]);
});
