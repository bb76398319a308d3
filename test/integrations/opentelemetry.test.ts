/** Figures and events through the SDK of OpenTelemetry. */
import { trace } from '@opentelemetry/api';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { createEvent, EventBuffer, ObjectPool, type UnifiedEvent } from '@tapio/performance';
import { LogsSink, observeMetrics, toLogRecord } from '@tapio/performance/opentelemetry';
import fc from 'fast-check';
import { arbitraryEvent } from '../event/arbitrary-event';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, range } from '../support/events';
import { seed } from '../support/property';

class Reader extends MetricReader {
  constructor() {
    // With cumulative temporality the SDK goes on telling values that nobody observes any more.
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
  /** Values by name and attributes. */
  async values(): Promise<Record<string, number>> {
    const { resourceMetrics, errors } = await this.collect();
    expect(errors).toEqual([]);
    const points = resourceMetrics.scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [
          [descriptor.name, ...Object.entries(attributes).map((pair) => pair.join('='))].join(' '),
          value as number,
        ]),
      );
    return Object.fromEntries(points);
  }
}

const emitted = async (events: readonly UnifiedEvent[]): Promise<ReadableLogRecord[]> => {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  const buffer = new EventBuffer(8192);
  for (const event of events) buffer.put(event);
  buffer.close();
  const sink = new LogsSink(provider.getLogger('tapio'), buffer);
  await sink.run();
  expect(sink.getStats()).toEqual({ exported: events.length });
  await provider.forceFlush();
  return exporter.getFinishedLogRecords();
};

describe('observeMetrics', () => {
  test('tells figures as observable instruments, until it is stopped', async () => {
    const reader = new Reader();
    const meter = new MeterProvider({ readers: [reader] }).getMeter('tapio');
    const buffer = new EventBuffer(8);
    const pool = new ObjectPool({ create: () => ({}) });
    const broken = {
      getStats: (): never => {
        throw new Error('broken');
      },
    };
    const { stop } = observeMetrics(meter, { buffers: { audit: buffer }, pools: { pool, broken } });
    for (const n of range(0, 9)) buffer.tryPut(numbered(n));
    buffer.get();
    expect(await reader.values()).toMatchObject({
      'tapio.buffer.size buffer=audit': buffer.size,
      'tapio.buffer.fill.ratio buffer=audit': buffer.size / 8,
      'tapio.buffer.puts.total buffer=audit': 8,
      'tapio.buffer.rejected.total buffer=audit': 1,
      'tapio.pool.idle pool=pool': 0,
      'tapio.read.errors.total part=broken': 1,
    });
    buffer.close();
    buffer.getBatch(Infinity);
    expect(Object.keys(await reader.values()).filter((key) => key.includes('buffer='))).toEqual([]);
    stop();
    expect(await reader.values()).toEqual({});
  });

  test('refuses what is no meter or no buffer', () => {
    expect(thrownBy(() => observeMetrics(5 as any, {}))).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    const meter = new MeterProvider().getMeter('tapio');
    expect(thrownBy(() => observeMetrics(meter, { buffers: { x: 5 as any } }))).toMatchObject({
      message: 'what.buffers.x must be a buffer, not 5',
    });
  });
});

