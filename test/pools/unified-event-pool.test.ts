import path from 'node:path';
import { encodeEvent, eventToJSON, UnifiedEventPool, type UnifiedEvent } from '@tapio/performance';
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

function expectBlank(event: UnifiedEvent): void {
  expect(Reflect.ownKeys(event).sort()).toEqual(['id', 'source', 'timestamp', 'type']);
  expect(Object.keys(event).sort()).toEqual(['id', 'source', 'timestamp', 'type']);
  expect(event).toStrictEqual(BLANK);
  for (const { name, optional } of EVENT_FIELDS) if (optional) expect(name in event).toBe(false);
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

  test('fields in any order, null, undefined and deleted ones', () => {
    const pool = new UnifiedEventPool();
    for (let round = 0; round < 3; round++) {
      const event = pool.get();
      expectBlank(event);
      for (const field of [...EVENT_FIELDS].reverse()) (event as any)[field.name] = secretValue(field);
      (event as any).kernel = null;
      (event as any).network = undefined;
      delete (event as any).type;
      delete (event as any).message;
      pool.put(event);
    }
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 3, inUse: 0, idle: 1 });
  });

  test('properties that are no fields go too: foreign names, symbols, hidden and read-only ones, getters', () => {
    const pool = new UnifiedEventPool();
    const event = pool.get() as any;
    event.extra = SECRET;
    event[Symbol('tag')] = SECRET;
    event[7] = SECRET;
    event.__proto = SECRET;
    Object.defineProperty(event, 'hidden', { value: SECRET, configurable: true });
    Object.defineProperty(event, 'kernel', {
      get: () => ({ comm: SECRET }),
      enumerable: true,
      configurable: true,
    });
    Object.defineProperty(event, '__proto__', {
      value: { network: SECRET },
      enumerable: true,
      configurable: true,
    });
    pool.put(event);
    const again = pool.get();
    expect(again).toBe(event);
    expectBlank(again);
    expect((Object.prototype as any).network).toBeUndefined();
  });

  test.each([
    ['frozen', (event: UnifiedEvent) => Object.freeze(event)],
    ['sealed', (event: UnifiedEvent) => Object.seal(event)],
    ['not extensible', (event: UnifiedEvent) => Object.preventExtensions(event)],
    ['of another prototype', (event: UnifiedEvent) => Object.setPrototypeOf(event, { kernel: { pid: 1 } })],
    [
      'with a property that cannot be deleted',
      (event: UnifiedEvent) => Object.defineProperty(event, 'message', { value: SECRET }),
    ],
  ])('an event that is %s cannot be blanked: refused, and it stays in use', (_name, spoil) => {
    const pool = new UnifiedEventPool();
    const event = pool.get();
    spoil(event);
    expect(thrownBy(() => pool.put(event)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
    expectBlank(pool.get());
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
