import { decodeEvent, encodeEvent, eventFromJSON } from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';
import { randomness, seed } from '../event/seed';

/** The value under a key of a line of pino, which keeps what it has no field for. */
function attributes(text: string): Record<string, unknown> | undefined {
  const reader = createFormatReader('pino');
  return reader.push(`{"level":30,"time":1,${text}}`)[0]?.attributes;
}

test.each([
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992],
  ['-9007199254740994', -9007199254740994],
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993', '-9007199254740993'],
  ['1795860000123456', 1795860000123456],
  ['9999999999999999', '9999999999999999'],
  ['10000000000000000', 10000000000000000],
  ['10000000000000001', '10000000000000001'],
  // 2^56 and 2^60 in full, and as JavaScript writes them.
  ['72057594037927936', '72057594037927936'],
  ['72057594037927940', 2 ** 56],
  ['1152921504606846976', '1152921504606846976'],
  ['1152921504606847000', 2 ** 60],
  ['100000000000000000000', 1e20],
  ['1000000000000000000000', '1000000000000000000000'],
  ['18446744073709551615', '18446744073709551615'],
  ['0', 0],
  ['1795860000123456789.5', Number('1795860000123456789.5')],
  ['0.12345678901234567890', 0.12345678901234568],
  // Times to the nanosecond in seconds, milliseconds and microseconds; what a number keeps, and what is no time.
  ['1795860000.123456789', '1795860000.123456789'],
  ['1795860000123.456780', '1795860000123.456780'],
  ['2795860000123456.789', '2795860000123456.789'],
  ['1795860000.12345678', '1795860000.12345678'],
  ['1795860000.1234567891', '1795860000.1234567891'],
  ['1795860000.500000000', 1795860000.5],
  // Seven digits, of which JavaScript keeps some and some not.
  ['1795860000.123456700', 1795860000.1234567],
  ['1795860000.123456800', '1795860000.123456800'],
  ['1795860000123456.700', '1795860000123456.700'],
  ['1795860000123456.500', 1795860000123456.5],
  ['1795860000.1234567', 1795860000.1234567],
  ['-1795860000.123456789', Number('-1795860000.123456789')],
  ['1795860000.123456789e0', Number('1795860000.123456789')],
  ['3795860000.123456789', Number('3795860000.123456789')],
  ['179586000.1234567891', Number('179586000.1234567891')],
  ['1e308', 1e308],
  ['1e309', '1e309'],
  ['-1e999', '-1e999'],
  ['1E+400', '1E+400'],
  ['1e-999', 0],
  [`1${'0'.repeat(400)}`, `1${'0'.repeat(400)}`],
  [`1${'0'.repeat(400)}.5`, `1${'0'.repeat(400)}.5`],
  [`1${'0'.repeat(215)}.5e99`, `1${'0'.repeat(215)}.5e99`],
])('the number %s is %p', (number, value) => {
  for (const text of [
    `"a":${number}`,
    `"a" : ${number} `,
    `"a":${number},"b":1`,
    `"a:":${number}`,
    `"a\\"":${number}`,
  ]) {
    expect(Object.values(attributes(text)!)[0]).toBe(value);
  }
  expect(attributes(`"a":[${number}, ${number}]`)).toEqual({ a: [value, value] });
  expect(attributes(`"a":{"b":[{"c":${number}}]}`)).toEqual({ a: { b: [{ c: value }] } });
});

test.each([
  '":12345678901234567890,"',
  ': 12345678901234567890,',
  '[12345678901234567890]',
  'a\\":12345678901234567890}',
  '\\\\',
  '1e999',
  '{\\"n\\":12345678901234567890,\\"m\\":1}',
  '\\u0022:12345678901234567890,',
])('digits inside the text %s are left alone', (text) => {
  const expected = JSON.parse(`"${text.replace(/^"|"$/g, '')}"`) as string;
  const inner = text.replace(/^"|"$/g, '');
  expect(attributes(`"a":"${inner}","n":12345678901234567890`)).toEqual({
    a: expected,
    n: '12345678901234567890',
  });
  expect(attributes(`"a":12345678901234567890,"${inner}":[1e400]`)).toEqual({
    a: '12345678901234567890',
    [expected]: ['1e400'],
  });
});

test('a number with a leading zero makes no JSON', () => {
  const reader = createFormatReader('pino');
  expect(reader.push('{"level":30,"a":012345678901234567890}')).toEqual([]);
  expect(reader.getStats().skipped).toBe(1);
});

