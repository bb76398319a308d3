/** Bad input to every method of every buffer: the code, the value in the message, nothing stored, counts unchanged. */
import {
  EventBuffer,
  PerCPUBuffer,
  PerCPUEventBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { NO_INTEGER, TOO_LARGE, ZEROS } from '../support/bad-values';
import { rejectionOf, type Thrown, thrownBy } from '../support/errors';
import { numbered, numberOf, record } from '../support/events';

const ring = new RingBuffer(8, { slotSize: 64 });
const events = new EventBuffer(8, { slotSize: 128, maxEventSize: 512 });
const perCPU = new PerCPUBuffer();
const perCPUEvents = new PerCPUEventBuffer({ maxEventSize: 1024 });
const BUFFERS = [ring, events, perCPU, perCPUEvents];

beforeAll(() => {
  ring.put(record(1));
  events.put(numbered(1));
  perCPU.write(record(1));
  perCPUEvents.put(numbered(1));
});

const everything = (): unknown[] =>
  BUFFERS.map((buffer) => ('getMetrics' in buffer ? buffer.getMetrics() : buffer.getStats()));

/** Checks one refusal: what was thrown, and that it changed nothing. */
async function expectRefusal(call: () => unknown, code: string, shown: string): Promise<void> {
  const before = everything();
  let error: Thrown;
  try {
    error = await rejectionOf(Promise.resolve(call()));
  } catch (thrown) {
    error = thrown as Thrown;
  }
  expect({ shown, name: error.name, code: error.code }).toEqual({ shown, name: 'TapioError', code });
  expect(error.message).toContain(shown);
  expect(everything()).toEqual(before);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Reflect.ownKeys(Object.prototype)).toHaveLength(12);
}

const ARGUMENT = 'ERR_INVALID_ARGUMENT';
type Values = readonly (readonly [unknown, string])[];
const NO_OBJECT: Values = [
  [null, 'null'],
  [7, '7'],
  ['x', '"x"'],
];
const NO_BYTES: Values = [
  [undefined, 'undefined'],
  [null, 'null'],
  [7, '7'],
  ['text', '"text"'],
  [[1, 2], 'an array of 2'],
  [new ArrayBuffer(8), 'an object'],
  [new DataView(new ArrayBuffer(8)), 'an object'],
  [new Float64Array(1), 'an object'],
  [new Uint16Array(1), 'an object'],
  [new Uint8ClampedArray(1), 'an object'],
  [{ length: 3, 0: 1 }, 'an object'],
  [Object.create(Uint8Array.prototype), 'an object'],
  [new Proxy(new Uint8Array(1), {}), 'an object'],
  [detached(), 'an object'],
];
const NO_ARRAY: Values = [
  [undefined, 'undefined'],
  [null, 'null'],
  [{ length: 1 }, 'an object'],
  ['ab', '"ab"'],
  [new Set([1]), 'an object'],
];
const NO_SIGNAL: Values = [
  [null, 'null'],
  [{}, 'an object'],
  ['x', '"x"'],
  [new AbortController(), 'an object'],
];

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

