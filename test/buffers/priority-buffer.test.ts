/** PriorityBuffer: what comes first, which level an event goes to, levels that are full, its threads. */
import { once } from 'node:events';
import fc from 'fast-check';
import {
  createEvent,
  EventBuffer,
  PriorityBuffer,
  type Priority,
  type Severity,
  type UnifiedEvent,
  UnifiedEventPool,
} from '@tapio/performance';
import { NO_INTEGER, TOO_LARGE, ZEROS } from '../support/bad-values';
import { closedError, codeOf, rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, range, spanning } from '../support/events';
import { checkSequences, equal, seed } from '../support/property';
import { startWorker } from '../support/threads';
import { isPending, turn } from '../support/waits';

const LEVELS: readonly Priority[] = ['critical', 'high', 'normal', 'low'];
/** A route by the event's category. */
const byCategory = (event: UnifiedEvent): Priority => event.category as Priority;
const at = (category: Priority, n: number): UnifiedEvent => ({ ...numbered(n), category });
const names = (events: UnifiedEvent[]): string[] => events.map((event) => `${event.category} ${event.id}`);

describe('the default route', () => {
  test.each<[Priority, Partial<UnifiedEvent>]>([
    ['critical', { severity: 'critical' }],
    ['high', { severity: 'high' }],
    ['high', { severity: 'error' }],
    ['normal', { severity: 'medium' }],
    ['normal', { severity: 'warning' }],
    ['low', { severity: 'low' }],
    ['low', { severity: 'info' }],
    ['low', { severity: 'debug' }],
    ['low', {}],
    ['high', { application: { level: 'error' } }],
    ['low', { application: { level: 'constructor' } }],
    ['normal', { kubernetes: { eventType: 'Warning' } }],
    [
      'critical',
      {
        impact: {
          severity: 'critical',
          infrastructureImpact: 1,
          affectedServices: [],
          sloImpact: false,
          systemCritical: false,
          cascadeRisk: false,
        },
      },
    ],
    ['low', { severity: 'low', application: { level: 'critical' } }],
  ])('%s: %j', (level, fields) => {
    const buffer = new PriorityBuffer({});
    buffer.put(createEvent(fields));
    expect(LEVELS.filter((each) => buffer.getStats()[each].puts === 1)).toEqual([level]);
  });

  test('leaves it to the put to say what is wrong with an event', () => {
    const buffer = new PriorityBuffer({});
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const bad of [undefined, null, 7, proxy, { ...numbered(1), severity: 'loud' }]) {
      expect(thrownBy(() => buffer.tryPut(bad as UnifiedEvent)).code).toBe('ERR_INVALID_EVENT');
    }
    expect(buffer.size).toBe(0);
  });
});

test('the most urgent comes first, by every way of taking; those of a level in their order', async () => {
  const expected = ['critical 4', 'critical 6', 'high 1', 'high 5', 'normal 2', 'low 0', 'low 3'];
  const ways: Record<string, (buffer: PriorityBuffer) => Promise<UnifiedEvent[]> | UnifiedEvent[]> = {
    tryGet: (buffer) => range(0, 7).map(() => buffer.tryGet()!),
    get: (buffer) => range(0, 7).map(() => buffer.get()),
    getBatch: (buffer) => buffer.getBatch(100),
    drainTo: (buffer) => {
      const target = new Array<UnifiedEvent>(7);
      return target.slice(0, buffer.drainTo(target));
    },
    consume: (buffer) => {
      const events: UnifiedEvent[] = [];
      buffer.consume((view) => events.push(view.toEvent()));
      return events;
    },
    getAsync: (buffer) => Promise.all(range(0, 7).map(() => buffer.getAsync())),
    batches: async (buffer) => {
      const events: UnifiedEvent[] = [];
      for await (const batch of buffer.batches({ maxCount: 2 })) events.push(...batch);
      return events;
    },
    iteration: async (buffer) => {
      const events: UnifiedEvent[] = [];
      for await (const event of buffer) events.push(event);
      return events;
    },
  };
  for (const [way, take] of Object.entries(ways)) {
    const buffer = new PriorityBuffer({}, byCategory);
    (['low', 'high', 'normal', 'low', 'critical', 'high', 'critical'] as const).forEach((level, n) =>
      buffer.put(at(level, n)),
    );
    buffer.close();
    expect([way, names(await take(buffer))]).toEqual([way, expected]);
  }
});

