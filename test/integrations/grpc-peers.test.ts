/** EventService beside peers in processes of their own: fast, stalled and dying ones. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { status } from '@grpc/grpc-js';
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { EventClient } from '@tapio/performance/grpc';
import { numbered, numberOf, padded, range } from '../support/events';
import { type Peer, startPeer, startService } from '../support/grpc-server';
import { turn } from '../support/waits';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** GRPC_EVENTS=1000000 for a longer run. */
const MANY = Number(process.env.GRPC_EVENTS ?? 200_000);

async function start(options: Parameters<typeof startService>[0]): ReturnType<typeof startService> {
  const running = await startService(options);
  closers.push(() => running.stop());
  return running;
}

function startAndKill(role: string, port: number, ...args: number[]): Peer {
  const peer = startPeer(role, port, ...args);
  closers.push(async () => {
    peer.child.kill('SIGKILL');
    await peer.exit;
  });
  return peer;
}

async function fill(
  events: EventBuffer,
  count: number,
  make: (n: number) => UnifiedEvent = numbered,
): Promise<void> {
  for (let n = 0; n < count; n++) while (!events.tryPut(make(n))) await turn();
}

test('a reader gets each event once and in order, or is told how many it lost, and where', async () => {
  const events = new EventBuffer(16_384);
  closers.push(() => events.close());
  const { service, port } = await start({ events });
  const reader = startAndKill('read', port);
  await fill(events, MANY);
  events.close();
  expect(await reader.next()).toEqual({ started: 1 });
  const { events: got, dropped, lost, last } = await reader.next();
  expect(got + dropped).toBe(MANY);
  expect(lost + MANY - 1 - last).toBe(dropped);
  await reader.exit;
  expect(service.getStats()).toEqual({ clients: 0, streamed: got, dropped, published: 0 });
});

test('what a publisher sends arrives whole and in order', async () => {
  const publishTo = new EventBuffer(16_384);
  closers.push(() => publishTo.close());
  const { service, port } = await start({ publishTo });
  const publisher = startAndKill('publish', port, MANY);
  let next = 0;
  for await (const batch of publishTo.batches()) {
    for (const event of batch)
      if (numberOf(event) !== next++) throw new Error(`${event.id}, not ${next - 1}`);
    if (next === MANY) break;
  }
  expect((await publisher.next()).accepted).toBe(MANY);
  expect(service.getStats().published).toBe(MANY);
});

test('one stalled client among eight loses its oldest; the others get each event or hear of its loss, and memory stays bounded', async () => {
  const COUNT = 30_000;
  const events = new EventBuffer(8192, { slotSize: 4096 });
  closers.push(() => events.close());
  const running = await start({ events, clientQueue: 2048 });
  const stalled = startAndKill('stall', running.port);
  const clients = range(0, 7).map(() => new EventClient(String(running.port)));
  closers.push(() => clients.forEach((client) => client.close()));
  const reading = clients.map(async (client) => {
    let [got, dropped] = [0, 0];
    for await (const batch of client.stream(undefined, { onDropped: (more) => (dropped += more) }))
      got += batch.length;
    return { got, dropped };
  });
  while (running.service.getStats().clients < 8) await turn();
  events.put(padded(0, 2000));
  await stalled.next();
  const before = memory();
  await fill(events, COUNT - 1, (n) => padded(n, 2000));
  const growth = memory() - before;
  events.close();
  for (const { got, dropped } of await Promise.all(reading)) expect(got + dropped).toBe(COUNT);
  // Of 60 MB that went through: its queue, and 32 messages of half a megabyte.
  expect(growth).toBeLessThan(40e6);
  const { streamed, dropped } = running.service.getStats();
  expect(dropped).toBeGreaterThan(COUNT / 2);
  expect(streamed + dropped).toBeLessThanOrEqual(8 * COUNT);
  expect(streamed + dropped).toBeGreaterThanOrEqual(8 * COUNT - 2048);
});

test('a reader that is killed is forgotten, and others go on', async () => {
  const events = new EventBuffer(8192);
  closers.push(() => events.close());
  const { service, port } = await start({ events });
  const killed = startAndKill('read', port);
  events.put(numbered(0));
  await killed.next();
  killed.child.kill('SIGKILL');
  while (service.getStats().clients > 0) await turn();
  const reader = startAndKill('read', port);
  await fill(events, 1000);
  events.close();
  await reader.next();
  expect(await reader.next()).toMatchObject({ events: 1000, dropped: 0 });
});

test('a publisher that is killed leaves what it had stored, and frees its place', async () => {
  const publishTo = new EventBuffer(1024);
  closers.push(() => publishTo.close());
  const { service, port } = await start({ publishTo, maxClients: 1 });
  const killed = startAndKill('publish', port, 1e9);
  while (!publishTo.isFull) await turn();
  killed.child.kill('SIGKILL');
  await killed.exit;
  let next = 0;
  const client = new EventClient(String(port));
  closers.push(() => client.close());
  for (;;) {
    for (const event of publishTo.getBatch(1024)) expect(numberOf(event)).toBe(next++);
    try {
      expect(await client.publish([])).toEqual({ accepted: 0 });
      break;
    } catch (error) {
      expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    }
  }
  for (const event of publishTo.getBatch(1024)) expect(numberOf(event)).toBe(next++);
  expect(service.getStats().published).toBe(next);
});

test('a server that goes away ends streams and publishers with UNAVAILABLE or CANCELLED', async () => {
  const [events, publishTo] = [new EventBuffer(64), new EventBuffer(64)];
  closers.push(() => [events, publishTo].forEach((buffer) => buffer.close()));
  const { server, service, port } = await start({ events, publishTo });
  const client = new EventClient(String(port));
  closers.push(() => client.close());
  const source = new EventBuffer(64);
  closers.push(() => source.close());
  const publishing = client.publish(source.batches());
  const stream = client.stream()[Symbol.asyncIterator]().next();
  source.put(numbered(1));
  await publishTo.ready();
  while (service.getStats().clients === 0) await turn();
  const codes: unknown[] = [status.UNAVAILABLE, status.CANCELLED];
  const failures = Promise.allSettled([stream, publishing]);
  server.forceShutdown();
  for (const outcome of await failures) {
    expect(outcome.status).toBe('rejected');
    expect(codes).toContain(((outcome as PromiseRejectedResult).reason as { code: unknown }).code);
  }
});

/** Bytes in use once all that is garbage has gone. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
