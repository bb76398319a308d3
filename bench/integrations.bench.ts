/**
 * What integrations cost beside the raw library.
 *
 *   npm run bench:integrations [-- REPEATS [scrape] [attached] [jetstream]]
 *
 * - scrape: one scrape of 100 buffers, beside prom-client's own gauges that one `collect` sets by hand.
 * - attached: put and consume in a process with metrics and a gRPC service attached to the buffer, and without, in turns.
 * - jetstream: JetStreamSink from a buffer, beside @nats-io/jetstream with messages of the same bytes packed beforehand, in turns, each to
 *   a stream of its own in the memory of Debian's nats-server.
 */
import { jetstream, type JetStreamManager, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { EventService } from '@tapio/performance/grpc';
import { JetStreamSink, packEvents } from '@tapio/performance/nats';
import { observeMetrics } from '@tapio/performance/opentelemetry';
import { collectMetrics } from '@tapio/performance/prometheus';
import { Gauge, Registry } from 'prom-client';
import { hasNats, NatsServer } from '../test/support/nats-server';
import { processCpuMs } from './measure/cpu';
import { describe, machine } from './measure/machine';
import { spreadOf } from './measure/spread';
import { fullEvents, kernelEvents } from './sample-events';

const BUFFERS = 100;

async function scrape(repeats: number): Promise<void> {
  const buffers = Object.fromEntries(
    Array.from({ length: BUFFERS }, (_, i) => [`buffer-${i}`, new EventBuffer(64)]),
  );
  for (const [i, buffer] of Object.values(buffers).entries())
    for (const event of kernelEvents(i % 64)) buffer.put(event);
  const [ours, raw] = [new Registry(), new Registry()];
  collectMetrics(ours, { buffers });
  rawGauges(raw, buffers);
  const samples = (text: string): number =>
    text.split('\n').filter((line) => line.includes('buffer-')).length;
  const [ourSamples, rawSamples] = [samples(await ours.metrics()), samples(await raw.metrics())];
  const times: Record<'ours' | 'raw', number[]> = { ours: [], raw: [] };
  for (let i = 0; i < 40 * repeats; i++)
    for (const [name, registry] of [
      ['ours', ours],
      ['raw', raw],
    ] as const) {
      const started = performance.now();
      await registry.metrics();
      times[name].push(performance.now() - started);
    }
  console.log(
    `scrape of ${BUFFERS} buffers: ${spreadOf(times.ours).median.toFixed(2)} ms for ${ourSamples} samples, ` +
      `prom-client by hand ${spreadOf(times.raw).median.toFixed(2)} ms for ${rawSamples}; aim 3 ms`,
  );
  for (const buffer of Object.values(buffers)) buffer.close();
}

/** One collect for all gauges, as a user would write it. */
function rawGauges(registry: Registry, buffers: Record<string, EventBuffer>): void {
  const names = ['size', 'capacity', 'fillRate', 'puts', 'gets', 'rejected', 'discarded', 'writeIndex'];
  const gauges = names.map((name, i) => {
    const gauge: Gauge = new Gauge({
      name: `raw_${name}`,
      help: name,
      labelNames: ['buffer'],
      registers: [registry],
      collect() {
        if (i > 0) return;
        for (const [buffer, instance] of Object.entries(buffers)) {
          const stats = instance.getStats() as unknown as Record<string, number>;
          for (const [k, each] of gauges.entries()) each.set({ buffer }, Number(stats[names[k]] ?? 0));
        }
      },
    });
    return gauge;
  });
}

const BLOCK = 20_000;

async function attached(repeats: number): Promise<void> {
  const buffer = new EventBuffer(1024);
  const events = kernelEvents(1000);
  const block = (): number => {
    const started = performance.now();
    for (let n = 0; n < BLOCK; n++) {
      buffer.put(events[n % events.length]);
      buffer.consume(() => undefined, 1);
    }
    return ((performance.now() - started) * 1e6) / BLOCK;
  };
  for (let i = 0; i < 20; i++) block();
  const times: Record<'alone' | 'attached', number[]> = { alone: [], attached: [] };
  for (let i = 0; i < 10 * repeats; i++) {
    const measure = async (what: 'alone' | 'attached'): Promise<void> => {
      const detach = what === 'attached' ? await attach(buffer) : undefined;
      times[what].push(block());
      await detach?.();
    };
    const order = i % 2 === 0 ? (['alone', 'attached'] as const) : (['attached', 'alone'] as const);
    for (const what of order) await measure(what);
  }
  const ratio = spreadOf(times.attached.map((time, i) => time / times.alone[i]));
  console.log(
    `put and consume: ${spreadOf(times.alone).median.toFixed(0)} ns alone, ${spreadOf(times.attached).median.toFixed(0)} ns ` +
      `with Prometheus, OpenTelemetry and gRPC attached: ${ratio.median.toFixed(3)} times; aim 1.03`,
  );
  buffer.close();
}

async function attach(buffer: EventBuffer): Promise<() => Promise<void>> {
  const registry = new Registry();
  const provider = new MeterProvider();
  const metrics = collectMetrics(registry, { buffers: { events: buffer } });
  const observed = observeMetrics(provider.getMeter('bench'), { buffers: { events: buffer } });
  const service = new EventService({ events: buffer });
  await registry.metrics();
  return async () => {
    metrics.stop();
    observed.stop();
    await service.close();
    await provider.shutdown();
  };
}

const MESSAGE_EVENTS = 256;
const IN_FLIGHT = 8;

interface Published {
  readonly rate: number;
  readonly cpu: number;
}

async function jetStream(repeats: number): Promise<void> {
  if (!hasNats)
    return console.log('jetstream: skipped, there is no nats-server (Debian package: nats-server)');
  await using server = await new NatsServer().start();
  const connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  const events = fullEvents(MESSAGE_EVENTS);
  const count = 100_000 - (100_000 % MESSAGE_EVENTS);
  const turns: Record<'ours' | 'raw', Published[]> = { ours: [], raw: [] };
  for (let repeat = -1; repeat < repeats; repeat++)
    for (const who of ['ours', 'raw'] as const) {
      const stream = `${who.toUpperCase()}-${repeat + 1}`;
      await manager.streams.add({ name: stream, subjects: [stream], storage: StorageType.Memory });
      const publish = who === 'ours' ? publishOurs : publishRaw;
      const turn = await publish(connection, stream, events, count);
      await checkStored(manager, stream, count / MESSAGE_EVENTS);
      if (repeat >= 0) turns[who].push(turn);
    }
  await connection.close();
  const ratio = spreadOf(turns.ours.map(({ rate }, i) => rate / turns.raw[i].rate));
  const told = (who: 'ours' | 'raw'): string =>
    `${Math.round(spreadOf(turns[who].map(({ rate }) => rate)).median).toLocaleString('en')} events/s, ` +
    `${spreadOf(turns[who].map(({ cpu }) => cpu)).median.toFixed(2)} us of CPU each`;
  console.log(`JetStreamSink ${told('ours')}; packed beforehand ${told('raw')}`);
  console.log(
    `JetStreamSink ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}) times as many, all stored; aim 0.8`,
  );
}

async function timed(count: number, publish: () => Promise<unknown>): Promise<Published> {
  const [cpu, started] = [processCpuMs(), performance.now()];
  await publish();
  const seconds = (performance.now() - started) / 1000;
  return { rate: count / seconds, cpu: ((processCpuMs() - cpu) * 1000) / count };
}

async function publishOurs(
  connection: NatsConnection,
  stream: string,
  events: readonly UnifiedEvent[],
  count: number,
): Promise<Published> {
  const buffer = new EventBuffer(2 ** 17, { slotSize: 512 });
  // The server takes a second message under the id of one that it has for the same.
  for (let n = 0; n < count; n++) {
    const event = events[n % events.length];
    event.id = `${stream}-${n}`;
    buffer.put(event);
  }
  buffer.close();
  const sink = new JetStreamSink(connection, buffer, {
    stream,
    subject: stream,
    maxBatch: MESSAGE_EVENTS,
    maxInFlight: IN_FLIGHT,
  });
  const published = await timed(count, () => sink.run());
  if (sink.getStats().acknowledged !== count) throw new Error(`${sink.getStats().acknowledged} of ${count}`);
  return published;
}

async function publishRaw(
  connection: NatsConnection,
  stream: string,
  events: readonly UnifiedEvent[],
  count: number,
): Promise<Published> {
  const { bytes } = packEvents(events, 1024 * 1024);
  // Each in memory of its own, as the events of the buffer are: what lies in the cache costs next to nothing to send.
  const messages = Array.from({ length: count / MESSAGE_EVENTS }, () => bytes.slice());
  const client = jetstream(connection);
  return timed(count, async () => {
    const flying = new Set<Promise<unknown>>();
    for (const [n, message] of messages.entries()) {
      const one = client
        .publish(stream, message, { msgID: `${stream}-${n}` })
        .finally(() => flying.delete(one));
      flying.add(one);
      if (flying.size >= IN_FLIGHT) await Promise.race(flying);
    }
    await Promise.all(flying);
  });
}

async function checkStored(manager: JetStreamManager, stream: string, wanted: number): Promise<void> {
  const { state } = await manager.streams.info(stream);
  if (state.messages !== wanted) throw new Error(`${stream} has ${state.messages} of ${wanted} messages`);
  await manager.streams.delete(stream);
}

const PARTS = { scrape, attached, jetstream: jetStream };

async function main(repeats: number, names: readonly string[]): Promise<void> {
  console.log(`${describe(machine())}; ${repeats} repeats`);
  for (const [name, part] of Object.entries(PARTS))
    if (names.length === 0 || names.includes(name)) await part(repeats);
}

void main(Number(process.argv[2] ?? 5), process.argv.slice(3));