test('an urgent event that comes later is taken before what waited', () => {
  const buffer = new PriorityBuffer({}, byCategory);
  range(0, 3).forEach((n) => buffer.put(at('low', n)));
  expect(names([buffer.get()])).toEqual(['low 0']);
  buffer.put(at('critical', 9));
  expect(names(buffer.getBatch(9))).toEqual(['critical 9', 'low 1', 'low 2']);
});

test('a level that is left out has 1024 slots, and the levels add up', () => {
  const buffer = new PriorityBuffer({ critical: 2, low: 8 });
  expect(LEVELS.map((level) => buffer.getStats()[level].capacity)).toEqual([2, 1024, 1024, 8]);
  expect(buffer.capacity).toBe(2 + 1024 + 1024 + 8);
  expect(new PriorityBuffer({ high: undefined }).capacity).toBe(4096);
});

describe('a full level', () => {
  const make = (onFull?: 'drop-oldest'): PriorityBuffer =>
    new PriorityBuffer({ critical: 1, high: 2, normal: 1, low: 4 }, byCategory, { onFull });

  test('refuses, names itself, and leaves the others alone', () => {
    const buffer = make();
    buffer.put(at('critical', 0));
    expect(buffer.tryPut(at('critical', 1))).toBe(false);
    expect(thrownBy(() => buffer.put(at('critical', 1)))).toMatchObject({
      code: 'ERR_BUFFER_FULL',
      message: expect.stringContaining('critical'),
    });
    expect(buffer.tryPut(at('low', 2))).toBe(true);
    expect(buffer.getStats()).toMatchObject({
      critical: { puts: 1, rejected: 2, isFull: true },
      high: { puts: 0, rejected: 0 },
      low: { puts: 1, rejected: 0 },
    });
    expect(buffer.isFull).toBe(false);
  });

  test('ends a batch, whose rest is counted in its levels', () => {
    const buffer = make();
    const levels: Priority[] = ['low', 'low', 'high', 'critical', 'critical', 'low', 'high', 'low'];
    expect(buffer.putBatch(levels.map(at))).toBe(4);
    expect(buffer.getStats()).toMatchObject({
      critical: { puts: 1, rejected: 1 },
      high: { puts: 1, rejected: 1 },
      low: { puts: 2, rejected: 2 },
    });
    expect(names(buffer.getBatch(9))).toEqual(['critical 3', 'high 2', 'low 0', 'low 1']);
  });

  test('drops its own oldest under drop-oldest', () => {
    const buffer = make('drop-oldest');
    buffer.putBatch(range(0, 5).map((n) => at('high', n)));
    buffer.put(at('low', 5));
    expect(names(buffer.getBatch(9))).toEqual(['high 3', 'high 4', 'low 5']);
    expect(buffer.getStats()).toMatchObject({ high: { discarded: 3 }, low: { discarded: 0 } });
  });

  test('makes putAsync wait, and those of other levels do not wait behind it', async () => {
    const buffer = make();
    buffer.put(at('critical', 0));
    buffer.put(at('normal', 1));
    const critical = buffer.putAsync(at('critical', 2));
    const normal = buffer.putAsync(at('normal', 3));
    await buffer.putAsync(at('low', 4));
    expect(names([buffer.get()])).toEqual(['critical 0']);
    await critical;
    expect(await isPending(normal)).toBe(true);
    expect(names(buffer.getBatch(2))).toEqual(['critical 2', 'normal 1']);
    await normal;
    expect(names(buffer.getBatch(9))).toEqual(['normal 3', 'low 4']);
  });

  test('an event that can never fit into its level is too large for it, not for others', () => {
    const buffer = new PriorityBuffer({ critical: 1, low: 4 }, byCategory);
    const large = spanning(1, 2, 512);
    expect(thrownBy(() => buffer.put({ ...large, category: 'critical' })).code).toBe('ERR_EVENT_TOO_LARGE');
    buffer.put({ ...large, rawData: large.rawData!.subarray(16), category: 'low' });
    expect(buffer.size).toBe(2);
  });
});

