/** The Correlator: what it finds, once and in any order, and how it says so. */
import {
  encodeEvent,
  EventBuffer,
  PriorityBuffer,
  type TapioError,
  type UnifiedEvent,
} from '@tapio/performance';
import { Correlator, type CorrelatorOptions } from '@tapio/performance/correlation';
import fc from 'fast-check';
import { NO_INTEGER, TOO_LARGE, ZEROS } from '../support/bad-values';
import { thrownBy } from '../support/errors';
import { range } from '../support/events';
import { seed } from '../support/property';

const MS = 1_000_000n;
const START = 1_700_000_000_000n * MS;

let made = 0;
const event = (type: string, ms: number, fields: Partial<UnifiedEvent> = {}): UnifiedEvent => ({
  id: `${type} ${++made}`,
  timestamp: START + BigInt(ms) * MS,
  type,
  source: 'test',
  ...fields,
});
const process = (pid: number): Partial<UnifiedEvent> => ({ kernel: { pid } });
const pod = (name: string): Partial<UnifiedEvent> => ({ entity: { type: 'pod', name, namespace: 'shop' } });
const failure = (ms: number, fields: Partial<UnifiedEvent>): UnifiedEvent =>
  event('log', ms, { severity: 'error', ...fields });

const observeAll = (events: UnifiedEvent[], correlator = new Correlator()): UnifiedEvent[] =>
  events.flatMap((each) => [...correlator.observe(each)]);
const chainsOf = (found: UnifiedEvent[]): string[][] =>
  found
    .filter(({ type }) => type === 'correlation.chain')
    .map(({ correlation }) => correlation?.causalChain ?? []);
const permutations = <T>(items: T[]): T[][] =>
  items.length < 2
    ? [items]
    : items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]));