describe('toLogRecord and LogsSink', () => {
  test('a kernel event of a container, by the semantic conventions, timestamp to the nanosecond', async () => {
    const event: UnifiedEvent = {
      id: '7f',
      timestamp: 1795860000123456789n,
      type: 'network.connect',
      source: 'ebpf',
      severity: 'error',
      message: 'refused',
      traceContext: {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        sampled: true,
        traceState: 'a=b',
      },
      entity: { type: 'pod', name: 'cart', namespace: 'shop', uid: 'u1', labels: { app: 'cart' } },
      kernel: { pid: 12, tid: 13, uid: 4294967295, comm: 'curl', cpuCore: 1, returnCode: -111 },
      network: {
        protocol: 'TCP',
        sourceIP: '10.0.0.5',
        sourcePort: 40000,
        destIP: '192.0.2.9',
        destPort: 443,
        direction: 'egress',
      },
    };
    const [record] = await emitted([event]);
    expect(record).toMatchObject({
      hrTime: [1795860000, 123456789],
      severityNumber: 17,
      severityText: 'error',
      body: 'refused',
      eventName: 'network.connect',
      attributes: {
        'log.record.uid': '7f',
        'tapio.source': 'ebpf',
        'process.pid': 12,
        'thread.id': 13,
        'process.user.id': 4294967295,
        'process.executable.name': 'curl',
        'cpu.logical_number': 1,
        'tapio.kernel.return_code': -111,
        'network.transport': 'tcp',
        'source.address': '10.0.0.5',
        'source.port': 40000,
        'destination.address': '192.0.2.9',
        'destination.port': 443,
        'network.io.direction': 'transmit',
        'k8s.pod.name': 'cart',
        'k8s.pod.uid': 'u1',
        'k8s.namespace.name': 'shop',
        'tapio.entity.labels': { app: 'cart' },
      },
      spanContext: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
    });
    expect(record.droppedAttributesCount).toBe(0);
    expect(trace.getSpanContext(toLogRecord(event).context!)?.traceState?.get('a')).toBe('b');
  });

  test.each([
    ['debug', 5],
    ['info', 9],
    ['low', 10],
    ['medium', 14],
    ['warning', 13],
    ['high', 18],
    ['error', 17],
    ['critical', 21],
  ] as const)('severity %s is number %d', (severity, number) => {
    expect(toLogRecord(createEvent({ severity }))).toMatchObject({
      severityText: severity,
      severityNumber: number,
    });
  });

  test('an event that says no severity has none', () => {
    const record = toLogRecord(createEvent({ kubernetes: { eventType: 'Normal' } }));
    expect(record).not.toHaveProperty('severityText');
    expect(record).not.toHaveProperty('severityNumber');
    expect(toLogRecord(createEvent({ kubernetes: { eventType: 'Warning' } })).severityNumber).toBe(13);
  });

  test.each(['constructor', '__proto__', 'notice'])('an application level of %s has no number', (level) => {
    const record = toLogRecord(createEvent({ application: { level } }));
    expect(record).toMatchObject({ severityText: level, severityNumber: 0 });
  });

  test('what an SDK drops without a word becomes text', () => {
    const shared = { a: 1 };
    const record = toLogRecord({
      ...createEvent({ type: 't' }),
      attributes: {
        big: 9007199254740993n,
        date: new Date(0),
        nan: NaN,
        nested: { bad: 5n, good: 1 },
        map: new Map([['k', 1]]),
        set: new Set([1]),
        error: new RangeError('no'),
        fn: () => 0,
        '': 'empty',
        twice: [shared, shared],
        constructor: 'word',
        list: [undefined, 1],
      },
    });
    expect(JSON.parse(JSON.stringify(record.attributes!['tapio.attributes']))).toEqual({
      big: '9007199254740993',
      date: '1970-01-01T00:00:00.000Z',
      nan: 'NaN',
      nested: { bad: '5', good: 1 },
      map: { k: 1 },
      set: [1],
      error: 'RangeError: no',
      '(empty)': 'empty',
      twice: [{ a: 1 }, { a: 1 }],
      '(constructor)': 'word',
      list: [null, 1],
    });
  });

  test('cycles and great depth end', () => {
    const deep: Record<string, unknown> = {};
    let at = deep;
    for (let i = 0; i < 100_000; i++) at = at.next = {};
    const cycle: Record<string, unknown> = {};
    // Two ways back at every step.
    cycle.self = [cycle, cycle];
    const record = toLogRecord({ ...createEvent({}), attributes: { deep, cycle } });
    expect(JSON.stringify(record.attributes).length).toBeLessThan(2000);
  });

  test(`of any event the SDK drops no attribute (seed ${seed})`, async () => {
    const events = fc.sample(arbitraryEvent, { numRuns: 500, seed });
    const records = await emitted(events);
    records.forEach((record, i) => {
      expect(record.droppedAttributesCount).toBe(0);
      const wanted = toLogRecord(events[i]).attributes!;
      expect(Object.keys(record.attributes).sort()).toEqual(Object.keys(wanted).sort());
    });
  });

  test(`every name without tapio is one of the semantic conventions (seed ${seed})`, () => {
    const known = new Set<unknown>(Object.values(conventions));
    const everything = fc.sample(arbitraryEvent, { numRuns: 500, seed });
    const names = new Set(everything.flatMap((event) => Object.keys(toLogRecord(event).attributes!)));
    expect([...names].filter((name) => !name.startsWith('tapio.') && !known.has(name))).toEqual([]);
  });

  test('what a logger throws ends the run; later events stay in the buffer', async () => {
    const buffer = new EventBuffer(16);
    range(0, 5).forEach((n) => buffer.put(numbered(n)));
    let calls = 0;
    const logger: any = {
      emit: () => {
        if (++calls === 3) throw new Error('full');
      },
    };
    const sink = new LogsSink(logger, buffer);
    expect((await rejectionOf(sink.run())).message).toBe('full');
    expect(sink.getStats()).toEqual({ exported: 2 });
    expect(buffer.getBatch(Infinity).map(numberOf)).toEqual([3, 4]);
  });

  test('an event that cannot be told stays in the buffer', async () => {
    const buffer = new EventBuffer(16);
    range(0, 3).forEach((n) => buffer.put(numbered(n)));
    const events = buffer.getBatch(3);
    Object.defineProperty(events[1], 'message', {
      get() {
        throw new Error('unreadable');
      },
    });
    const batches = jest.spyOn(buffer, 'batches').mockImplementation(async function* () {
      yield await Promise.resolve(events);
    });
    const sink = new LogsSink({ emit() {} } as any, buffer);
    expect((await rejectionOf(sink.run())).message).toBe('unreadable');
    batches.mockRestore();
    expect(sink.getStats()).toEqual({ exported: 1 });
    expect(buffer.getBatch(Infinity).map(numberOf)).toEqual([1, 2]);
  });

  test('an aborted run rejects with the reason and takes nothing', async () => {
    const buffer = new EventBuffer(16);
    buffer.put(numbered(1));
    const sink = new LogsSink({ emit() {} } as any, buffer);
    expect(await rejectionOf(sink.run({ signal: AbortSignal.abort('enough') }))).toBe('enough');
    expect(buffer.getBatch(Infinity).map(numberOf)).toEqual([1]);
  });

  test('refuses what is no logger and no buffer', () => {
    expect(thrownBy(() => new LogsSink(5 as any, new EventBuffer(4)))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'logger must be a Logger of @opentelemetry/api-logs, not 5',
    });
    expect(thrownBy(() => new LogsSink({ emit() {} } as any, 5 as any))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});