describe('a batch with something wrong in it', () => {
  test.each<[string, unknown, string]>([
    ['an event', { ...numbered(2), category: 'high', type: 7 }, 'ERR_INVALID_EVENT'],
    ['a level', { ...numbered(2), category: 'urgent' }, 'ERR_INVALID_ARGUMENT'],
  ])('stores what comes before %s, and says how many', (_what, bad, code) => {
    const buffer = new PriorityBuffer({}, byCategory);
    const events = [at('low', 0), at('high', 1), bad as UnifiedEvent, at('high', 3)];
    expect(thrownBy(() => buffer.putBatch(events))).toMatchObject({ code, stored: 2 });
    expect(names(buffer.getBatch(9))).toEqual(['high 1', 'low 0']);
  });

  test('what route throws goes through', () => {
    const buffer = new PriorityBuffer({}, () => {
      throw new Error('no route');
    });
    for (const put of [
      () => buffer.put(numbered(1)),
      () => buffer.tryPut(numbered(1)),
      () => buffer.putBatch([numbered(1)]),
    ])
      expect(put).toThrow('no route');
    expect(buffer.size).toBe(0);
  });
});

describe('fairShare', () => {
  const taken = (fairShare: number, take: (buffer: PriorityBuffer) => UnifiedEvent[]): string => {
    const buffer = new PriorityBuffer({}, byCategory, { fairShare });
    for (let n = 0; n < 300; n++) {
      buffer.put(at('critical', n));
      if (n % 30 === 0) buffer.put(at('normal', n));
      if (n % 60 === 0) buffer.put(at('low', n));
    }
    return take(buffer)
      .map(({ category }) => category![0])
      .join('');
  };

  test('0: strictly by urgency', () =>
    expect(taken(0, (buffer) => buffer.getBatch(400))).toMatch(/^c{300}n{10}l{5}$/));

  test.each([1, 3, 64, 1000])('0.2, in batches of %i: one of five, the levels in turn', (count) => {
    const order = taken(0.2, (buffer) => {
      const events: UnifiedEvent[] = [];
      while (!buffer.isEmpty) events.push(...buffer.getBatch(count));
      return events;
    });
    expect(order).toMatch(/^(c{4}nc{4}l){5}(c{4}n){5}c+$/);
    expect(order).toHaveLength(315);
  });

  test('does not slow down an urgent level that is alone', () => {
    const buffer = new PriorityBuffer({}, byCategory, { fairShare: 0.5 });
    range(0, 100).forEach((n) => buffer.put(at('critical', n)));
    expect(buffer.getBatch(1000).map(numberOf)).toEqual(range(0, 100));
  });
});

test(`random puts and takes agree with four arrays, seed ${seed}`, () => {
  type Command = { level: number; take: number; clear: boolean };
  const command: fc.Arbitrary<Command> = fc.record({
    level: fc.nat({ max: 3 }),
    take: fc.oneof(fc.constant(0), fc.nat({ max: 6 })),
    clear: fc.nat({ max: 40 }).map((n) => n === 0),
  });
  checkSequences(300, command, (commands) => {
    const buffer = new PriorityBuffer({ critical: 1, high: 2, normal: 4, low: 8 }, byCategory);
    const model: number[][] = [[], [], [], []];
    let n = 0;
    for (const { level, take, clear } of commands) {
      const fits = model[level].length < 1 << level;
      equal('tryPut', buffer.tryPut(at(LEVELS[level], n)), fits);
      if (fits) model[level].push(n);
      n++;
      if (clear) {
        buffer.clear();
        model.forEach((each) => each.splice(0));
      }
      for (const event of buffer.getBatch(take)) {
        equal('event', numberOf(event), model.find((each) => each.length > 0)!.shift());
      }
      equal(
        'size',
        buffer.size,
        model.reduce((sum, each) => sum + each.length, 0),
      );
    }
    buffer.close();
  });
});