const TABLE: readonly (readonly [string, Values, (value: any) => unknown])[] = [
  ['RingBuffer.put', NO_BYTES, (v) => ring.put(v)],
  ['RingBuffer.tryPut', NO_BYTES, (v) => ring.tryPut(v)],
  ['RingBuffer.tryGetInto', NO_BYTES, (v) => ring.tryGetInto(v)],
  ['RingBuffer.putBatchFrom source', NO_BYTES, (v) => ring.putBatchFrom(v, new Uint32Array(1))],
  ['RingBuffer.putBatchFrom lengths', NO_BYTES, (v) => ring.putBatchFrom(new Uint8Array(8), v)],
  ['RingBuffer.getBatchInto target', NO_BYTES, (v) => ring.getBatchInto(v, new Uint32Array(1))],
  ['RingBuffer.getBatchInto lengths', NO_BYTES, (v) => ring.getBatchInto(new Uint8Array(8), v)],
  ['RingBuffer.putBatch', NO_ARRAY, (v) => ring.putBatch(v)],
  ['RingBuffer.putBatch item', NO_BYTES, (v) => ring.putBatch([v])],
  ['RingBuffer.getBatch', [...NO_INTEGER, [undefined, 'undefined']], (v) => ring.getBatch(v)],
  ['RingBuffer.waitSync', noDuration(), (v) => ring.waitSync(v)],
  ['RingBuffer.ready', NO_OBJECT, (v) => ring.ready(v)],
  ['RingBuffer.ready signal', NO_SIGNAL, (v) => ring.ready({ signal: v })],
  ['EventBuffer.putBatch', NO_ARRAY, (v) => events.putBatch(v)],
  ['EventBuffer.getBatch', [...NO_INTEGER, [undefined, 'undefined']], (v) => events.getBatch(v)],
  ['EventBuffer.drainTo', NO_ARRAY, (v) => events.drainTo(v)],
  ['EventBuffer.consume', noFunction(), (v) => events.consume(v)],
  ['EventBuffer.consume maxCount', NO_INTEGER, (v) => events.consume(() => undefined, v)],
  ['EventBuffer.waitSync', noDuration(), (v) => events.waitSync(v)],
  ['EventBuffer.ready', NO_OBJECT, (v) => events.ready(v)],
  ['EventBuffer.ready signal', NO_SIGNAL, (v) => events.ready({ signal: v })],
  ['EventBuffer.getAsync', NO_OBJECT, (v) => events.getAsync(v)],
  ['EventBuffer.getAsync signal', NO_SIGNAL, (v) => events.getAsync({ signal: v })],
  ['EventBuffer.putAsync options', NO_OBJECT, (v) => events.putAsync(numbered(2), v)],
  ['EventBuffer.putAsync signal', NO_SIGNAL, (v) => events.putAsync(numbered(2), { signal: v })],
  ['EventBuffer.batches', NO_OBJECT, (v) => events.batches(v)],
  [
    'EventBuffer.batches maxCount',
    [...NO_INTEGER, ...ZEROS, [Infinity, 'Infinity'], [2 ** 53, '9007199254740992']],
    (v) => events.batches({ maxCount: v }),
  ],
  [
    'EventBuffer.batches maxWaitMs',
    [...noDuration(), [2 ** 31, '2147483648'], [Infinity, 'Infinity']],
    (v) => events.batches({ maxWaitMs: v }),
  ],
  ['EventBuffer.batches signal', NO_SIGNAL, (v) => events.batches({ signal: v })],
  ['PerCPUBuffer.write', NO_BYTES, (v) => perCPU.write(v)],
  ['PerCPUBuffer.tryWrite', NO_BYTES, (v) => perCPU.tryWrite(v)],
  ['PerCPUBuffer.read', NO_INTEGER, (v) => perCPU.read(v)],
  [
    'PerCPUBuffer.readFromCPU cpu',
    [...NO_INTEGER, ...TOO_LARGE, [perCPU.numCPUs, String(perCPU.numCPUs)]],
    (v) => perCPU.readFromCPU(v),
  ],
  ['PerCPUBuffer.readFromCPU', NO_INTEGER, (v) => perCPU.readFromCPU(0, v)],
  ['PerCPUBuffer.waitSync', noDuration(), (v) => perCPU.waitSync(v)],
  ['PerCPUEventBuffer.get', NO_INTEGER, (v) => perCPUEvents.get(v)],
  ['PerCPUEventBuffer.getFromCPU cpu', [...NO_INTEGER, ...TOO_LARGE], (v) => perCPUEvents.getFromCPU(v)],
  ['PerCPUEventBuffer.getFromCPU', NO_INTEGER, (v) => perCPUEvents.getFromCPU(0, v)],
  ['PerCPUEventBuffer.drainTo', NO_ARRAY, (v) => perCPUEvents.drainTo(v)],
  ['PerCPUEventBuffer.process', noFunction(), (v) => perCPUEvents.process(v)],
  ['PerCPUEventBuffer.consume', noFunction(), (v) => perCPUEvents.consume(v)],
];

function noDuration(): Values {
  return [
    [-1, '-1'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    ['7', '"7"'],
    [null, 'null'],
    [7n, '7n'],
    [{ valueOf: () => 7 }, 'an object'],
  ];
}
function noFunction(): Values {
  return [
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'an object'],
    ['f', '"f"'],
  ];
}

test.each(TABLE)('%s refuses what is no argument of it', async (_name, values, call) => {
  for (const [value, shown] of values) await expectRefusal(() => call(value), ARGUMENT, shown);
});

test('counts may be as large as they like, and -0 is 0', () => {
  const buffer = new EventBuffer(4);
  for (const count of [2 ** 31, 2 ** 32, 2 ** 53, 1e300, Infinity]) {
    buffer.put(numbered(5));
    ring.put(record(2));
    expect(buffer.getBatch(count).map(numberOf)).toEqual([5]);
    expect(ring.getBatch(count).length).toBeGreaterThan(0);
  }
  buffer.put(numbered(5));
  expect(buffer.getBatch(-0)).toEqual([]);
  expect(buffer.consume(() => undefined, -0)).toBe(0);
  ring.put(record(1));
});

