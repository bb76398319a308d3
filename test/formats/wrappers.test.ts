import { createFormatReader } from '@tapio/performance/formats';
import { read, samples } from './reading';

const lines = samples('container-wrap.log');
const inner = '{"level":30,"time":1795860000123,"msg":"whole line"}';
const cri = (text: string, stream = 'stdout', tag = 'F', time = '2026-11-28T10:00:00.475152409Z'): string =>
  `${time} ${stream} ${tag} ${text}`;
const docker = (log: string, stream = 'stdout'): string =>
  JSON.stringify({ log, stream, time: '2026-11-28T10:00:00.475152409Z' });

test('the wrappers are taken off, parts are put together', () => {
  for (const format of ['auto', 'pino'] as const) {
    expect(read(format, lines)).toMatchObject({
      events: [
        { timestamp: 1795860000123000000n, message: 'whole line', attributes: { stream: 'stdout' } },
        { timestamp: 1795860001000000000n, message: 'in two parts' },
        { timestamp: 1795860002000000000n, message: 'docker json-file', attributes: { stream: 'stderr' } },
      ],
      skips: [],
    });
  }
});

test.each([
  ['UTC', '2026-11-28T10:00:00.475152409Z', 1795860000475152409n],
  ['an offset', '2026-11-28T15:30:00.475152409+05:30', 1795860000475152409n],
  ['no fraction', '2026-11-28T10:00:00Z', 1795860000000000000n],
])('a line without a time has that of CRI, with %s', (_, time, timestamp) => {
  expect(read('auto', [cri('{"level":30,"msg":"x"}', 'stderr', 'F', time)]).events).toMatchObject([
    { timestamp, attributes: { stream: 'stderr' } },
  ]);
});

test('a line without a time has that of docker, and of parts that of the first', () => {
  const { events } = read('auto', [
    docker('{"level":30,'),
    docker('"msg":"x"}\n').replace('10:00:00', '10:00:01'),
  ]);
  expect(events).toMatchObject([{ timestamp: 1795860000475152409n, message: 'x' }]);
});

test('parts of two streams that interleave are put together each for itself', () => {
  const { events, skips } = read('auto', [
    cri('{"level":30,"ms', 'stdout', 'P'),
    cri('{"level":50,', 'stderr', 'P'),
    cri('', 'stderr', 'P'),
    cri('g":"out"}', 'stdout'),
    cri('"msg":"err"}', 'stderr', 'F:tag'),
  ]);
  expect(skips).toEqual([]);
  expect(events).toMatchObject([
    { message: 'out', attributes: { stream: 'stdout' } },
    { message: 'err', attributes: { stream: 'stderr' } },
  ]);
});

test('parts that never end are read at the end, or told', () => {
  expect(read('auto', [cri(inner, 'stdout', 'P')]).events).toMatchObject([{ message: 'whole line' }]);
  expect(read('auto', [docker('{"level":')]).skips).toEqual([
    [1, 'no JSON, and of no known format: "{\\"level\\":"'],
  ]);
});

test('blank lines in a wrapper give nothing', () => {
  expect(
    read('auto', [cri(''), '2026-11-28T10:00:00.475152409Z stdout F', docker('\n'), '', '  ', '\r']),
  ).toMatchObject({
    events: [],
    skips: [],
  });
});

test('a line of docker with more keys, in another order, is unwrapped', () => {
  const line = `{"time":"2026-11-28T10:00:00.475152409Z","attrs":{"a":"b"},"stream":"stdout","log":${JSON.stringify(`${inner}\n`)}}`;
  expect(read('auto', [line]).events).toMatchObject([
    { message: 'whole line', attributes: { attrs: { a: 'b' }, stream: 'stdout' } },
  ]);
});

const fluentBit = (log: string, more: object = {}): string =>
  JSON.stringify({ time: '2026-11-28T10:00:00.1Z', stream: 'stdout', log, ...more });