describe('across threads', () => {
  test('an attached instance puts by its own route and waits for all levels', async () => {
    const buffer = new PriorityBuffer({});
    const other = PriorityBuffer.attach(buffer.handle, { route: () => 'critical' });
    for (const [n, level] of LEVELS.entries()) {
      const wait = other.getAsync();
      await turn();
      PriorityBuffer.attach(buffer.handle, { route: () => level }).put(numbered(n));
      expect(numberOf(await wait)).toBe(n);
    }
    other.put(numbered(9));
    expect(buffer.getStats().critical.size).toBe(1);
  });

  test.each(['getAsync', 'iterate', 'batches', 'ready', 'waitSync'] as const)(
    'a worker asleep in %s hears of every level, and of close',
    async (way) => {
      const buffer = new PriorityBuffer({}, byCategory, { wakeIntervalMicros: 0 });
      const { worker } = startWorker('waiter.worker', { handle: buffer.handle, way });
      await once(worker, 'message');
      const report = once(worker, 'message').then(([{ got }]) => got as number[]);
      for (const [n, level] of LEVELS.entries()) {
        buffer.put(at(level, n));
        while (!buffer.isEmpty) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      buffer.close();
      expect(await report).toEqual([0, 1, 2, 3]);
    },
  );

  test('what is no handle of a PriorityBuffer is refused', () => {
    const { handle } = new EventBuffer(8);
    expect(thrownBy(() => PriorityBuffer.attach(handle)).code).toBe('ERR_INVALID_ARGUMENT');
    const { id } = new PriorityBuffer({}).handle;
    expect(thrownBy(() => EventBuffer.attach({ kind: 'EventBuffer', id })).code).toBe('ERR_INVALID_ARGUMENT');
  });

  test('an instance that has let go answers every put with ERR_BUFFER_CLOSED, for levels old and new', async () => {
    const buffer = new PriorityBuffer({}, byCategory);
    const other = PriorityBuffer.attach(buffer.handle, { route: byCategory });
    other.put(at('high', 1));
    other[Symbol.dispose]();
    for (const level of LEVELS) {
      expect(await codeOf(() => other.tryPut(at(level, 1)))).toBe('ERR_BUFFER_CLOSED');
      expect(await codeOf(() => other.putAsync(at(level, 1)))).toBe('ERR_BUFFER_CLOSED');
    }
    expect(names(buffer.getBatch(9))).toEqual(['high 1']);
  });

  test('close ends waits for room in every level', async () => {
    const buffer = new PriorityBuffer({ critical: 1, high: 1, normal: 1, low: 1 }, byCategory);
    LEVELS.forEach((level, n) => buffer.put(at(level, n)));
    const waits = LEVELS.map((level) => rejectionOf(buffer.putAsync(at(level, 9))));
    await turn();
    buffer.close();
    for (const wait of waits) expect(await wait).toEqual(closedError());
  });
});

test('decodes into pooled events', () => {
  const pool = new UnifiedEventPool();
  const buffer = new PriorityBuffer({}, undefined, { pool });
  buffer.put(numbered(1));
  pool.put(buffer.get());
  expect(pool.getStats()).toMatchObject({ recycled: 1 });
});

describe('bad input', () => {
  const codeAndMessage = (run: () => unknown): [string, string] => {
    const { code, message } = thrownBy(run);
    return [code, message];
  };

  test.each([...NO_INTEGER, ...TOO_LARGE, ...ZEROS, [3, '3'] as const])(
    'a capacity of %p',
    (value, shown) => {
      const [code, message] = codeAndMessage(() => new PriorityBuffer({ normal: value as number }));
      expect(code).toBe('ERR_INVALID_CAPACITY');
      expect(message).toContain('capacities.normal');
      expect(message).toContain(shown);
    },
  );

  test.each<[unknown, string]>([
    [null, 'null'],
    [16, '16'],
    [{ urgent: 16 }, 'urgent'],
    [[16], '"0"'],
  ])('capacities %p', (value, shown) => {
    const [code, message] = codeAndMessage(() => new PriorityBuffer(value as object));
    expect(code).toBe('ERR_INVALID_ARGUMENT');
    expect(message).toContain(shown);
  });

  test.each([-0.1, 0.51, 1, NaN, Infinity, '0.1', null])('a fairShare of %p', (value) => {
    const [code, message] = codeAndMessage(
      () => new PriorityBuffer({}, undefined, { fairShare: value as number }),
    );
    expect(code).toBe('ERR_INVALID_ARGUMENT');
    expect(message).toContain('fairShare');
  });

  test('a route that is no function, or names no level', () => {
    expect(codeAndMessage(() => new PriorityBuffer({}, 'high' as never))[0]).toBe('ERR_INVALID_ARGUMENT');
    expect(
      codeAndMessage(() => PriorityBuffer.attach(new PriorityBuffer({}).handle, { route: 7 as never }))[0],
    ).toBe('ERR_INVALID_ARGUMENT');
    for (const level of [undefined, 'HIGH', 0, 'toString', 'info' satisfies Severity]) {
      const [code, message] = codeAndMessage(() =>
        new PriorityBuffer({}, () => level as Priority).put(numbered(1)),
      );
      expect(code).toBe('ERR_INVALID_ARGUMENT');
      expect(message).toContain('route');
    }
  });
});
