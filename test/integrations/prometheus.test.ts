/** The figures of buffers and pools in a registry of prom-client. */
import {
  EventBuffer,
  ObjectPool,
  PerCPUBuffer,
  PerCPUEventBuffer,
  PriorityBuffer,
  RingBuffer,
} from '@tapio/performance';
import { collectMetrics } from '@tapio/performance/prometheus';
import { Counter, Gauge, Registry } from 'prom-client';
import { runFixture } from '../support/children';
import { thrownBy } from '../support/errors';
import { numbered, range } from '../support/events';
import { runWorkers } from '../support/threads';

/** The samples of a scrape by name and labels. */
async function scrape(registry: Registry): Promise<Record<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test('tells the figures of an EventBuffer as of the scrape', async () => {
  const registry = new Registry();
  const buffer = new EventBuffer(8, { slotSize: 128 });
  collectMetrics(registry, { buffers: { audit: buffer } });
  expect((await scrape(registry))['tapio_buffer_size{buffer="audit"}']).toBe(0);
  for (const n of range(0, 10)) buffer.tryPut(numbered(n));
  buffer.getBatch(2);
  expect(await scrape(registry)).toMatchObject({
    'tapio_buffer_size{buffer="audit"}': 6,
    'tapio_buffer_capacity{buffer="audit"}': 8,
    'tapio_buffer_fill_ratio{buffer="audit"}': 0.75,
    'tapio_buffer_puts_total{buffer="audit"}': 8,
    'tapio_buffer_gets_total{buffer="audit"}': 2,
    'tapio_buffer_rejected_total{buffer="audit"}': 2,
    'tapio_buffer_discarded_total{buffer="audit"}': 0,
    'tapio_buffer_high_watermark{buffer="audit"}': 8,
  });
  buffer.clear();
  const counted = await scrape(registry);
  expect(counted['tapio_buffer_discarded_total{buffer="audit"}']).toBe(6);
  // A counter that was set anew for each scrape would have doubled by now.
  expect(counted['tapio_buffer_puts_total{buffer="audit"}']).toBe(8);
});

test('tells the figures of every class of buffer, and of pools', async () => {
  const registry = new Registry();
  const raw = new RingBuffer(4);
  const perCpu = new PerCPUBuffer({ bufferSizePerCPU: 1024 });
  const perCpuEvents = new PerCPUEventBuffer();
  const levels = new PriorityBuffer({ critical: 4 });
  const pool = new ObjectPool({ create: () => ({}) });
  collectMetrics(registry, { buffers: { raw, perCpu, perCpuEvents, levels }, pools: { objects: pool } });
  raw.put(Buffer.from('x'));
  perCpu.write(Buffer.from('x'));
  perCpuEvents.put(numbered(1));
  levels.put({ ...numbered(1), severity: 'critical' });
  pool.put(pool.get());
  pool.get();
  const samples = await scrape(registry);
  expect(samples).toMatchObject({
    'tapio_buffer_puts_total{buffer="raw"}': 1,
    'tapio_buffer_size{buffer="levels",priority="critical"}': 1,
    'tapio_buffer_capacity{buffer="levels",priority="low"}': 1024,
    'tapio_percpu_overflows_total{buffer="perCpu"}': 0,
    'tapio_percpu_dropped_total{buffer="perCpuEvents"}': 0,
    'tapio_pool_allocated{pool="objects"}': 1,
    'tapio_pool_in_use{pool="objects"}': 1,
    'tapio_pool_idle{pool="objects"}': 0,
  });
  for (const name of ['perCpu', 'perCpuEvents']) {
    const cpus = range(0, perCpu.numCPUs);
    const of = (figure: string): number[] =>
      cpus.map((cpu) => samples[`tapio_percpu_${figure}{buffer="${name}",cpu="${cpu}"}`]);
    const sum = (values: number[]): number => values.reduce((all, each) => all + each, 0);
    expect(sum(of('writes_total'))).toBe(1);
    expect(sum(of('used_bytes'))).toBeGreaterThan(0);
    expect(sum(of('rejected_total'))).toBe(0);
    expect(Math.min(...of('capacity_bytes'))).toBeGreaterThan(0);
  }
});

