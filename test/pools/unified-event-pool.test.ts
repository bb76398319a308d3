import path from 'node:path';
import {
  encodeEvent,
  EventBuffer,
  eventToJSON,
  UnifiedEventPool,
  type UnifiedEvent,
} from '@tapio/performance';
import { BAD_COUNTS, badCountError, thrownBy } from './bad-counts';

interface Field {
  name: string;
  path: string;
  kind: string;
  optional: boolean;
  values?: string[];
  fields?: Field[];
}

// The table is generated from the UnifiedEvent type: a new field is tested here without a change.
const generated = path.join(path.dirname(require.resolve('@tapio/performance')), 'event/generated/fields.js');
// eslint-disable-next-line @typescript-eslint/no-require-imports -- not part of the public API
const { EVENT_FIELDS } = require(generated) as { EVENT_FIELDS: Field[] };

const SECRET = 'secret-7f3a';

function secretValue(field: Field): unknown {
  switch (field.kind) {
    case 'string':
      return SECRET;
    case 'timestamp':
      return 7_777n;
    case 'boolean':
      return true;
    case 'enum':
      return field.values?.at(-1);
    case 'u32':
    case 'i32':
    case 'port':
    case 'safeInteger':
      return 7_777;
    case 'double':
      return 7_777.5;
    case 'strings':
      return [SECRET];
    case 'stringMap':
      return { [SECRET]: SECRET };
    case 'json':
      return { [SECRET]: [SECRET, { [SECRET]: 1 }] };
    case 'bytes':
      return new Uint8Array(Buffer.from(SECRET));
    case 'section':
      return Object.fromEntries((field.fields ?? []).map((inner) => [inner.name, secretValue(inner)]));
    default:
      throw new Error(`no value for a field of kind ${field.kind}`);
  }
}

/** Every field, and of every section each field alone. */
const cases = EVENT_FIELDS.flatMap((field) => [
  { path: field.path, name: field.name, value: secretValue(field) },
  ...(field.fields ?? []).map((inner) => ({
    path: inner.path,
    name: field.name,
    value: { [inner.name]: secretValue(inner) },
  })),
]);

const BLANK: UnifiedEvent = { id: '', timestamp: 0n, type: '', source: '' };
const BLANK_JSON = eventToJSON(BLANK);
const BLANK_BYTES = encoded(BLANK);

function encoded(event: UnifiedEvent): string {
  const target = new Uint8Array(65536);
  return Buffer.from(target.subarray(0, encodeEvent(event, target))).toString('hex');
}

const NAMES = EVENT_FIELDS.map(({ name }) => name).sort();

/** Every field and nothing else: all of one hidden class. */
function expectBlank(event: UnifiedEvent): void {
  expect(Reflect.ownKeys(event).sort()).toEqual(NAMES);
  expect(Object.keys(event).sort()).toEqual(NAMES);
  expect(event).toEqual(BLANK);
  for (const { name, optional } of EVENT_FIELDS) if (optional) expect((event as any)[name]).toBeUndefined();
  expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
  expect(eventToJSON(event)).toBe(BLANK_JSON);
  expect(encoded(event)).toBe(BLANK_BYTES);
}

function fill(event: UnifiedEvent): UnifiedEvent {
  for (const field of EVENT_FIELDS) (event as any)[field.name] = secretValue(field);
  return event;
}