const TOO_LARGE_CODE = 'ERR_EVENT_TOO_LARGE';

test.each<[string, () => unknown, string, string]>([
  ['a record over slotSize', () => ring.put(new Uint8Array(65)), TOO_LARGE_CODE, '65'],
  ['a record over slotSize, tried', () => ring.tryPut(new Uint8Array(65)), TOO_LARGE_CODE, '65'],
  [
    'a record over slotSize, in a batch',
    () => ring.putBatch([new Uint8Array(65)]),
    TOO_LARGE_CODE,
    'items[0]',
  ],
  ['a record over 65536 bytes', () => perCPU.write(new Uint8Array(65537)), TOO_LARGE_CODE, '65537'],
  [
    'a length over slotSize',
    () => ring.putBatchFrom(new Uint8Array(100), Uint32Array.of(8, 65)),
    TOO_LARGE_CODE,
    'lengths[1] of 65',
  ],
  [
    'a length near 2^32',
    () => ring.putBatchFrom(new Uint8Array(100), Uint32Array.of(2 ** 32 - 1)),
    TOO_LARGE_CODE,
    '4294967295',
  ],
  [
    'lengths past the end',
    () => ring.putBatchFrom(new Uint8Array(100), Uint32Array.of(50, 51)),
    ARGUMENT,
    '101',
  ],
  [
    'lengths past a view of a larger buffer',
    () => ring.putBatchFrom(new Uint8Array(new ArrayBuffer(100), 90), Uint32Array.of(11)),
    ARGUMENT,
    '11',
  ],
  ['a target too small', () => ring.tryGetInto(new Uint8Array(7)), ARGUMENT, '7'],
  [
    'a target too small for a batch',
    () => ring.getBatchInto(new Uint8Array(7), new Uint32Array(4)),
    ARGUMENT,
    '7',
  ],
  [
    'an event over maxEventSize',
    () => events.put({ ...numbered(1), rawData: new Uint8Array(512) }),
    TOO_LARGE_CODE,
    '512',
  ],
  [
    'an event far over maxEventSize',
    () => events.tryPut({ ...numbered(1), message: 'x'.repeat(100_000) }),
    TOO_LARGE_CODE,
    '512',
  ],
  [
    'an event over maxEventSize, per CPU',
    () => perCPUEvents.put({ ...numbered(1), rawData: new Uint8Array(2000) }),
    TOO_LARGE_CODE,
    '1024',
  ],
  [
    'an event over maxEventSize, waiting',
    () => events.putAsync({ ...numbered(1), rawData: new Uint8Array(512) }),
    TOO_LARGE_CODE,
    '512',
  ],
])('%s is refused', async (_name, call, code, shown) => {
  await expectRefusal(call, code, shown);
});