test('tells what worker threads put', async () => {
  const registry = new Registry();
  const buffer = new EventBuffer(4096, { slotSize: 128 });
  collectMetrics(registry, { buffers: { shared: buffer } });
  await runWorkers('putter.worker', [
    { handle: buffer.handle, count: 300 },
    { handle: buffer.handle, count: 200 },
  ]);
  expect((await scrape(registry))['tapio_buffer_puts_total{buffer="shared"}']).toBe(500);
});

test('a buffer that is closed and drained, or was let go, is told no more', async () => {
  const registry = new Registry();
  const [closed, waiting] = [new EventBuffer(4), new EventBuffer(4)];
  const attached = EventBuffer.attach(waiting.handle);
  const perCpu = new PerCPUEventBuffer();
  collectMetrics(registry, { buffers: { closed, waiting, attached, perCpu } });
  waiting.put(numbered(1));
  const named = async (): Promise<string[]> => {
    const labels = Object.keys(await scrape(registry)).map((key) => /buffer="(\w+)"/.exec(key)?.[1] ?? '');
    return [...new Set(labels)].sort();
  };
  expect(await named()).toEqual(['attached', 'closed', 'perCpu', 'waiting']);
  closed.close();
  waiting.close();
  attached[Symbol.dispose]();
  perCpu.close();
  expect(await named()).toEqual(['waiting']);
  waiting.get();
  expect(await named()).toEqual([]);
});

test('a part that throws, hangs or tells nonsense leaves the others alone, and is counted', async () => {
  const registry = new Registry();
  const broken = {
    throws: {
      getStats: () => {
        throw new Error('broken');
      },
    },
    hangs: { getStats: () => new Promise(() => {}) },
    lies: { getStats: () => ({ allocated: NaN, inUse: 1, idle: 1, recycled: 1 }) },
    fine: new ObjectPool({ create: () => ({}) }),
  };
  collectMetrics(registry, { buffers: { events: new EventBuffer(4) }, pools: broken as any });
  await scrape(registry);
  const samples = await scrape(registry);
  expect(samples).toMatchObject({
    'tapio_buffer_capacity{buffer="events"}': 4,
    'tapio_pool_allocated{pool="fine"}': 0,
    'tapio_read_errors_total{part="throws"}': 2,
    'tapio_read_errors_total{part="hangs"}': 2,
    'tapio_read_errors_total{part="lies"}': 2,
  });
  expect(Object.keys(samples).filter((key) => /pool="(throws|hangs|lies)"/.test(key))).toEqual([]);
});

test('reads each part once for a scrape, and for a single metric as well', async () => {
  const registry = new Registry();
  let reads = 0;
  const pool = { getStats: () => ({ allocated: ++reads, recycled: 0, inUse: 0, idle: 0 }) };
  collectMetrics(registry, { pools: { pool } });
  await registry.metrics();
  expect(reads).toBe(1);
  await registry.metrics();
  expect(reads).toBe(2);
  expect(await registry.getSingleMetricAsString('tapio_pool_idle')).toContain(
    'tapio_pool_idle{pool="pool"} 0',
  );
  expect(reads).toBe(3);
});

