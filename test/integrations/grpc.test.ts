/** @tapio/performance/grpc beside real servers and clients of @grpc/grpc-js, on loopback. */
import { promisify } from 'node:util';
import { Client, credentials, type Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { loadSync } from '@grpc/proto-loader';
import { HealthImplementation } from 'grpc-health-check';
import {
  createEvent,
  EventBuffer,
  PerCPUEventBuffer,
  PriorityBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import {
  type Activity,
  EventClient,
  type EventFilter,
  EventService,
  PROTO_PATH,
} from '@tapio/performance/grpc';
import { selfSigned } from '../support/certificate';
import { numbered, numberOf, padded, range } from '../support/events';
import { internalsOf } from '../support/internals';
import { listen, type Peer, type RunningService, startPeer, startService } from '../support/grpc-server';
import { decodeBatch, encodeBatch } from '../support/protobuf-oracle';
import { isPending, turn } from '../support/waits';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(...args: Parameters<typeof startService>): Promise<RunningService> {
  const running = await startService(...args);
  closers.push(() => running.stop());
  return running;
}

function connect(address: string, options?: ConstructorParameters<typeof EventClient>[1]): EventClient {
  const client = new EventClient(address, options);
  closers.push(() => client.close());
  return client;
}

function buffer(capacity = 8192, options?: ConstructorParameters<typeof EventBuffer>[1]): EventBuffer {
  const made = new EventBuffer(capacity, options);
  closers.push(() => made.close());
  return made;
}

async function collect(stream: AsyncIterable<UnifiedEvent[]>): Promise<UnifiedEvent[]> {
  const all: UnifiedEvent[] = [];
  for await (const events of stream) all.push(...events);
  return all;
}

/** Settles when the service has so many clients. */
async function clientsOf({ service }: RunningService, count: number): Promise<void> {
  while (service.getStats().clients !== count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A client that has read a message of so many events, and reads no more. */
async function stalledPeer(running: RunningService, events: EventBuffer, count: number): Promise<Peer> {
  const peer = startPeer('stall', running.port);
  closers.push(() => peer.child.kill());
  await clientsOf(running, 1);
  for (let n = 0; n < count; n++) events.put(padded(n, 100));
  await peer.next();
  return peer;
}

describe('StreamEvents', () => {
  test.each<[string, EventFilter, (events: EventBuffer) => void]>([
    [
      'as a whole',
      {},
      (events) => {
        const internals = internalsOf(events);
        const encoded = internals.encoded.bind(internals);
        let taken = false;
        jest.spyOn(internals, 'encoded').mockImplementation(() => {
          if (taken) throw new Error('cannot be read');
          const two = encoded(2);
          taken = two !== undefined;
          return two;
        });
      },
    ],
    [
      'one by one',
      { types: ['*'] },
      (events) => {
        const consume = events.consume.bind(events);
        jest.spyOn(events, 'consume').mockImplementation((each) => {
          if (consume(each, 2) > 0) throw new Error('cannot be read');
          return 0;
        });
      },
    ],
  ])(
    'a buffer that fails, read %s, ends streams with INTERNAL, behind what was taken, and those that come later too',
    async (_, filter, spoil) => {
      const events = buffer();
      spoil(events);
      const running = await start({ events });
      const got: number[] = [];
      const reading = (async () => {
        for await (const batch of connect(running.address).stream(filter)) got.push(...batch.map(numberOf));
      })();
      await clientsOf(running, 1);
      events.putBatch([numbered(1), numbered(2), numbered(3)]);
      const failure = { code: status.INTERNAL, details: 'Error: cannot be read' };
      await expect(reading).rejects.toMatchObject(failure);
      expect(got).toEqual([1, 2]);
      expect(running.service.getStats()).toMatchObject({ clients: 0, streamed: 2 });
      await expect(collect(connect(running.address).stream())).rejects.toMatchObject(failure);
    },
  );

  test('every client gets every event in order, and the end of the buffer ends the streams', async () => {
    const events = buffer();
    const running = await start({ events });
    const reading = range(0, 3).map(() => collect(connect(running.address).stream()));
    await clientsOf(running, 3);
    for (let n = 0; n < 5000; n++) events.put(numbered(n));
    events.close();
    for (const got of await Promise.all(reading)) expect(got.map(numberOf)).toEqual(range(0, 5000));
    expect(running.service.getStats()).toEqual({ clients: 0, streamed: 15_000, dropped: 0, published: 0 });
  });

  test.each([
    ['PerCPUEventBuffer', () => new PerCPUEventBuffer()],
    ['PriorityBuffer', () => new PriorityBuffer({})],
  ])('from a %s', async (_, make) => {
    const events = make();
    closers.push(() => events.close());
    const running = await start({ events });
    for (let n = 0; n < 100; n++) events.put(numbered(n));
    events.close();
    const got = await collect(connect(running.address).stream());
    expect(got.map(numberOf).sort((a, b) => a - b)).toEqual(range(0, 100));
  });

  // Rounds of so many bytes lie in memory that is used again once all who have them are done with it.
  test('each event comes whole, to clients that go, that filter and that take their time', async () => {
    const count = 20_000;
    const message = (n: number): string =>
      `${n} ${String.fromCharCode(97 + (n % 26)).repeat(400 + (n % 300))}`;
    const events = buffer(1024, { slotSize: 1024 });
    const running = await start({ events, clientQueue: count });
    const read = async (filter: EventFilter, most = Infinity): Promise<number> => {
      let got = 0;
      for await (const some of connect(running.address).stream(filter)) {
        for (const event of some) expect(event.message).toBe(message(numberOf(event)));
        got += some.length;
        if (got >= most) break;
        if (most === Infinity) await turn();
      }
      return got;
    };
    const readers = [read({}), read({}), read({}, 5000), read({ types: ['odd'] }, 1000)];
    await clientsOf(running, readers.length);
    for (let n = 0; n < count; n++)
      await events.putAsync({ ...numbered(n), type: n % 2 ? 'odd' : 'even', message: message(n) });
    events.close();
    expect((await Promise.all(readers)).slice(0, 2)).toEqual([count, count]);
  });

  test('nothing is taken while no client is there', async () => {
    const events = buffer();
    await start({ events });
    events.put(numbered(1));
    await turn();
    expect(events.size).toBe(1);
  });

  test.each([
    [{ types: ['net.*', 'exec'] }, ['net.a', 'exec']],
    [{ sources: ['s1'] }, ['net.a', 'info']],
    [{ minSeverity: 'warning' as const }, ['exec', 'warn']],
    [{ entities: ['shop/*'] }, ['net.a']],
    [{ types: ['net.*', 'exec'], sources: ['s1'] }, ['net.a']],
    [{ types: [] }, ['net.a', 'exec', 'warn', 'info']],
    [{ types: ['nothing'] }, []],
  ])('the filter %j', async (filter, types) => {
    const events = buffer();
    const running = await start({ events });
    const all = collect(connect(running.address).stream());
    const some = collect(connect(running.address).stream(filter));
    await clientsOf(running, 2);
    const entity = { type: 'pod', name: 'cart', namespace: 'shop' };
    events.put(createEvent({ type: 'net.a', source: 's1', entity }));
    events.put(createEvent({ type: 'exec', source: 's2', severity: 'critical' }));
    events.put(createEvent({ type: 'warn', source: 's2', kubernetes: { eventType: 'Warning' } }));
    events.put(createEvent({ type: 'info', source: 's1' }));
    events.close();
    expect((await some).map(({ type }) => type)).toEqual(types);
    expect(await all).toHaveLength(4);
  });

  test('batches are as large as the client asks, and no message is larger than gRPC takes', async () => {
    const events = buffer(32_768, { maxEventSize: 6 * 2 ** 20 });
    const running = await start({ events });
    const large = 900_000;
    for (let n = 0; n < 3; n++) events.put(padded(n, large));
    for (let n = 3; n < 10; n++) events.put(numbered(n));
    // Larger than any message.
    events.put(padded(10, 5 * 2 ** 20 - 2 ** 18));
    events.put(numbered(11));
    events.close();
    const asIs = (bytes: Buffer): Buffer => bytes;
    const raw = new Client(running.address, credentials.createInsecure());
    closers.push(() => raw.close());
    const order = Buffer.from([0x10, 4]);
    const call = raw.makeServerStreamRequest('/tapio.v1.EventService/StreamEvents', asIs, asIs, order);
    const batches: ReturnType<typeof decodeBatch>[] = [];
    for await (const bytes of call as AsyncIterable<Buffer>) {
      expect(bytes.length).toBeLessThan(4 * 2 ** 20);
      batches.push(decodeBatch(bytes));
    }
    expect(batches.flatMap((batch) => batch.events).map(numberOf)).toEqual([...range(0, 10), 11]);
    expect(batches.every((batch) => batch.events.length <= 4)).toBe(true);
    expect(batches.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(1);
    expect(running.service.getStats()).toMatchObject({ streamed: 11, dropped: 1 });
  });

  test('leaving the loop, an abort and a closed client end the stream on both sides', async () => {
    const events = buffer();
    const running = await start({ events });
    const left = connect(running.address);
    events.put(numbered(1));
    for await (const batch of left.stream()) {
      expect(batch.map(numberOf)).toEqual([1]);
      break;
    }
    await clientsOf(running, 0);
    const stop = new AbortController();
    const aborted = collect(left.stream({}, { signal: stop.signal }));
    await clientsOf(running, 1);
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(collect(left.stream({}, { signal: stop.signal }))).rejects.toThrow('enough');
    await clientsOf(running, 0);
    const closed = collect(left.stream());
    await clientsOf(running, 1);
    left.close();
    await expect(closed).rejects.toMatchObject({ code: 'ERR_BUFFER_CLOSED' });
    await expect(collect(left.stream())).rejects.toMatchObject({ code: 'ERR_BUFFER_CLOSED' });
    await clientsOf(running, 0);
  });

  test('one client too many is refused; when one leaves, there is room', async () => {
    const running = await start({ events: buffer(), maxClients: 1 });
    const stop = new AbortController();
    const first = collect(connect(running.address).stream({}, { signal: stop.signal }));
    await clientsOf(running, 1);
    await expect(collect(connect(running.address).stream())).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
    stop.abort();
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    await clientsOf(running, 0);
    const next = new AbortController();
    const second = collect(connect(running.address).stream({}, { signal: next.signal }));
    await clientsOf(running, 1);
    next.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  });

  test.each([
    ['bytes that are no message', Buffer.from([0x0a, 9, 1]), /9 bytes/],
    ['a filter that is too long', encodeFilter(1025), /at most 1024/],
  ])('%s are refused with a reason', async (_, request, reason) => {
    const running = await start({ events: buffer() });
    const asIs = (bytes: Buffer): Buffer => bytes;
    const raw = new Client(running.address, credentials.createInsecure());
    closers.push(() => raw.close());
    const call = raw.makeServerStreamRequest('/tapio.v1.EventService/StreamEvents', asIs, asIs, request);
    const error = await new Promise((resolve) => call.on('error', resolve).resume());
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(reason) });
  });

  test('close lets clients take what waits for them, and refuses others', async () => {
    const events = buffer();
    const running = await start({ events });
    const reading = collect(connect(running.address).stream());
    events.put(numbered(1));
    while (running.service.getStats().streamed === 0) await turn();
    await running.service.close();
    expect((await reading).map(numberOf)).toEqual([1]);
    await expect(collect(connect(running.address).stream())).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    await running.service.close();
  });

  test('close delivers what a closed buffer holds; after it, tryShutdown leaves streams their ends', async () => {
    const events = buffer(65_536);
    // So that none is lost where all stand still for a while: the service takes that for a stall of its clients.
    const running = await start({ events, clientQueue: 20_000 });
    const reading = range(0, 3).map(() => collect(connect(running.address).stream()));
    await clientsOf(running, 3);
    for (let n = 0; n < 20_000; n++) events.put(numbered(n));
    events.close();
    await running.service.close({ timeoutMs: 2 ** 31 - 1 });
    const down = promisify(running.server.tryShutdown.bind(running.server))();
    for (const got of await Promise.all(reading)) expect(got.map(numberOf)).toEqual(range(0, 20_000));
    await down;
    expect(running.service.getStats()).toMatchObject({ streamed: 60_000, dropped: 0 });
  });

  test('close counts all that a client has not taken in time, and settles for everybody who asked', async () => {
    const events = buffer(65_536);
    const running = await start({ events });
    await stalledPeer(running, events, 50_000);
    events.close();
    const { service } = running;
    const patient = service.close({ timeoutMs: 2 ** 31 - 1 });
    expect(await isPending(patient)).toBe(true);
    await Promise.all([service.close({ timeoutMs: 0 }), patient]);
    const { clients, streamed, dropped } = service.getStats();
    expect({ clients, all: streamed + dropped }).toEqual({ clients: 0, all: 50_000 });
    expect(dropped).toBeGreaterThan(0);
  });

  test('a client that was behind has what was sent before its stream ends with an error, and hears of the rest', async () => {
    const events = buffer(65_536);
    const running = await start({ events, maxBatch: 100 });
    let [got, dropped] = [0, 0];
    let goOn!: () => void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const reading = (async () => {
      for await (const batch of connect(running.address).stream(
        {},
        { onDropped: (more) => (dropped += more) },
      )) {
        got += batch.length;
        await held;
      }
    })();
    const ended = reading.catch((error: unknown) => error);
    await clientsOf(running, 1);
    for (let n = 0; n < 40_000; n++) events.put(padded(n, 100));
    events.close();
    await running.service.close({ timeoutMs: 0 });
    goOn();
    expect(await ended).toMatchObject({ code: status.UNAVAILABLE, details: 'the service is closed' });
    const stats = running.service.getStats();
    expect({ streamed: got, dropped }).toEqual({ streamed: stats.streamed, dropped: stats.dropped });
    expect(got + dropped).toBe(40_000);
    expect(dropped).toBeGreaterThan(0);
  });

  test('what waits for a client that goes is counted as dropped', async () => {
    const events = buffer(65_536);
    const running = await start({ events });
    const peer = await stalledPeer(running, events, 20_000);
    while (events.size > 0) await turn();
    peer.child.kill();
    await clientsOf(running, 0);
    const { streamed, dropped } = running.service.getStats();
    expect(streamed + dropped).toBe(20_000);
    expect(dropped).toBeGreaterThan(0);
  });

  test.each([-1, 1.5, NaN, 2 ** 31])('close refuses a time of %d', async (timeoutMs) => {
    const { service } = await start({ events: buffer() });
    await expect(service.close({ timeoutMs })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

function encodeFilter(types: number): Buffer {
  const filter = Buffer.concat(range(0, types).map(() => Buffer.from([0x0a, 1, 0x61])));
  return Buffer.concat([Buffer.from([0x0a, (filter.length & 0x7f) | 0x80, filter.length >>> 7]), filter]);
}

describe('PublishEvents', () => {
  test('stores all, from any iterable', async () => {
    const publishTo = buffer();
    const running = await start({ publishTo });
    const client = connect(running.address);
    const batches = [[numbered(0)], range(1, 600).map(numbered), []];
    expect(await client.publish(batches)).toEqual({ accepted: 600 });
    expect(publishTo.getBatch(1000).map(numberOf)).toEqual(range(0, 600));
    expect(
      await client.publish(
        (async function* () {
          yield [numbered(1)];
        })(),
      ),
    ).toEqual({ accepted: 1 });
    expect(running.service.getStats().published).toBe(601);
  });

  test('a full buffer holds up the client, and loses nothing', async () => {
    const publishTo = buffer(64);
    const running = await start({ publishTo });
    let asked = 0;
    const publishing = connect(running.address).publish(
      (function* () {
        for (; asked < 100; asked++) yield range(asked * 256, asked * 256 + 256).map(numbered);
      })(),
    );
    while (!publishTo.isFull) await turn();
    expect(await isPending(publishing)).toBe(true);
    let next = 0;
    for await (const batch of publishTo.batches()) {
      for (const event of batch) expect(numberOf(event)).toBe(next++);
      if (next === 100 * 256) break;
    }
    expect(await publishing).toEqual({ accepted: 100 * 256 });
    expect(publishTo.getStats()).toMatchObject({ discarded: 0 });
  });

  test('messages that wait their turn keep what was written', async () => {
    const publishTo = buffer(128, { slotSize: 1024 });
    const running = await start({ publishTo });
    const padding = (n: number): string => String.fromCharCode(97 + (n % 26)).repeat(500 + ((n * 37) % 300));
    const eventOf = (n: number): UnifiedEvent => ({ ...numbered(n), message: padding(n) });
    const publishing = connect(running.address).publish(
      range(0, 60).map((i) => range(i * 256, i * 256 + 256).map(eventOf)),
    );
    let next = 0;
    for await (const batch of publishTo.batches()) {
      for (const { id, message } of batch) {
        expect({ id, message }).toEqual({ id: numbered(next).id, message: padding(next) });
        next++;
      }
      if (next === 60 * 256) break;
    }
    expect(await publishing).toEqual({ accepted: 60 * 256 });
  });

  test('a batch that becomes shorter while it is read loses none of those that are left', async () => {
    const publishTo = buffer();
    const running = await start({ publishTo });
    const batch = range(0, 3).map(numbered);
    batch[1] = Object.defineProperty({ ...numbered(1) }, 'type', {
      enumerable: true,
      get: () => ((batch.length = 2), 'shortened'),
    });
    expect(await connect(running.address).publish([batch])).toEqual({ accepted: 2 });
    expect(publishTo.getBatch(10).map(numberOf)).toEqual([0, 1]);
  });

  test('an event that no message holds is named by its number', async () => {
    const running = await start({ publishTo: buffer() });
    const batch = [...range(0, 300).map(numbered), padded(300, 5_000_000), numbered(301)];
    await expect(connect(running.address).publish([batch])).rejects.toThrow(
      /^event 300 of a batch takes 50000\d\d bytes, a message holds 4194240$/,
    );
  });

  test('an abort, and a source that throws, end it', async () => {
    const publishTo = buffer();
    const running = await start({ publishTo });
    const client = connect(running.address);
    const source = buffer();
    const stop = new AbortController();
    const publishing = client.publish(source.batches(), { signal: stop.signal });
    source.put(numbered(1));
    await publishTo.ready();
    stop.abort(new Error('enough'));
    await expect(publishing).rejects.toThrow('enough');
    const broken = client.publish(
      (function* () {
        yield [numbered(2)];
        throw new Error('broken');
      })(),
    );
    await expect(broken).rejects.toThrow('broken');
    await expect(client.publish([[{ id: 1 } as never]])).rejects.toMatchObject({ code: 'ERR_INVALID_EVENT' });
    await expect(client.publish([[padded(1, 5 * 2 ** 20)]])).rejects.toMatchObject({
      code: 'ERR_EVENT_TOO_LARGE',
    });
    await expect(client.publish(5 as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  test('what the server refuses ends it, though the source has no more for now', async () => {
    const publishTo = buffer();
    const running = await start({ publishTo });
    const source = buffer();
    const publishing = connect(running.address).publish(source.batches());
    source.put(padded(1, 70_000 - 5_000));
    await publishTo.ready();
    publishTo.get();
    publishTo.close();
    source.put(numbered(2));
    await expect(publishing).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test.each<[string, Buffer, number, RegExp, number?]>([
    ['malformed', Buffer.from([0x0a, 9, 1]), status.INVALID_ARGUMENT, /9 bytes at 2/],
    [
      'too large for the buffer',
      encodeBatch([padded(1, 7), padded(2, 70_000)]),
      status.INVALID_ARGUMENT,
      /more than 65536, .* event 1 of the stream/,
      1,
    ],
    ['larger than 4 MiB', Buffer.alloc(4 * 2 ** 20 + 1), status.RESOURCE_EXHAUSTED, /larger than max/],
  ])('a message that is %s is refused with a reason', async (_, message, code, reason, published = 0) => {
    const running = await start({ publishTo: buffer() });
    const asIs = (bytes: Buffer): Buffer => bytes;
    const raw = new Client(running.address, credentials.createInsecure());
    closers.push(() => raw.close());
    const error = await new Promise((resolve) => {
      const call = raw.makeClientStreamRequest('/tapio.v1.EventService/PublishEvents', asIs, asIs, resolve);
      call.on('error', () => undefined);
      call.write(message);
    });
    expect(error).toMatchObject({ code, details: expect.stringMatching(reason) });
    expect(running.service.getStats()).toMatchObject({ published });
  });

  test('a closed service ends publishers', async () => {
    const running = await start({ publishTo: buffer() });
    const source = buffer();
    const publishing = connect(running.address).publish(source.batches());
    source.put(numbered(1));
    while (running.service.getStats().published === 0) await turn();
    const failure = expect(publishing).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await running.service.close();
    await failure;
  });
});

describe('GetStats, tokens and TLS', () => {
  test('tells the buffers and the activity', async () => {
    const [events, publishTo] = [buffer(64), new PriorityBuffer({ high: 128 })];
    closers.push(() => publishTo.close());
    const tally = { name: 'exec', count: 5, rate: 0.5 };
    const activity: Activity = {
      startedAt: 1_700_000_000_123_456_789n,
      delivered: 12,
      dropped: 0,
      rate: 3.5,
      latency: { p50: 10, p99: 20.5 },
      fill: [{ name: 'cpu 0', ratio: 0.25 }],
      types: [tally, { ...tally, name: '日本' }],
      processes: [],
      containers: [tally],
    };
    let told: Activity = activity;
    const running = await start({ events, publishTo, activity: () => told });
    events.put(numbered(1));
    const client = connect(running.address);
    const stats = await client.getStats();
    expect(stats.events).toEqual(events.getStats());
    expect(Object.keys(stats)).toEqual([
      'events',
      ...['critical', 'high', 'normal', 'low'].map((level) => `publishTo.${level}`),
    ]);
    expect(stats['publishTo.high']).toEqual(publishTo.getStats().high);
    expect(await client.getActivity()).toEqual(activity);
    told = { ...activity, latency: undefined };
    expect(await client.getActivity()).toEqual(told);
    const silent = await start({ events: new PerCPUEventBuffer() });
    expect(await connect(silent.address).getActivity()).toBeUndefined();
    expect((await connect(silent.address).getStats()).events).toMatchObject({
      puts: 0,
      isEmpty: true,
      closed: false,
    });
  });

  test.each([[undefined], ['wrong'], ['rightandmore']])('the token %s is refused', async (token) => {
    const running = await start({ events: buffer(), publishTo: buffer(), token: 'right' });
    const client = connect(running.address, token === undefined ? {} : { token });
    const refusal = { code: status.UNAUTHENTICATED };
    await expect(client.getStats()).rejects.toMatchObject(refusal);
    await expect(collect(client.stream())).rejects.toMatchObject(refusal);
    await expect(client.publish([[numbered(1)]])).rejects.toMatchObject(refusal);
    expect(Object.keys(await connect(running.address, { token: 'right' }).getStats())).toEqual([
      'events',
      'publishTo',
    ]);
  });

  test('a service without a buffer says that it cannot', async () => {
    const running = await start({});
    const client = connect(running.address);
    await expect(collect(client.stream())).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    await expect(client.publish([])).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test('TLS, with a certificate that the client trusts', async () => {
    const { key, cert } = selfSigned();
    const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
    const events = buffer();
    const running = await start({ events, token: 'secret' }, ServerCredentials.createSsl(null, [pair]));
    const trusted = credentials.createSsl(Buffer.from(cert));
    events.put(numbered(1));
    events.close();
    const client = connect(`localhost:${running.port}`, { credentials: trusted, token: 'secret' });
    expect((await collect(client.stream())).map(numberOf)).toEqual([1]);
    await expect(connect(running.address, { token: 'secret' }).getStats()).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
  });

  test.each(['PORT', ':PORT', '127.0.0.1:PORT', 'localhost:PORT'])('the address %s', async (address) => {
    const running = await start({ events: buffer() });
    await connect(address.replace('PORT', String(running.port))).getStats();
  });

  test('bad arguments are refused', () => {
    expect(() => new EventClient('')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    const client = connect('1');
    for (const filter of [{ types: 'a' }, { type: ['a'] }, { minSeverity: 'loud' }, { entities: [1] }, 5])
      expect(() => client.stream(filter as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    for (const options of [
      { events: {} },
      { maxBatch: 0 },
      { clientQueue: 0.5 },
      { maxClients: 0 },
      { token: '' },
      5,
    ])
      expect(() => new EventService(options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    for (const token of ['', 'secret\n', ' secret', 'se\tcret', 'secr\u00e9t', 5])
      for (const make of [
        () => new EventClient('1', { token } as never),
        () => new EventService({ token } as never),
      ])
        expect(make).toThrow(
          expect.objectContaining({
            code: 'ERR_INVALID_ARGUMENT',
            message: expect.not.stringMatching(/secr|cret/) as string,
          }),
        );
    expect(() => new EventService({}).addTo({} as Server)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

test('health and reflection live beside the service', async () => {
  const server = new Server();
  new EventService({ events: buffer() }).addTo(server);
  new HealthImplementation({ 'tapio.v1.EventService': 'SERVING' }).addToServer(server);
  new ReflectionService(loadSync(PROTO_PATH)).addToServer(server);
  const port = await listen(server);
  closers.push(() => server.forceShutdown());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const raw = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  closers.push(() => raw.close());
  const name = Buffer.from('tapio.v1.EventService');
  const health = await new Promise((resolve, reject) =>
    raw.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      asIs,
      asIs,
      Buffer.concat([Buffer.from([0x0a, name.length]), name]),
      {} as Metadata as never,
      (error, value) => (error ? reject(error) : resolve(value)),
    ),
  ).catch((error: unknown) => error);
  expect(health).toEqual(Buffer.from([0x08, 1]));
  const call = raw.makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    asIs,
    asIs,
  );
  // list_services
  call.write(Buffer.from([0x3a, 0]));
  const listed = await new Promise<Buffer>((resolve, reject) =>
    call.once('data', resolve).once('error', reject),
  );
  call.end();
  expect(listed.toString('latin1')).toContain('tapio.v1.EventService');
});
