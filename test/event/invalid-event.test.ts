import { decodeEvent, encodeEvent, type UnifiedEvent } from '@tapio/performance';
import { eventWith, leafFields, smallestEvent } from './arbitrary-event';
import { Encoder, EVENT_FIELDS, thrown, type FieldInfo } from './internals';

const target = new Uint8Array(1 << 20);
const encode = (event: unknown): number => encodeEvent(event as UnifiedEvent, target);

/** Values of no field's kind, and values just outside a field's range. */
function badValues(field: FieldInfo): unknown[] {
  const never = [Symbol('s'), () => 0];
  switch (field.kind) {
    case 'string':
      return [...never, 1, 1n, true, {}, ['a'], Object('a')];
    case 'timestamp':
      return [...never, 1, '1', -1n, 2n ** 63n, 2n ** 64n, 2n ** 64n + 1n, {}];
    case 'boolean':
      return [...never, 0, 1, 'true', {}];
    case 'enum':
      return [...never, '', 'INFO', 'unknown', 1, {}, 'toString'];
    case 'u32':
      return [...never, -1, 2 ** 32, 0.5, NaN, Infinity, '1', 1n, true, { valueOf: () => 1 }];
    case 'i32':
      return [...never, 2 ** 31, -(2 ** 31) - 1, 0.5, NaN, '1', 1n];
    case 'port':
      return [...never, -1, 65536, 0.5, NaN, '1', 1n];
    case 'safeInteger':
      return [...never, 2 ** 53, -(2 ** 53), 0.5, NaN, Infinity, '1', 1n];
    case 'double':
      return [...never, '1', 1n, true, {}];
    case 'strings':
      return [...never, 'a', 1, {}, new Set(['a'])];
    case 'stringMap':
      return [...never, 'a', 1, ['a'], new Map([['a', 'b']])];
    case 'json':
      return [...never, 'a', 1, [1]];
    case 'bytes':
      return [
        ...never,
        'a',
        [1],
        {},
        new ArrayBuffer(1),
        new Uint16Array(1),
        new DataView(new ArrayBuffer(1)),
      ];
    case 'section':
      return [...never, 'a', 1, true, []];
  }
}

test.each(
  [...leafFields(), ...EVENT_FIELDS.filter((field) => field.kind === 'section')].map(
    (field) => [field.path, field] as const,
  ),
)('%s: wrong values are refused by name', (path, field) => {
  const bad = badValues(field);
  if (!field.optional) bad.push(null, undefined);
  for (const value of bad) {
    const error = thrown(() => encode(eventWith(field, value)));
    expect(error).toMatchObject({ name: 'TapioError', code: 'ERR_INVALID_EVENT' });
    expect(error.message).toContain(path);
  }
});

test.each(
  leafFields()
    .filter((field) => field.kind === 'strings')
    .map((field) => [field.path, field] as const),
)('%s: items are named', (path, field) => {
  for (const items of [['a', 1], ['a', undefined], ['a', null], new Array(2).fill('a', 0, 1)]) {
    expect(thrown(() => encode(eventWith(field, items)))).toMatchObject({
      code: 'ERR_INVALID_EVENT',
      message: expect.stringContaining(`${path}[1]`),
    });
  }
});

test.each(
  leafFields()
    .filter((field) => field.kind === 'stringMap')
    .map((field) => [field.path, field] as const),
)('%s: entries are named', (path, field) => {
  for (const value of [1, undefined, null, {}]) {
    expect(thrown(() => encode(eventWith(field, { a: 'b', 'c d': value }))).message).toContain(
      `${path}["c d"]`,
    );
  }
});

test('what is no event is refused', () => {
  for (const event of [undefined, null, 1, 'a', () => 0, {}, []]) {
    expect(thrown(() => encode(event)).code).toBe('ERR_INVALID_EVENT');
  }
});

describe('attributes', () => {
  const withValue = (value: unknown): unknown => ({ ...smallestEvent(), attributes: { a: [{ b: value }] } });

  test.each([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['a function', () => 0],
    ['undefined', undefined],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['a hole', new Array(1)],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a typed array', new Uint8Array(1)],
    ['a boxed number', Object(1)],
    ['an instance of a class', new (class Thing {})()],
    ['an object with toJSON', { toJSON: () => 1 }],
  ])('refuses %s', (_, value) => {
    expect(thrown(() => encode(withValue(value)))).toMatchObject({
      code: 'ERR_INVALID_EVENT',
      message: expect.stringContaining('attributes.a[0].b'),
    });
  });

  test('refuses cycles, also those that fan out', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle, cycle);
    expect(thrown(() => encode(withValue(cycle))).code).toBe('ERR_INVALID_EVENT');
  });

  test('refuses what is nested too deep, and takes 900 levels', () => {
    const nested = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
      return value;
    };
    expect(thrown(() => encode(withValue(nested(100_000)))).code).toBe('ERR_INVALID_EVENT');
    const event = withValue(nested(900));
    expect(decodeEvent(target.subarray(0, encode(event)))).toEqual(event);
  });

  test('a value shared without a cycle is written wherever it occurs, within the room there is', () => {
    let shared: unknown = ['x'];
    for (let i = 0; i < 40; i++) shared = [shared, shared];
    expect(thrown(() => encode(withValue(shared))).code).toBe('ERR_INVALID_ARGUMENT');
    const twice = ['x'];
    const event = withValue([twice, twice]);
    expect(decodeEvent(target.subarray(0, encode(event)))).toEqual(event);
  });

  test('keeps -0 and every key an own property', () => {
    const attributes = JSON.parse('{"__proto__":{"x":1},"constructor":2,"zero":-0,"":3}') as Record<
      string,
      unknown
    >;
    const back = decodeEvent(target.subarray(0, encode({ ...smallestEvent(), attributes }))).attributes!;
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor', 'zero', '']);
    expect(Object.is(back.zero, -0)).toBe(true);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('a getter', () => {
  test('that throws leaves the encoder usable', () => {
    const memory = new ArrayBuffer(4096);
    const encoder = new Encoder(memory, 0, 4096);
    const bad = Object.defineProperty(smallestEvent(), 'kernel', {
      get() {
        throw new RangeError('mine');
      },
    });
    expect(() => encoder.encode(bad, 0)).toThrow(RangeError);
    expect(encoder.busy).toBe(false);
    expect(encoder.encode(smallestEvent(), 0)).toBeGreaterThan(0);
  });

  test('that encodes with the same encoder finds it busy', () => {
    const encoder = new Encoder(new ArrayBuffer(4096), 0, 4096);
    let seen: unknown;
    const event = Object.defineProperty(smallestEvent(), 'message', {
      get() {
        seen = [encoder.busy, thrown(() => encoder.encode(smallestEvent(), 0)).code];
        return 'm';
      },
    });
    encoder.encode(event, 0);
    expect(seen).toEqual([true, 'ERR_INVALID_ARGUMENT']);
  });

  test('may itself use encodeEvent and decodeEvent', () => {
    const inner = new Uint8Array(1000);
    const event = Object.defineProperty({ ...smallestEvent(), tags: ['outer'] }, 'message', {
      enumerable: true,
      get() {
        const length = encodeEvent({ ...smallestEvent(), message: 'inner' }, inner);
        return decodeEvent(inner.subarray(0, length)).message;
      },
    });
    expect(decodeEvent(target.subarray(0, encode(event)))).toEqual({
      ...smallestEvent(),
      tags: ['outer'],
      message: 'inner',
    });
  });
});