test('names what OpenMetrics names, with the type of a counter', async () => {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as any);
  const first = collectMetrics(registry, { buffers: { a: new EventBuffer(4) } });
  await registry.metrics();
  collectMetrics(registry, { buffers: { b: new EventBuffer(4) } });
  const text = await registry.metrics();
  expect(text).toContain(
    '# TYPE tapio_buffer_puts counter\ntapio_buffer_puts_total{buffer="a"} 0\ntapio_buffer_puts_total{buffer="b"} 0\n',
  );
  expect(text.match(/# TYPE tapio_buffer_puts /g)).toHaveLength(1);
  first.stop();
  expect(await registry.metrics()).not.toContain('buffer="a"');
});

test('calls share a registry; stop takes out its own and at last the metrics', async () => {
  const registry = new Registry();
  const own = new Counter({ name: 'mine_total', help: 'mine', registers: [registry] });
  own.inc();
  const first = collectMetrics(registry, { buffers: { a: new EventBuffer(4) } });
  const second = collectMetrics(registry, { buffers: { b: new EventBuffer(4) } });
  const other = collectMetrics(registry, { buffers: { a: new EventBuffer(8) } }, { prefix: 'other_' });
  expect(await scrape(registry)).toMatchObject({
    'tapio_buffer_capacity{buffer="a"}': 4,
    'tapio_buffer_capacity{buffer="b"}': 4,
    'other_tapio_buffer_capacity{buffer="a"}': 8,
  });
  first.stop();
  first.stop();
  other.stop();
  expect(Object.keys(await scrape(registry)).filter((key) => key.startsWith('tapio_buffer_size'))).toEqual([
    'tapio_buffer_size{buffer="b"}',
  ]);
  second.stop();
  expect(await scrape(registry)).toEqual({ mine_total: 1 });
  collectMetrics(registry, { buffers: { a: new EventBuffer(16) } });
  expect((await scrape(registry))['tapio_buffer_capacity{buffer="a"}']).toBe(16);
});

test('refuses what it cannot tell, and leaves the registry as it was', async () => {
  const registry = new Registry();
  const buffer = new EventBuffer(4);
  const bad: [unknown, unknown, unknown, RegExp][] = [
    [undefined, {}, undefined, /registry must be a Registry of prom-client, not undefined/],
    [registry, 5, undefined, /what must be an object, not 5/],
    [registry, { buffers: { x: 5 } }, undefined, /what\.buffers\.x must be a buffer, not 5/],
    [registry, { pools: { x: {} } }, undefined, /what\.pools\.x must be a pool, not an object/],
    [registry, {}, { prefix: '1-' }, /prefix must be .*, not "1-"/],
    [registry, {}, { prefix: 5 }, /prefix must be .*, not 5/],
  ];
  for (const [target, what, options, message] of bad) {
    const error = thrownBy(() => collectMetrics(target as any, what as any, options as any));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringMatching(message) });
  }
  expect(await scrape(registry)).toEqual({});
  collectMetrics(registry, { buffers: { x: buffer } });
  expect(thrownBy(() => collectMetrics(registry, { buffers: { y: buffer, x: buffer } }))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'a name in what must be one that is not in use here, not "x"',
  });
  expect((await scrape(registry))['tapio_buffer_size{buffer="y"}']).toBeUndefined();

  const taken = new Registry();
  new Gauge({ name: 'tapio_pool_idle', help: 'not ours', registers: [taken] });
  expect(thrownBy(() => collectMetrics(taken, { buffers: { x: buffer } }))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'prefix must be one for which tapio_pool_idle is free in this registry, not ""',
  });
  expect(Object.keys(await scrape(taken))).toEqual(['tapio_pool_idle']);
});

test('the package and the other subpaths load no peer, and a missing one is named', async () => {
  expect(JSON.parse((await runFixture('no-peers.child')).stdout)).toEqual({
    loaded: [],
    prometheus:
      'ERR_UNSUPPORTED this needs the package prom-client ^15.0.0: npm install prom-client@"^15.0.0"',
    grpc: 'ERR_UNSUPPORTED this needs the package @grpc/grpc-js ^1.14.0: npm install @grpc/grpc-js@"^1.14.0"',
    opentelemetry:
      'ERR_UNSUPPORTED this needs the package @opentelemetry/api ^1.9.0: npm install @opentelemetry/api@"^1.9.0"',
  });
});