describe('a chain of causes', () => {
  test('is told as an event that names what it is made of', () => {
    const exec = event('process.exec', 0, { kernel: { pid: 7, comm: 'payments' } });
    const connect = event('tcp.open', 3, { ...process(7), network: { direction: 'egress' } });
    const error = event('log', 250, { severity: 'critical', kernel: { pid: 7, comm: 'payments', uid: 5 } });
    const [found, ...others] = observeAll([exec, connect, error]);
    expect(others).toEqual([]);
    const ids = [exec.id, connect.id, error.id];
    expect(found).toEqual({
      id: expect.stringMatching(/^[\da-f]{32}$/),
      timestamp: error.timestamp,
      type: 'correlation.chain',
      source: 'correlation',
      category: 'correlation',
      severity: 'critical',
      message: 'process.exec -> tcp.open -> log within 250 ms',
      kernel: { pid: 7, comm: 'payments' },
      correlation: {
        correlationId: expect.stringMatching(/^[\da-f]{32}$/),
        groupId: 'process:7',
        parentEventId: exec.id,
        causalChain: ids,
        relatedEvents: ids,
        pattern: 'exec-connect-error',
        stage: 'error',
      },
    });
    expect(encodeEvent(found, new Uint8Array(4096))).toBeGreaterThan(0);
  });

  test('is found once in whatever order its events come, with the severity of the error', () => {
    const events = [
      event('process.start', 0, process(1)),
      event('connect', 5, process(1)),
      event('write', 9, { ...process(1), severity: 'high' }),
      event('read', 10, process(1)),
    ];
    for (const order of permutations(events)) {
      const found = observeAll(order);
      expect(chainsOf(found)).toEqual([events.slice(0, 3).map(({ id }) => id)]);
      expect(found[0].severity).toBe('high');
    }
  });

  test.each<[string, UnifiedEvent[]]>([
    ['no connection', [event('exec', 0, process(1)), failure(2, process(1))]],
    ['no start', [event('connect', 1, process(1)), failure(2, process(1))]],
    [
      'no error',
      [event('exec', 0, process(1)), event('connect', 1, process(1)), event('log', 2, process(1))],
    ],
    [
      'a connection before the start',
      [event('connect', 0, process(1)), event('exec', 1, process(1)), failure(2, process(1))],
    ],
    [
      'an error before the connection',
      [event('exec', 0, process(1)), failure(1, process(1)), event('connect', 2, process(1))],
    ],
    [
      'another process',
      [event('exec', 0, process(1)), event('connect', 1, process(2)), failure(2, process(1))],
    ],
    ['another entity', [event('exec', 0, pod('a')), event('connect', 1, pod('b')), failure(2, pod('a'))]],
    [
      'other processes of one entity',
      [
        event('exec', 0, { ...pod('a'), ...process(1) }),
        event('connect', 1, { ...pod('a'), ...process(2) }),
        failure(2, { ...pod('a'), ...process(2) }),
      ],
    ],
    [
      'a connection from outside',
      [
        event('exec', 0, process(1)),
        event('tcp.open', 1, { ...process(1), network: { direction: 'ingress' } }),
        failure(2, process(1)),
      ],
    ],
    [
      'an error after the window',
      [event('exec', 0, process(1)), event('connect', 1, process(1)), failure(5000, process(1))],
    ],
    ['events of nobody', [event('exec', 0), event('connect', 1), failure(2, {})]],
  ])('%s: is none', (_, events) => {
    for (const order of permutations(events)) expect(observeAll(order)).toEqual([]);
  });

  test('explains each error once, with one connection each', () => {
    const [exec, first, second] = [
      event('exec', 0, process(1)),
      event('connect', 1, process(1)),
      event('connect', 2, process(1)),
    ];
    const errors = range(3, 7).map((ms) => failure(ms, process(1)));
    const chains = chainsOf(observeAll([exec, first, second, ...errors]));
    expect(chains).toEqual([
      [exec.id, second.id, errors[0].id],
      [exec.id, first.id, errors[1].id],
    ]);
  });

  test.each<[string, Partial<UnifiedEvent>]>([
    ['a refused system call', { kernel: { pid: 3, syscall: 'connect', returnCode: -111 } }],
    ['an error by its severity', { ...process(3), severity: 'error', network: { direction: 'egress' } }],
  ])('a connection that fails is connection and error: %s', (_, fields) => {
    const exec = event('kernel.syscall', 0, { kernel: { pid: 3, syscall: 'execve', returnCode: 0 } });
    const connect = event('connect', 1, fields);
    expect(chainsOf(observeAll([exec, connect]))).toEqual([[exec.id, connect.id]]);
  });

  test.each([
    [0, true],
    [-115, true],
    [-4, true],
    // As of the socket of nscd, which is on few machines and is asked for by each C library.
    [-2, false],
    [-13, false],
  ])('a connect that returns %i leads to an error behind it: %s', (returnCode, leads) => {
    const exec = event('exec', 0, process(1));
    const connect = event('network.connect', 1, { kernel: { pid: 1, returnCode } });
    const exit = event('process.exit', 2, { kernel: { pid: 1, returnCode: 1 } });
    expect(chainsOf(observeAll([exec, connect, exit]))).toEqual(
      leads ? [[exec.id, connect.id, exit.id]] : [],
    );
  });

  test.each<[string, Partial<UnifiedEvent>, string]>([
    ['a status of 500', { network: { statusCode: 503 } }, 'error'],
    ['a broken connection', { kernel: { pid: 1, returnCode: -104 } }, 'error'],
    ['a level of its application', { application: { level: 'error' } }, 'error'],
    ['an impact', { impact: { ...impact(), severity: 'high' } }, 'high'],
  ])('%s is an error', (_, fields, severity) => {
    const events = [event('exec', 0, pod('a')), event('connect', 1, pod('a'))];
    const found = observeAll([...events, event('any', 2, { ...pod('a'), ...fields })]);
    expect(found).toMatchObject([{ type: 'correlation.chain', severity, entity: pod('a').entity }]);
  });
});

const fork = (ms: number, parent: number, child: number, fields: Partial<UnifiedEvent> = {}): UnifiedEvent =>
  event('process.fork', ms, { ...fields, kernel: { pid: parent, args: { childPid: String(child) } } });