test(`random values come back with every integer exact (seed ${seed})`, () => {
  const random = randomness(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)];
  const digits = (): string =>
    `${1 + Math.floor(random() * 9)}${String(random()).slice(2)}${String(random()).slice(2)}`;
  /** The text of a value and the value that it must become. */
  const make = (depth: number): [text: string, value: unknown] => {
    const kind = Math.floor(random() * (depth > 3 ? 3 : 5));
    if (kind === 0) {
      const number = `${pick(['', '-'])}${digits().slice(0, 1 + Math.floor(random() * 25))}`;
      return [number, String(Number(number)) === number ? Number(number) : number];
    }
    if (kind === 1) {
      const text = Array.from({ length: Math.floor(random() * 6) }, () =>
        pick(['"', '\\', ':', ',', '[', '{', ' ', 'é', '1e999', digits()]),
      ).join('');
      return [JSON.stringify(text), text];
    }
    if (kind === 2)
      return pick([
        ['true', true],
        ['null', null],
        ['0.5', 0.5],
        ['1e999', '1e999'],
      ] as [string, unknown][]);
    const items = Array.from({ length: Math.floor(random() * 4) }, () => make(depth + 1));
    const space = pick(['', ' ', '\t']);
    if (kind === 3)
      return [`[${items.map(([text]) => space + text).join(`${space},`)}]`, items.map(([, value]) => value)];
    // No key ends in a backslash: JSON.parse of Node 24 and 26 takes `a"` for `a\\` once it has seen that.
    const keys = items.map((_, index) => `${index}${pick(['', '"', '\\.', ':', '{"', ',"x":', '["'])}`);
    return [
      `{${items.map(([text], index) => `${JSON.stringify(keys[index])}${space}:${space}${text}`).join(',')}}`,
      Object.fromEntries(items.map(([, value], index) => [keys[index], value])),
    ];
  };
  for (let run = 0; run < 2000; run++) {
    const [text, value] = make(0);
    expect(attributes(`"a":[${text}]`)).toEqual({ a: [value] });
  }
});

test.each([
  ['pino', '{"level":30,"time":1,"pid":-0}'],
  ['pino', '{"level":30,"time":1,"pid":"-0"}'],
  ['auditd', 'type=USER_CMD msg=audit(1795860000.123:1): pid=-0 msg=\'cmd="ls"\''],
] as const)('-0 is 0 in a field of an event: %s %s', (format, line) => {
  expect(createFormatReader(format).push(line)[0].kernel?.pid).toBe(0);
});

/** Integers from 2^53 on: powers of two, numbers that JavaScript wrote, and others. */
function longIntegers(count: number): string[] {
  const random = randomness(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return Array.from({ length: count }, () => {
    const digits = String(random()).slice(2) + String(random()).slice(2);
    const kind = below(4);
    if (kind === 0) return String((1n << BigInt(53 + below(16))) + BigInt(below(3)) * 1024n);
    if (kind === 1) return String(Math.floor(2 ** (53 + random() * 16)));
    const length = 16 + below(5);
    const kept = kind === 2 ? length : 1 + below(length);
    return `${1 + below(9)}${digits}`.slice(0, kept).padEnd(length, '0');
  });
}

test(`an integer is the same in an event of ours, of a reader and out of a buffer (seed ${seed})`, () => {
  const reader = createFormatReader('pino');
  const forBuffer = createFormatReader('pino', { forBuffer: true });
  const memory = new Uint8Array(4096);
  const event = '"id":"i","timestamp":"2024-06-26T11:06:40Z","type":"t","source":"s"';
  for (const text of longIntegers(3000)) {
    const number = String(Number(text)) === text ? Number(text) : text;
    expect([text, eventFromJSON(`{${event},"attributes":{"n":${text}}}`).attributes]).toEqual([
      text,
      { n: number },
    ]);
    const line = `{"level":30,"time":1,"n":${text}}`;
    expect([text, reader.push(line)[0].attributes]).toEqual([text, { n: number }]);
    const [stored] = forBuffer.push(line);
    const size = encodeEvent(stored, memory);
    expect([text, decodeEvent(memory.slice(0, size)).attributes]).toEqual([text, { n: number }]);
  }
});

test.each([
  ['1795860000.123456789', 1795860000123456789n],
  ['1795860000123.456789', 1795860000123456789n],
  ['1795860000123456.789', 1795860000123456789n],
  ['1795860000.500000000', 1795860000500000000n],
  ['1795860000.123456800', 1795860000123456800n],
  ['1795860000.12345678', 1795860000123456780n],
  ['1795860000123456.700', 1795860000123456700n],
])('the time %s, which stands bare, is exact', (time, timestamp) => {
  for (const forBuffer of [false, true]) {
    const reader = createFormatReader('pino', { forBuffer });
    const line = `{"level":30,"time":${time},"msg":"m"}`;
    expect(reader.push(line).concat(reader.push(line))).toMatchObject([{ timestamp }, { timestamp }]);
  }
});

test.each([
  ['1795860000.123456789', '1795860000.123456789'],
  ['1795860000.999999999', '1795860000.999999999'],
  ['2795860000123456.001', '2795860000123456.001'],
  ['1795860000.500000000', 1795860000.5],
  ['1795860000', 1795860000],
  ['3795860000.123456789', Number('3795860000.123456789')],
])('%s is %p in an event of ours, too', (number, value) => {
  const text = `{"id":"i","timestamp":"2024-06-26T11:06:40Z","type":"t","source":"s","attributes":{"n":[${number}]},
    "metrics":{"metric_name":"m","value":1},"application":{"custom":{"n":${number}}}}`;
  const event = eventFromJSON(text);
  expect(event.attributes).toEqual({ n: [value] });
  expect(event.application!.custom).toEqual({ n: value });
});

test.each(['1795860000123456768', '1795860000123456800', '1795860000123457000', '1152921504606846976'])(
  'the time %s and an id of the same digits are exact',
  (digits) => {
    for (const forBuffer of [false, true]) {
      const reader = createFormatReader('pino', { forBuffer });
      const line = `{"level":30,"time":${digits},"reqId":${digits},"msg":"m"}`;
      const [event] = reader.push(line).concat(reader.push(line)).slice(-1);
      expect(event).toMatchObject({ timestamp: BigInt(digits), application: { requestId: digits } });
    }
  },
);