describe.each([
  ['EventBuffer', events],
  ['PerCPUEventBuffer', perCPUEvents],
] as const)('bad events to %s', (_class, buffer) => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  let deep: Record<string, unknown> = {};
  for (let i = 0; i < 10_000; i++) deep = { deep };
  const FIELDS: readonly (readonly [Record<string, unknown> | null | undefined | string | number, string])[] =
    [
      [null, 'null'],
      [undefined, 'undefined'],
      ['event', '"event"'],
      [7, '7'],
      [{ id: 7 }, 'id'],
      [{ timestamp: 7 }, 'timestamp'],
      [{ timestamp: -1n }, '-1n'],
      [{ timestamp: 2n ** 63n }, '9223372036854775808n'],
      [{ type: undefined }, 'type'],
      [{ severity: 'fatal' }, '"fatal"'],
      [{ confidence: '1' }, 'confidence'],
      [{ tags: 'a' }, 'tags'],
      [{ tags: new Array(3) }, 'tags[0]'],
      [{ tags: ['a', 7] }, 'tags[1]'],
      [{ kernel: { pid: -1 } }, 'kernel.pid'],
      [{ kernel: { pid: 2 ** 32 } }, '4294967296'],
      [{ kernel: { pid: 1.5 } }, '1.5'],
      [{ kernel: { pid: '7' } }, 'kernel.pid'],
      [{ kernel: 'x' }, 'kernel'],
      [{ network: { sourcePort: 65536 } }, '65536'],
      [{ entity: { type: 'pod', name: 'x', labels: { a: 7 } } }, 'labels'],
      [{ attributes: cycle }, 'attributes'],
      [{ attributes: { f: () => 1 } }, 'attributes'],
      [{ attributes: { n: NaN } }, 'attributes'],
      [{ attributes: [1] }, 'attributes'],
      [{ application: { custom: { big: 7n } } }, 'application.custom'],
      [{ rawData: [1, 2] }, 'rawData'],
      [{ rawData: new Float32Array(2) }, 'rawData'],
    ];

  test('are refused in every form of put, with the path of the field', async () => {
    for (const [fields, shown] of FIELDS) {
      const event = (
        typeof fields === 'object' && fields !== null ? { ...numbered(1), ...fields } : fields
      ) as UnifiedEvent;
      const forms = [
        () => buffer.put(event),
        () => buffer.tryPut(event),
        () => buffer.putAsync(event),
        () => buffer.putBatch([event, numbered(2)]),
      ];
      for (const form of forms) await expectRefusal(form, 'ERR_INVALID_EVENT', shown);
    }
  });

  test('of great depth are refused or come out the same, and never break the stack', async () => {
    const before = everything();
    let code = 'stored';
    try {
      buffer.put({ ...numbered(1), attributes: deep });
    } catch (error) {
      code = (error as Thrown).code;
    }
    expect(['ERR_INVALID_EVENT', TOO_LARGE_CODE]).toContain(code);
    expect(everything()).toEqual(before);
  });
});

describe('hostile keys and texts come out as they went in', () => {
  const wide = new EventBuffer(64, { slotSize: 512, maxEventSize: 2 ** 20 });
  const manyKeys = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, String(i)]));
  const CASES: readonly (readonly [string, Partial<UnifiedEvent>])[] = [
    [
      '__proto__ as a key of a map',
      {
        entity: {
          type: 't',
          name: 'n',
          labels: JSON.parse('{"__proto__":"p","constructor":"c","prototype":"q"}'),
        },
      },
    ],
    [
      '__proto__ as a key of JSON',
      {
        attributes: JSON.parse(
          '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
        ),
      },
    ],
    ['10,000 keys', { entity: { type: 't', name: 'n', labels: manyKeys } }],
    ['a text much longer than a slot', { message: 'é日本x'.repeat(20_000) }],
    ['every kind of Unicode', { message: '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}' }],
  ];
  test.each(CASES)('%s', (_name, fields) => {
    if (wide.capacity * 496 < 200_000 && 'entity' in fields && fields.entity!.labels === manyKeys) {
      const large = new EventBuffer(1024, { maxEventSize: 2 ** 20 });
      large.put({ ...numbered(1), ...fields });
      expect(large.get()).toEqual({ ...numbered(1), ...fields });
    } else {
      const large = new EventBuffer(1024, { maxEventSize: 2 ** 20 });
      large.put({ ...numbered(1), ...fields });
      const event = large.get();
      expect(event).toEqual({ ...numbered(1), ...fields });
      expect(Object.getOwnPropertyNames(event.entity?.labels ?? event.attributes ?? {})).toEqual(
        Object.getOwnPropertyNames(fields.entity?.labels ?? fields.attributes ?? {}),
      );
    }
    expect(({} as any).polluted).toBeUndefined();
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(12);
  });

  test('a lone surrogate becomes U+FFFD', () => {
    events.clear();
    events.put({ ...numbered(1), message: 'a\ud800b', source: '\udfff' });
    expect(events.get()).toMatchObject({ message: 'a\ufffdb', source: '\ufffd' });
  });
});

test('thrownBy, on which this suite stands, fails on a call that throws nothing', () => {
  expect(() => thrownBy(() => 1)).toThrow('nothing was thrown');
});

test.each([events, perCPUEvents])('consume refuses an async function: %p', (buffer) => {
  const taken = (): number =>
    buffer instanceof EventBuffer ? buffer.getStats().gets : buffer.getMetrics().reads;
  const before = taken();
  const visit: () => unknown = async () => Promise.resolve();
  expect(thrownBy(() => buffer.consume(visit))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'fn must not be an async function: behind an await the view shows another event',
  });
  expect(taken()).toBe(before);
});

test('messages name a class with its article', () => {
  const { message } = thrownBy(() => EventBuffer.attach(5 as never));
  expect(message).toBe('handle must be the handle of an EventBuffer, not 5');
});
