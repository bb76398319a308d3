import { createEvent, eventToJSON } from '@tapio/performance';
import { createFormatReader, FORMAT_NAMES, type FormatName } from '@tapio/performance/formats';
import { read, readOne, samples } from './reading';

const own = eventToJSON(createEvent({ type: 't', source: 's', attributes: { n: 1.5, big: 1e300 } }));
const files: [FormatName, string][] = [
  ['tetragon', 'tetragon.ndjson'],
  ['falco', 'falco.ndjson'],
  ['tracee', 'tracee.ndjson'],
  ['otlp', 'otlp-logs.ndjson'],
  ['cloudevents', 'cloudevents.ndjson'],
  ['k8s-events', 'k8s-events.ndjson'],
  ['k8s-audit', 'k8s-audit.ndjson'],
  ['pino', 'pino.ndjson'],
  ['bunyan', 'bunyan.ndjson'],
];

test.each(files)('every sample of %s is found to be of it', (format, file) => {
  const lines = samples(file).filter((line) => line.startsWith('{'));
  for (const line of lines) {
    const { formats, skips } = read('auto', [line]);
    expect(formats).toEqual([[1, format, expect.any(String)]]);
    expect(skips.every(([, reason]) => reason.startsWith(`${format}: `))).toBe(true);
  }
});

test.each([
  [
    'with all that an event of ours has',
    { id: 'o1', timestamp: '2026-11-28T10:00:00Z', type: 't', source: 's' },
  ],
  [
    'with a source that is none of ours',
    { id: 'o1', timestamp: '2026-11-28T10:00:00Z', type: 't', source: {} },
  ],
  ['with the version of a specification', { specversion: '1.0', type: 't' }],
  ['with what docker puts around one', { log: 'text', stream: 'stdout', time: '2026-11-28T10:00:00Z' }],
])('a line of a logger %s is the logger’s', (_, more) => {
  const line = JSON.stringify({ level: 'warn', msg: 'm', ...more });
  for (const before of [[], [own]]) {
    const { events, skips } = read('auto', [...before, line]);
    expect(skips).toEqual([]);
    const { id, log, stream } = { log: undefined, stream: undefined, id: undefined, ...more };
    const kept = JSON.parse(JSON.stringify({ id, log, stream })) as object;
    expect(events.at(-1)).toMatchObject({
      message: 'm',
      severity: 'warning',
      source: 'pino',
      attributes: kept,
    });
  }
});

test.each([
  ['a timestamp', { timestamp: '2026-11-28T10:00:00Z' }],
  ['an id', { id: 'o1' }],
  ['a host', { host: 'node-1' }],
])('a line of bpftrace to which a collector has added %s stays one of bpftrace', (_, more) => {
  const line = JSON.stringify({ type: 'printf', data: 'opened\n', ...more });
  const { events, skips } = read('auto', [line]);
  expect(skips).toEqual([]);
  expect(events).toEqual([
    expect.objectContaining({ type: 'bpftrace.printf', message: 'opened', attributes: more }),
  ]);
});

test('our own lines come back as they were, and their reasons are told', () => {
  const event = createEvent({
    type: 't',
    source: 's',
    metrics: { value: 1e17 },
    attributes: { n: -0, list: [1e21] },
  });
  expect(readOne('tapio', eventToJSON(event))).toEqual(event);
  expect(read('auto', [own.replace('"type":"t"', '"type":7')]).skips).toEqual([
    [1, expect.stringContaining('type must be a string, not 7')],
  ]);
  expect(read('tapio', [own.replace('"type":"t"', '"type":7')]).skips).toEqual([
    [1, expect.stringContaining('type must be a string')],
  ]);
  expect(read('auto', [`[${own},${own}]`]).events).toHaveLength(2);
});

test('a mixed stream is told line by line, each format once', () => {
  const mixed = files.flatMap(([, file]) =>
    samples(file)
      .filter((line) => line.startsWith('{'))
      .slice(0, 1),
  );
  const { formats, events, skips } = read('auto', [...mixed, 'plain text', ...mixed.reverse(), own]);
  expect(formats.map(([, name]) => name)).toEqual([...files.map(([name]) => name), 'tapio']);
  expect(skips).toEqual([[mixed.length + 1, 'no JSON, and of no known format: "plain text"']]);
  // The batch of OTLP has two.
  expect(events).toHaveLength(2 * (mixed.length + 1) + 1);
});

test('format is what was named, or that of the last line', () => {
  expect(createFormatReader('falco').format).toBe('falco');
  const reader = createFormatReader('auto');
  expect(reader.format).toBeUndefined();
  reader.push('nothing');
  expect(reader.format).toBeUndefined();
  reader.push(samples('pino.ndjson')[0]);
  expect(reader.format).toBe('pino');
  reader.push(own);
  expect(reader.format).toBe('tapio');
});

test('a format that is named reads its lines only', () => {
  const reader = createFormatReader('falco');
  expect(reader.push(samples('tetragon.ndjson')[0])).toEqual([]);
  expect(reader.getStats()).toEqual({ lines: 1, events: 0, skipped: 1 });
});

test.each([['nothing'], [''], ['constructor'], ['__proto__'], [undefined], [7], [null]])(
  'the format %p is refused',
  (format) => {
    expect(() => createFormatReader(format as never)).toThrow(
      expect.objectContaining({ name: 'TapioError', code: 'ERR_INVALID_ARGUMENT' }),
    );
  },
);

test('the names are those of the documented formats', () => {
  const documented = [
    'tapio',
    'tetragon',
    'falco',
    'tracee',
    'bpftrace',
    'journald',
    'auditd',
    'k8s-events',
    'k8s-audit',
    'otlp',
    'cloudevents',
    'pino',
    'bunyan',
    'logfmt',
  ];
  expect(documented).toEqual(expect.arrayContaining([...FORMAT_NAMES]));
  expect(new Set(FORMAT_NAMES).size).toBe(FORMAT_NAMES.length);
});

test('text from outside is shown without anything that steers a terminal', () => {
  const hostile = '\u001b[31mred\u009b2J\u202egnp.exe\u2066\u0000\u007f\u2028\ufeff"\\';
  const { skips } = read('auto', [
    hostile,
    JSON.stringify({ [hostile]: 1 }),
    `{"specversion":"1.0"${hostile}`,
  ]);
  expect(skips).toHaveLength(3);
  const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/u;
  for (const [, reason] of skips) expect(reason).not.toMatch(unsafe);
  expect(skips[0][1]).toContain('\\u{1b}[31mred\\u{9b}2J\\u{202e}gnp');
  const failing = [
    own.replace('"type":"t"', '"type":"\\u001b[31m"').replace(/"timestamp":"[^"]*"/, '"timestamp":"\u009b"'),
  ];
  for (const [, reason] of read('tapio', failing).skips) expect(reason).not.toContain('\u009b');
});
