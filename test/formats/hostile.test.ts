import { createFormatReader, FORMAT_NAMES, type FormatName } from '@tapio/performance/formats';
import { randomness, seed } from '../event/seed';
import { thrownBy } from '../support/errors';
import { checkSameAttributes, checkStorable, read, samples } from './reading';

const files = [
  ...[
    'tetragon',
    'falco',
    'tracee',
    'otlp-logs',
    'cloudevents',
    'k8s-events',
    'k8s-audit',
    'pino',
    'bunyan',
    'journald',
    'bpftrace',
  ].map((name) => `${name}.ndjson`),
  'container-wrap.log',
  'auditd.log',
  'logfmt.log',
];
const lines = files.flatMap(samples);
const formats = ['auto', ...FORMAT_NAMES] as const;

test.each([5, undefined, null, Buffer.from('{}'), {}])('a line that is no string is refused: %p', (line) => {
  const reader = createFormatReader('auto');
  expect(thrownBy(() => reader.push(line as string))).toMatchObject({
    name: 'TapioError',
    code: 'ERR_INVALID_ARGUMENT',
    message: expect.stringMatching(/^line must be a string, not /) as string,
  });
  expect(reader.getStats().lines).toBe(0);
});

test.each([{ onSkip: 5 }, { onFormat: 'no' }, 5, null])(
  'options that are none are refused: %p',
  (options) => {
    const { name, code } = thrownBy(() => createFormatReader('auto', options as object));
    expect({ name, code }).toEqual({ name: 'TapioError', code: 'ERR_INVALID_ARGUMENT' });
  },
);

afterEach(() => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

/** Every event can be stored, every line is counted, and nothing throws. */
function readSafely(format: FormatName | 'auto', input: readonly string[]): void {
  const reader = createFormatReader(format);
  const forBuffer = createFormatReader(format, { forBuffer: true });
  for (const line of input) {
    const events = reader.push(line);
    const stored = forBuffer.push(line);
    for (const event of events) checkStorable(event);
    for (const [index, event] of stored.entries()) checkSameAttributes(event, events[index]);
    expect(stored).toHaveLength(events.length);
  }
  const rest = reader.end();
  for (const event of rest) checkStorable(event);
  expect(forBuffer.end()).toHaveLength(rest.length);
  expect(reader.getStats().lines).toBe(input.length);
}

test(`lines with characters changed, cut out and repeated crash no reader (seed ${seed})`, () => {
  const random = randomness(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const odd = [
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '0',
    '9',
    'e',
    '-',
    '.',
    '\u0000',
    '\ud800',
    'null',
    '{}',
    '[]',
    '"__proto__":',
    '1e999',
    '12345678901234567890',
    '\\ud800',
    '\\uffffffc3',
  ];
  const broken = (line: string): string => {
    let text = line;
    for (let changes = 1 + below(4); changes > 0; changes--) {
      const at = below(text.length + 1);
      const length = below(20);
      switch (below(4)) {
        case 0:
          text = text.slice(0, at) + odd[below(odd.length)] + text.slice(at + 1);
          break;
        case 1:
          text = text.slice(0, at) + text.slice(at + length);
          break;
        case 2:
          text = text.slice(0, at) + text.slice(at, at + length).repeat(3) + text.slice(at + length);
          break;
        case 3:
          text =
            text.slice(0, at) +
            String.fromCharCode(text.charCodeAt(at) ^ (1 << below(7))) +
            text.slice(at + 1);
      }
    }
    return text;
  };
  for (const format of formats) {
    const input = Array.from({ length: 600 }, () => broken(lines[below(lines.length)]));
    readSafely(format, input);
  }
});

test(`values of every kind in every place crash no reader (seed ${seed})`, () => {
  const random = randomness(seed);
  const values = [
    null,
    true,
    -1,
    0.5,
    2 ** 40,
    1e300,
    '',
    'x',
    '__proto__',
    [],
    [null],
    [[]],
    {},
    { a: null },
    '2026-11-28T10:00:00Z',
  ];
  const changed = (value: unknown): unknown => {
    if (random() < 0.05) return values[Math.floor(random() * values.length)];
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(changed);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item)]));
  };
  const objects = lines
    .filter((line) => line.startsWith('{') && line.endsWith('}') && !line.includes('"data": 17:'))
    .map((line) => JSON.parse(line) as unknown);
  for (const format of formats) {
    const input = Array.from({ length: 600 }, () =>
      JSON.stringify(changed(objects[Math.floor(random() * objects.length)])),
    );
    readSafely(format, input);
  }
});