describe('a chain across a fork', () => {
  const refused = (ms: number, pid: number): UnifiedEvent =>
    event('network.connect', ms, {
      kernel: { pid, returnCode: -111 },
      network: { destIP: '10.0.0.5', destPort: 5432, direction: 'egress' },
    });

  test.each<[string, UnifiedEvent[]]>([
    [
      'a worker connects and fails',
      [event('exec', 0, process(1)), fork(1, 1, 2), event('connect', 2, process(2)), failure(3, process(2))],
    ],
    ['a worker is refused', [event('exec', 0, process(1)), fork(1, 1, 2), refused(2, 2)]],
    ['a worker of a worker', [event('exec', 0, process(1)), fork(1, 1, 2), fork(2, 2, 3), refused(3, 3)]],
    [
      'a worker fails with the connection it was given',
      [event('exec', 0, process(1)), event('connect', 1, process(1)), fork(2, 1, 2), failure(3, process(2))],
    ],
    [
      'who made the worker tells its failure',
      [event('exec', 0, process(1)), fork(1, 1, 2), event('connect', 2, process(2)), failure(3, process(1))],
    ],
    [
      'in one entity',
      [
        event('exec', 0, { ...pod('a'), ...process(1) }),
        fork(1, 1, 2, pod('a')),
        event('connect', 2, { ...pod('a'), ...process(2) }),
        failure(3, { ...pod('a'), ...process(2) }),
      ],
    ],
    [
      'a program ends with a status',
      [
        event('exec', 0, process(1)),
        fork(1, 1, 2),
        event('network.connect', 2, { kernel: { pid: 2, returnCode: -115 } }),
        event('process.exit', 3, { kernel: { pid: 2, returnCode: 7 } }),
      ],
    ],
  ])('%s: is one, in whatever order its events come', (_, events) => {
    const steps = events.filter(({ type }) => type !== 'process.fork').map(({ id }) => id);
    for (const order of permutations(events)) expect(chainsOf(observeAll(order))).toEqual([steps]);
  });

  test.each<[string, UnifiedEvent[]]>([
    [
      'a child that became another program',
      [fork(1, 1, 2), event('exec', 2, process(2)), failure(4, process(2))],
    ],
    ['a fork before the start', [fork(-1, 1, 2), failure(4, process(2))]],
    ['a connection after the fork', [fork(1, 1, 2), failure(4, process(2))]],
    ['a process of another parent', [fork(1, 3, 2), failure(4, process(2))]],
    [
      'an end that was asked for',
      [event('process.exit', 4, { kernel: { pid: 1, returnCode: 143, args: { signal: 'SIGTERM' } } })],
    ],
  ])('%s: is none', (_, events) => {
    const all = [event('exec', 0, process(1)), event('connect', 3, process(1)), ...events];
    for (const order of permutations(all)) expect(observeAll(order)).toEqual([]);
  });

  test('an error belongs to the connection whose address it names, and the chain tells it', () => {
    const to = (destIP: string, destPort: number): Partial<UnifiedEvent> => ({
      ...process(1),
      network: { destIP, destPort },
    });
    const [exec, first, second] = [
      event('exec', 0, process(1)),
      event('connect', 1, to('10.0.0.5', 5432)),
      event('connect', 2, to('fd00::1', 443)),
    ];
    const error = failure(3, to('10.0.0.5', 5432));
    const found = observeAll([exec, first, second, error]);
    expect(chainsOf(found)).toEqual([[exec.id, first.id, error.id]]);
    expect(found[0].message).toBe('exec -> connect 10.0.0.5:5432 -> log 10.0.0.5:5432 within 3 ms');
    const other = observeAll([exec, second, failure(3, process(1))]);
    expect(other[0].message).toBe('exec -> connect [fd00::1]:443 -> log within 3 ms');
  });

  test('a pid that is used again is another process', () => {
    const events = [
      event('exec', 0, process(1)),
      fork(1, 1, 2),
      fork(3, 9, 2),
      event('connect', 4, process(2)),
      failure(5, process(2)),
    ];
    for (const order of permutations(events)) {
      // What is late may still be taken for what was known until then.
      if (order.indexOf(events[2]) < order.indexOf(events[4])) expect(observeAll(order)).toEqual([]);
    }
  });
});

function impact(): NonNullable<UnifiedEvent['impact']> {
  return {
    severity: 'low',
    infrastructureImpact: 0,
    affectedServices: [],
    sloImpact: false,
    systemCritical: false,
    cascadeRisk: false,
  };
}