test('a collector takes newlines off, so that each of its lines is whole unless it says otherwise', () => {
  const kubernetes = { pod_name: 'p' };
  const [one, two] = [inner.replace('whole line', 'one'), inner.replace('whole line', 'two')];
  const { events, skips } = read('auto', [
    fluentBit(one, { _p: 'F', kubernetes }),
    fluentBit(two, { kubernetes }),
    fluentBit(inner),
    fluentBit(inner.slice(0, 20), { logtag: 'P', a: 1 }),
    fluentBit(inner.slice(20), { logtag: 'F', b: 2 }),
  ]);
  expect(skips).toEqual([]);
  expect(events.map(({ message }) => message)).toEqual(['one', 'two', 'whole line', 'whole line']);
  expect(events[0].attributes).toEqual({ stream: 'stdout', _p: 'F', kubernetes });
  expect(events[3].attributes).toEqual({ stream: 'stdout', logtag: 'F', a: 1, b: 2 });
});

test('what waits for its last part keeps what stood beside it', () => {
  const line = JSON.stringify({
    log: '{"level":30,"msg":"x"',
    stream: 'stdout',
    time: 'now',
    attrs: { a: 'b' },
  });
  const reader = createFormatReader('auto');
  expect([line, docker('}')].flatMap((each) => reader.push(each))).toEqual([]);
  expect(reader.end()).toMatchObject([{ message: 'x', attributes: { attrs: { a: 'b' }, time: 'now' } }]);
});

test("what collectors add to docker's object is kept, beside what the line calls the same", () => {
  const log = '{"level":30,"msg":"x","stream":"mine","attrs":5,"same":"s","__proto__":1}\n';
  const line = JSON.stringify({ log, stream: 'stderr', time: '2026-11-28T10:00:00Z', attrs: { a: 'b' } });
  const more = `${line.slice(0, -1)},"same":"s","kubernetes":{"pod_name":"p"},"__proto__":{"x":1}}`;
  const [event] = read('auto', [more]).events;
  expect(Object.entries(event.attributes!)).toEqual(
    Object.entries({
      ...(JSON.parse('{"stream":"mine","attrs":5,"same":"s","__proto__":1}') as object),
      ...{ 'wrapper.stream': 'stderr', 'wrapper.attrs': { a: 'b' }, kubernetes: { pod_name: 'p' } },
      'wrapper.__proto__': { x: 1 },
    }),
  );
});

test('a wrapper inside a wrapper is a line of its own', () => {
  expect(read('auto', [cri(docker(`${inner}\n`))])).toMatchObject({
    events: [],
    skips: [[1, expect.any(String)]],
  });
});

test('the source of an event keeps its own attributes beside the stream', () => {
  const line = cri('{"level":30,"msg":"x","stream":"mine"}');
  expect(read('auto', [line]).events).toMatchObject([
    { attributes: { stream: 'mine', 'wrapper.stream': 'stdout' } },
  ]);
});

test('text that only begins like CRI is told as it is', () => {
  const { skips } = read('auto', ['2026-11-28T10:00:00Z stdout X {"level":30}']);
  expect(skips).toEqual([[1, expect.stringContaining('2026-11-28T10:00:00Z stdout X')]]);
});

test('a line in parts that grows beyond what is kept is told once and the next one read', () => {
  const skips: string[] = [];
  const reader = createFormatReader('auto', { onSkip: (_, reason) => skips.push(reason) });
  const part = cri('x'.repeat(1 << 20), 'stdout', 'P');
  for (let i = 0; i < 70; i++) expect(reader.push(part)).toEqual([]);
  expect(reader.push(cri('x'))).toEqual([]);
  expect(skips).toEqual(['a line in parts that is too long']);
  expect(reader.push(cri(inner))).toMatchObject([{ message: 'whole line' }]);
});

test('parts of nothing do not wait without a bound', () => {
  const skips: string[] = [];
  const reader = createFormatReader('auto', { onSkip: (_, reason) => skips.push(reason) });
  const nothing = cri('', 'stdout', 'P');
  for (let i = 0; i < 1_100_000; i++) reader.push(nothing);
  reader.push(cri(inner));
  expect(skips).toEqual(['a line in parts that is too long']);
});