test('keys that name a prototype are keys like others', () => {
  const poison = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1,';
  const poisoned = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => line.replaceAll(/\{(?=")/g, `{${poison}`));
  for (const format of formats) readSafely(format, poisoned);
  const { events } = read('auto', [`{"level":30,"time":1,"msg":"x",${poison}"a":1}`]);
  expect(Object.getPrototypeOf(events[0].attributes)).toBe(Object.prototype);
  expect(Object.keys(events[0].attributes!)).toEqual(['__proto__', 'constructor', 'toString', 'a']);
  const labels = '{"process_exec":{"process":{"pid":1,"pod":{"name":"p","pod_labels":{"__proto__":"x"}}}}}';
  expect(Object.entries(read('auto', [labels]).events[0].entity!.labels!)).toEqual([['__proto__', 'x']]);
});

test.each([
  ['arrays', '[', ']'],
  ['objects', '{"a":', '}'],
])('%s nested 100,000 deep are skipped with a reason, 400 deep are read', (_, open, close) => {
  const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
  const deep = nested(100_000);
  for (const line of [
    deep,
    `{"level":30,"time":1,"a":${deep}}`,
    `{"process_exec":{"process":${deep}},"time":1}`,
  ]) {
    expect(read('auto', [line]).skips).toEqual([[1, 'JSON nested more than 500 deep']]);
  }
  expect(read('auto', [`{"level":30,"time":1,"a":${nested(400)}}`]).events).toHaveLength(1);
  expect(read('auto', [open.repeat(100_000)]).skips).toHaveLength(1);
});

test('many brackets that are not deep are read', () => {
  const list = `[${'{"a":[]},'.repeat(2000)}{}]`;
  expect(read('auto', [`{"level":30,"time":1,"list":${list}}`]).events).toHaveLength(1);
});

test('a million keys are a million keys', () => {
  const keys = Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":${index}`).join(',');
  const reader = createFormatReader('auto');
  const [event] = reader.push(`{"level":30,"time":1795860000123,${keys}}`);
  expect(Object.keys(event.attributes!)).toHaveLength(1_000_000);
});

test('names that clash in a chain take time by the length of the line, and all values stay', () => {
  const chain = (depth: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: depth }, (_, index) => ['watch.'.repeat(index) + 'x', index]));
  const object = {
    ...{ kind: 'Event', apiVersion: 'v1', metadata: { name: 'n', namespace: 'm' }, reason: 'r' },
    ...chain(2000),
  };
  const around = Object.fromEntries(Object.entries(chain(2000)).map(([key, value]) => [key, value + 0.5]));
  const line = JSON.stringify({ type: 'ADDED', object, ...around });
  const since = performance.now();
  const [event] = createFormatReader('auto').push(line);
  // All tries take half a minute.
  expect(performance.now() - since).toBeLessThan(5000);
  const values = [event.attributes!, event.attributes!['watch.watch'] as object].flatMap((each) =>
    Object.values(each),
  );
  for (let index = 0; index < 2000; index += 100)
    expect(values).toEqual(expect.arrayContaining([index, index + 0.5]));
});

const LONG = 1 << 26;

test.each([
  ['one text', () => `{"level":30,"time":1,"msg":"${'x'.repeat(LONG)}"}`, 1],
  [
    'escaped quotes before a long number',
    () => `{"level":30,"time":1,"a":"${'\\"'.repeat(LONG / 2)}","n":[12345678901234567890]}`,
    1,
  ],
  ['digits', () => `{"level":30,"time":1,"n":${'9'.repeat(LONG)}}`, 1],
  ['backslashes', () => `{"level":30,"time":1,"a":"${'\\\\'.repeat(LONG / 2)}","n":[1e999]}`, 1],
  ['spaces', () => `{"level":30,"time":1,"a"${' '.repeat(LONG)}:1}`, 1],
  ['no JSON', () => `{${'"'.repeat(LONG)}`, 0],
  ['the time of CRI', () => `2026-11-28T10:00:00.${'0'.repeat(LONG)}Z stdout F x`, 0],
])('a line of 64 MiB of %s is read or skipped', (_, line, events) => {
  const reader = createFormatReader('auto');
  expect(reader.push(line())).toHaveLength(events);
  expect(reader.getStats().skipped).toBe(1 - events);
});