describe('a burst', () => {
  const options = { windowMs: 1000, burstEvents: 10 };

  test('is told as an event that names what it is made of', () => {
    const events = range(0, 10).map((i) => event('fork', i * 100, { ...pod('cart'), ...process(5) }));
    const found = observeAll(events, new Correlator(options));
    expect(found).toEqual([
      {
        id: expect.any(String),
        timestamp: events[9].timestamp,
        type: 'correlation.burst',
        source: 'correlation',
        category: 'correlation',
        severity: 'warning',
        message: '10 events fork within 900 ms',
        entity: { type: 'pod', name: 'cart', namespace: 'shop' },
        kernel: { pid: 5 },
        correlation: {
          correlationId: expect.any(String),
          groupId: 'entity:shop/cart',
          parentEventId: events[0].id,
          relatedEvents: events.map(({ id }) => id),
          pattern: 'burst',
          stage: 'started',
        },
      },
    ]);
  });

  test.each([
    ['one event less', range(0, 9), () => process(1)],
    ['over more than the window', range(0, 100).map((i) => i * 112), () => process(1)],
    ['of many processes', range(0, 100), (i: number) => process(i)],
    ['of many entities', range(0, 100), (i: number) => ({ ...process(1), ...pod(`pod ${i}`) })],
  ])('%s: is none', (_, times, group) => {
    const events = times.map((ms, i) => event('fork', ms, group(i)));
    expect(observeAll(events, new Correlator(options))).toEqual([]);
    // The same at once, of one process, is one.
    const burst = range(0, 10).map((i) => event('fork', i, process(1)));
    expect(observeAll(burst, new Correlator(options))).toHaveLength(1);
  });

  test('of many types is none', () => {
    const events = range(0, 100).map((i) => event(`type ${i}`, i, process(1)));
    expect(observeAll(events, new Correlator(options))).toEqual([]);
  });

  test('that goes on is told of once, and again when it was over', () => {
    const correlator = new Correlator(options);
    const steady = range(0, 1000).map((i) => event('fork', i * 10, process(1)));
    expect(observeAll(steady, correlator)).toHaveLength(1);
    const slow = range(0, 20).map((i) => event('fork', 10_000 + i * 300, process(1)));
    expect(observeAll(slow, correlator)).toHaveLength(0);
    const again = range(0, 10).map((i) => event('fork', 20_000 + i, process(1)));
    expect(observeAll(again, correlator)).toHaveLength(1);
    expect(correlator.getStats()).toEqual({ observed: 1030, ungrouped: 0, bursts: 2, chains: 0 });
  });
});

test('events without a group, with endless texts, or made by a correlator belong to no group', () => {
  const correlator = new Correlator({ burstEvents: 2 });
  const long = 'x'.repeat(257);
  const own = event('correlation.burst', 3, { ...process(1), source: 'correlation' });
  const strangers = [
    event('log', 0),
    event('log', 0, { entity: { type: 'pod', name: '' } }),
    event(long, 0, process(1)),
    { ...event('log', 0, process(1)), id: long },
    event('log', 0, pod(long)),
    event('log', 0, { ...process(1), application: { level: long } }),
    own,
  ];
  expect(observeAll([...strangers, ...strangers], correlator)).toEqual([]);
  expect(correlator.getStats()).toEqual({ observed: 14, ungrouped: 14, bursts: 0, chains: 0 });
  // Twice a short one is a burst.
  expect(observeAll([event('log', 0, process(1)), event('log', 0, process(1))], correlator)).toHaveLength(1);
});

test('a process whose pid is 0 is a process', () => {
  const found = observeAll(
    range(0, 2).map((i) => event('log', i, process(0))),
    new Correlator({ burstEvents: 2 }),
  );
  expect(found[0].correlation?.groupId).toBe('process:0');
});

test('views and events are one to it', () => {
  const buffer = new EventBuffer(256);
  buffer.putBatch([
    event('exec', 0, process(1)),
    event('connect', 1, process(1)),
    event('log', 2, { ...process(1), severity: 'error' }),
  ]);
  const correlator = new Correlator();
  const found: UnifiedEvent[] = [];
  buffer.consume((view) => void found.push(...correlator.observe(view)));
  expect(found.map(({ type }) => type)).toEqual(['correlation.chain']);
  // What was found goes on in a buffer, the most urgent first.
  const urgent = new PriorityBuffer({});
  found.forEach((each) => urgent.put(each));
  expect(urgent.tryGet()).toEqual(JSON.parse(JSON.stringify(found[0], bigintsAsNumbers), bigintsBack));
});

// A round trip drops properties that are undefined, as absent ones are.
const bigintsAsNumbers = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value;
const bigintsBack = (_: string, value: unknown): unknown =>
  typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;