describe('UnifiedEventPool', () => {
  test('a new event is blank', () => {
    expectBlank(new UnifiedEventPool().get());
  });

  test('the field table is there', () => {
    expect(EVENT_FIELDS.length).toBeGreaterThan(10);
    expect(cases.map((one) => one.path)).toEqual(
      expect.arrayContaining(['id', 'kernel.pid', 'entity.labels', 'rawData']),
    );
  });

  test.each(cases)('comes back without its last $path', ({ name, value }) => {
    const pool = new UnifiedEventPool();
    const event = pool.get();
    (event as any)[name] = value;
    pool.put(event);
    const again = pool.get();
    expect(again).toBe(event);
    expectBlank(again);
  });

  test("pooled decode leaking the previous event's fields: nothing is left, and what the last owner kept is not touched", () => {
    const pool = new UnifiedEventPool();
    const event = fill(pool.get());
    const kept = { ...event };
    pool.put(event);
    expectBlank(event);
    const again = pool.get();
    expect(again).toBe(event);
    expectBlank(again);
    fill(again).kernel!.pid = 1;
    expect(kept.kernel!.pid).toBe(7_777);
    expect(again.entity).not.toBe(kept.entity);
    expect(again.entity!.labels).not.toBe(kept.entity!.labels);
  });

  test('fields in any order, null and undefined ones', () => {
    const pool = new UnifiedEventPool();
    for (let round = 0; round < 3; round++) {
      const event = pool.get();
      expectBlank(event);
      for (const field of [...EVENT_FIELDS].reverse()) (event as any)[field.name] = secretValue(field);
      (event as any).kernel = null;
      (event as any).network = undefined;
      (event as any).type = undefined;
      pool.put(event);
    }
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 3, inUse: 0, idle: 1 });
  });

  test.each<[string, (event: any) => void]>([
    ['a foreign name', (event) => (event.extra = SECRET)],
    ['a symbol', (event) => (event[Symbol('tag')] = SECRET)],
    ['an index', (event) => (event[7] = SECRET)],
    ['a hidden property', (event) => Object.defineProperty(event, 'hidden', { value: SECRET })],
    ['a getter', (event) => Object.defineProperty(event, 'kernel', { get: () => ({ comm: SECRET }) })],
    [
      'an own __proto__',
      (event) => Object.defineProperty(event, '__proto__', { value: { network: SECRET } }),
    ],
    ['another prototype', (event) => Object.setPrototypeOf(event, { kernel: { pid: 1 } })],
    ['a field less', (event) => delete event.message],
  ])('an event takes nothing that blanking would miss: %s', (_name, spoil) => {
    const pool = new UnifiedEventPool();
    const event = fill(pool.get());
    expect(() => spoil(event)).toThrow(TypeError);
    pool.put(event);
    expect(pool.get()).toBe(event);
    expectBlank(event);
  });

  test.each([
    ['frozen', (event: UnifiedEvent) => Object.freeze(event)],
    [
      'with a field that cannot be written',
      (event: UnifiedEvent) => Object.defineProperty(event, 'message', { value: SECRET, writable: false }),
    ],
  ])('an event that is %s cannot be blanked: refused, and it stays in use', (_name, spoil) => {
    const pool = new UnifiedEventPool();
    const event = pool.get();
    spoil(event);
    expect(thrownBy(() => pool.put(event)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
    expectBlank(pool.get());
  });

  test.each<[string, (event: UnifiedEvent) => UnifiedEvent]>([
    ['a literal', () => ({ id: '', timestamp: 0n, type: '', source: '' })],
    ['a copy of a pooled event', (event) => ({ ...event })],
    ['a sealed copy', (event) => Object.seal({ ...event })],
    ['a Proxy of a pooled event', (event) => new Proxy(event, {})],
  ])('for what no pool made a blank event comes in: %s', (_name, make) => {
    const pool = new UnifiedEventPool();
    const event = make(fill(pool.get()));
    pool.put(event);
    expect(pool.getStats()).toMatchObject({ recycled: 1, inUse: 0, idle: 1 });
    pool.put(make(fill(pool.get())));
    pool.put(make(fill(pool.get())));
    expect(pool.getStats()).toMatchObject({ recycled: 3, inUse: 0, idle: 1 });
    const again = pool.get();
    expect(again).not.toBe(event);
    expectBlank(again);
  });

  test('a Proxy that does not tell what it inherits from is refused', () => {
    const pool = new UnifiedEventPool();
    const silent = new Proxy(pool.get(), {
      getPrototypeOf() {
        throw new RangeError('silent');
      },
    });
    expect(thrownBy(() => pool.put(silent)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
  });

  test('what inherits from a pooled event is refused', () => {
    const pool = new UnifiedEventPool();
    const event = pool.get();
    expect(thrownBy(() => pool.put(Object.create(event) as UnifiedEvent)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
  });

  test('a view is decoded into an event of a pool, and nothing of what was there is left', () => {
    const pool = new UnifiedEventPool();
    const buffer = new EventBuffer(8);
    const small: UnifiedEvent = { id: 'i', timestamp: 5n, type: 't', source: 's', message: 'm' };
    const kernel = { syscall: 'read', comm: 'c', pid: 1, tid: 2, uid: 3, gid: 4, returnCode: 5, cpuCore: 6 };
    const plain: UnifiedEvent = { id: 'j', timestamp: 6n, type: 't', source: 's', severity: 'info', kernel };
    const into = pool.get();
    for (const event of [small, plain, small]) {
      fill(into);
      buffer.put(event);
      buffer.consume((view) => expect(view.toEvent(into)).toBe(into));
      expect(into).toEqual(event);
      expect(Object.keys(into).sort()).toEqual(NAMES);
    }
    buffer.close();
  });

  test.each([[undefined], [null], [7], ['text'], [[]], [() => 1]])('put(%p) is refused', (value) => {
    const pool = new UnifiedEventPool();
    expect(thrownBy(() => pool.put(value as any)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(pool.getStats()).toEqual({ allocated: 0, recycled: 0, inUse: 0, idle: 0 });
  });

  test('prewarm, maxIdle and exact stats', () => {
    const pool = new UnifiedEventPool({ maxIdle: 3 });
    pool.prewarm(2);
    expect(pool.getStats()).toEqual({ allocated: 2, recycled: 0, inUse: 0, idle: 2 });
    const events = [pool.get(), pool.get(), pool.get(), pool.get()];
    expect(new Set(events).size).toBe(4);
    expect(pool.getStats()).toEqual({ allocated: 4, recycled: 0, inUse: 4, idle: 0 });
    for (const event of events) pool.put(event);
    expect(pool.getStats()).toEqual({ allocated: 4, recycled: 4, inUse: 0, idle: 3 });
  });

  test.each(BAD_COUNTS)('negative or fractional counts: prewarm(%p), maxIdle', (bad, shown) => {
    const pool = new UnifiedEventPool();
    expect(thrownBy(() => pool.prewarm(bad as number))).toEqual(badCountError('count', shown));
    expect(pool.getStats()).toEqual({ allocated: 0, recycled: 0, inUse: 0, idle: 0 });
    const make = () => new UnifiedEventPool({ maxIdle: bad as number });
    expect(thrownBy(make)).toEqual(badCountError('maxIdle', shown));
  });

  test('bad options', () => {
    for (const options of [null, 7, { debug: 1 }]) {
      expect(thrownBy(() => new UnifiedEventPool(options as any)).code).toBe('ERR_INVALID_ARGUMENT');
    }
  });

  test('debug: double put, foreign events and what is out', () => {
    const pool = new UnifiedEventPool({ debug: true });
    function takeHere() {
      return pool.get();
    }
    const event = takeHere();
    expect(pool.outstanding()).toHaveLength(1);
    expect(pool.outstanding()[0]).toContain('takeHere');
    expect(thrownBy(() => pool.put({ ...event })).code).toBe('ERR_INVALID_ARGUMENT');
    pool.put(event);
    const error = thrownBy(() => pool.put(event));
    expect(error.code).toBe('ERR_POOL_DOUBLE_PUT');
    expect(error.message).toContain('takeHere');
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 1, inUse: 0, idle: 1 });
    expect(pool.outstanding()).toEqual([]);
  });
});