test.each(['windowMs', 'burstEvents', 'chainEvents', 'maxGroups'] as const)(
  '%s that is no such number is refused with its value',
  (name) => {
    for (const [value, shown] of [...NO_INTEGER, ...TOO_LARGE, ...ZEROS]) {
      const error = thrownBy(() => new Correlator({ [name]: value })) as TapioError;
      expect({ code: error.code, message: error.message }).toEqual({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringMatching(new RegExp(`^${name} must be an integer from \\d+ to \\d+, not `)),
      });
      if (!Object.is(value, -0)) expect(error.message.endsWith(`not ${shown}`)).toBe(true);
    }
    expect(thrownBy(() => new Correlator(7 as CorrelatorOptions))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  },
);

describe('whatever the events', () => {
  const WINDOW_MS = 50;
  const anyEvent = fc.record({
    type: fc.constantFrom('exec', 'connect', 'log', 'read'),
    ms: fc.nat({ max: 150 }),
    group: fc.nat({ max: 3 }),
    inPod: fc.boolean(),
    severity: fc.constantFrom('info', 'error' as const),
  });

  /** Throws unless the found event is made of events seen before it, of one group and one window, each once. */
  function checkFound(found: UnifiedEvent, seen: ReadonlyMap<string, UnifiedEvent>): void {
    const { relatedEvents = [], causalChain, parentEventId, groupId } = found.correlation ?? {};
    const related = relatedEvents.map((id) => seen.get(id));
    const times = related.map((each) => {
      if (each === undefined) throw new Error('an id of no event');
      const name = each.entity ? `entity:shop/${each.entity.name}` : `process:${each.kernel?.pid}`;
      if (name !== groupId) throw new Error(`an event of ${name} in ${groupId}`);
      return each.timestamp;
    });
    if (times.length === 0 || new Set(relatedEvents).size !== times.length) throw new Error('an event twice');
    if (times.some((time, i) => i > 0 && time < times[i - 1])) throw new Error('not in their order');
    if (times[times.length - 1] - times[0] >= BigInt(WINDOW_MS) * MS) throw new Error('out of the window');
    if (parentEventId !== relatedEvents[0]) throw new Error('the parent is not the first');
    if (found.timestamp !== times[times.length - 1]) throw new Error('not at the time of the last');
    if (causalChain !== undefined && causalChain.join() !== relatedEvents.join())
      throw new Error('the chain is not what is related');
  }

  test(`what is found is made of events that were seen (SEED=${seed})`, () => {
    let bursts = 0;
    let chains = 0;
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 120, size: 'max' }), (plan) => {
        const correlator = new Correlator({
          windowMs: WINDOW_MS,
          burstEvents: 3,
          chainEvents: 8,
          maxGroups: 8,
        });
        const seen = new Map<string, UnifiedEvent>();
        let found = 0;
        for (const { type, ms, group, inPod, severity } of plan) {
          const next = event(type, ms, {
            ...process(group),
            ...(inPod && pod(`pod ${group}`)),
            severity: severity as UnifiedEvent['severity'],
          });
          seen.set(next.id, next);
          for (const each of correlator.observe(next)) {
            found++;
            checkFound(each, seen);
          }
        }
        const stats = correlator.getStats();
        bursts += stats.bursts;
        chains += stats.chains;
        if (stats.bursts + stats.chains !== found || stats.observed !== plan.length)
          throw new Error('counts disagree');
      }),
      { seed, numRuns: 500 },
    );
    expect({ bursts: bursts > 100, chains: chains > 100 }).toEqual({ bursts: true, chains: true });
  });

  test('the check notices what is wrong', () => {
    const events = [
      event('exec', 0, process(1)),
      event('connect', 1, process(1)),
      failure(2, process(1)),
    ] as const;
    const seen = new Map(events.map((each) => [each.id, each]));
    const [found] = observeAll([...events]);
    checkFound(found, seen);
    const forged = (correlation: UnifiedEvent['correlation']): UnifiedEvent => ({
      ...found,
      correlation: { ...found.correlation, ...correlation },
    });
    const stranger = event('log', 3, process(2));
    const late = event('log', WINDOW_MS, process(1));
    for (const each of [stranger, late]) seen.set(each.id, each);
    const first = events[0].id;
    for (const [correlation, message] of [
      [{ relatedEvents: ['nobody'] }, 'an id of no event'],
      [{ relatedEvents: [first, stranger.id] }, 'in process:1'],
      [{ relatedEvents: [first, first] }, 'an event twice'],
      [{ relatedEvents: [] }, 'an event twice'],
      [{ relatedEvents: [events[1].id, first] }, 'not in their order'],
      [{ relatedEvents: [first, late.id] }, 'out of the window'],
      [{ parentEventId: events[1].id }, 'the parent'],
      [{ causalChain: [first] }, 'the chain'],
    ] as const) {
      expect(() => checkFound(forged(correlation as UnifiedEvent['correlation']), seen)).toThrow(message);
    }
  });
});
