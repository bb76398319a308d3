/** Events through a real JetStream server, which dies in the middle. */
import { jetstream } from '@nats-io/jetstream';
import { encodeEvent, EventBuffer } from '@tapio/performance';
import { JetStreamSink, JetStreamSource, packEvents, unpackEvents } from '@tapio/performance/nats';
import fc from 'fast-check';
import { arbitraryEvent } from '../event/arbitrary-event';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, padded, range } from '../support/events';
import { CONSUMER, filled, NS_PER_S, receive, setting, STREAM, SUBJECT } from '../support/jetstream';
import { natsTest } from '../support/nats-server';
import { seed } from '../support/property';
import { turn } from '../support/waits';

describe('packing', () => {
  test(`events come out of a message as they went in (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { minLength: 1, maxLength: 10 }), (events) => {
        const { bytes, count } = packEvents(events, 2 ** 20);
        expect(count).toBe(events.length);
        const wanted = events.map((event) => unpackEvents(packEvents([event], 2 ** 20).bytes)[0]);
        expect(unpackEvents(bytes)).toEqual(wanted);
      }),
      { seed, numRuns: 30 },
    );
  });

  test('one event is what encodeEvent writes', () => {
    const target = new Uint8Array(1024);
    const length = encodeEvent(numbered(1), target);
    expect(packEvents([numbered(1)], 1024).bytes).toEqual(target.subarray(0, length));
  });

  test('a message holds as many events as the limit allows', () => {
    const events = range(0, 10).map((n) => padded(n, 1000));
    const one = packEvents(events.slice(0, 1), 10_000).bytes.length;
    for (const fit of [1, 3, 9]) expect(packEvents(events, fit * (one + 4)).count).toBe(fit);
    expect(packEvents(events, one + 3).count).toBe(0);
    expect(packEvents(events.slice(0, 1), one).count).toBe(1);
    expect(packEvents(events.slice(0, 1), one - 1).count).toBe(0);
    // Larger than the memory to work in.
    const large = packEvents([padded(1, 3_000_000), padded(2, 3_000_000)], 2 ** 23);
    expect(unpackEvents(large.bytes).map(numberOf)).toEqual([1, 2]);
  });

  test(`bytes of others are corrupt data (seed ${seed})`, () => {
    const { bytes } = packEvents(range(0, 3).map(numbered), 4096);
    const bad = [
      new Uint8Array(0),
      bytes.subarray(0, 3),
      bytes.subarray(0, -1),
      Buffer.from('hello, world'),
      new Uint8Array(64),
    ];
    for (const each of bad)
      expect(thrownBy(() => unpackEvents(each))).toMatchObject({ code: 'ERR_CORRUPT_DATA' });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = byte;
        try {
          unpackEvents(changed);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_CORRUPT_DATA' });
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});

natsTest('events travel in batches, in order, under the id of the first and their number', async () => {
  await using its = await setting();
  const sink = new JetStreamSink(its.connection, filled(range(0, 1000).map(numbered)), {
    stream: STREAM,
    subject: SUBJECT,
    maxBatch: 300,
    maxInFlight: 1,
  });
  await sink.run();
  expect(sink.getStats()).toEqual({
    acknowledged: 1000,
    inFlight: 0,
    retried: 0,
    duplicates: 0,
    oversized: 0,
  });
  const messages = await Promise.all(
    range(1, 5).map((seq) => its.manager.streams.getMessage(STREAM, { seq })),
  );
  expect(messages.map((message) => message!.header.get('Nats-Msg-Id'))).toEqual([
    '0+300',
    '300+300',
    '600+300',
    '900+100',
  ]);
  const { events, source } = await receive(its.connection, (seen) => seen.length === 1000);
  expect(events.map(numberOf)).toEqual(range(0, 1000));
  expect(source.getStats()).toEqual({ received: 1000, redelivered: 0, malformed: 0 });
});

natsTest(
  'a server that is killed twice in the middle of 1,000,000 events loses none that was accepted',
  async () => {
    const COUNT = 1_000_000;
    await using its = await setting();
    const buffer = new EventBuffer(8192, { slotSize: 128 });
    const sink = new JetStreamSink(its.connection, buffer, { stream: STREAM, subject: SUBJECT });
    const sending = sink.run();
    const seen = new Uint8Array(COUNT);
    let [kills, repeats, distinct] = [0, 0, 0];
    const reading = receive(its.connection, (events) => {
      for (const event of events.splice(0)) {
        const n = numberOf(event);
        if (seen[n]++ === 0) distinct++;
        else repeats++;
      }
      return distinct === COUNT;
    });
    let most = 0;
    for (let n = 0; n < COUNT; n++) {
      // The buffer's own policy is the back-pressure on this producer.
      if (!buffer.tryPut(numbered(n))) await buffer.putAsync(numbered(n));
      if (n % 1000 === 0) most = Math.max(most, sink.getStats().inFlight);
      if (n === 200_000 || n === 600_000) {
        await its.server.kill();
        kills++;
        await its.server.start();
      }
    }
    buffer.close();
    await sending;
    const { source } = await reading;
    const { acknowledged, retried, duplicates } = sink.getStats();
    console.log(`${kills} kills: ${retried} retried, ${duplicates} duplicates, ${repeats} events came again`);
    expect(seen.every((count) => count > 0)).toBe(true);
    expect(acknowledged).toBe(COUNT);
    expect(retried).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(8 * 256);
    expect(source.getStats().received).toBe(COUNT + repeats);
  },
  120_000,
);

natsTest(
  'a silent server holds the sink, whose buffer then refuses; it goes on when the server does',
  async () => {
    await using its = await setting();
    const buffer = new EventBuffer(1024, { slotSize: 128 });
    const sink = new JetStreamSink(its.connection, buffer, {
      stream: STREAM,
      subject: SUBJECT,
      maxInFlight: 2,
    });
    const sending = sink.run();
    buffer.put(numbered(0));
    while (sink.getStats().acknowledged === 0) await turn();
    await its.server.standStill();
    let stored = 1;
    // Two messages of 256 leave, one waits for the window; the buffer holds the others.
    for (let refused = 0; refused < 100;) {
      if (buffer.tryPut(numbered(stored))) stored++;
      else refused++;
      await turn();
    }
    expect(sink.getStats().inFlight).toBeLessThanOrEqual(2 * 256);
    // The signal takes effect a little later.
    expect(stored).toBeLessThanOrEqual(sink.getStats().acknowledged + 3 * 256 + 1024);
    its.server.goOn();
    buffer.close();
    await sending;
    expect(sink.getStats()).toMatchObject({ acknowledged: stored, inFlight: 0 });
    const { events } = await receive(its.connection, (seen) => new Set(seen.map(numberOf)).size === stored);
    expect([...new Set(events.map(numberOf))].sort((a, b) => a - b)).toEqual(range(0, stored));
  },
);

natsTest('a full stream is waited for', async () => {
  await using its = await setting({ max_msgs: 2, discard: 'new' });
  const sink = new JetStreamSink(its.connection, filled(range(0, 4).map(numbered)), {
    stream: STREAM,
    subject: SUBJECT,
    maxBatch: 1,
    maxInFlight: 1,
  });
  const sending = sink.run();
  while (sink.getStats().retried === 0) await turn();
  expect(sink.getStats()).toMatchObject({ acknowledged: 2, inFlight: 1 });
  await its.manager.streams.purge(STREAM);
  await sending;
  expect(sink.getStats()).toMatchObject({ acknowledged: 4, inFlight: 0 });
});

natsTest('what exceeds a message is split, and one event that does is left out and counted', async () => {
  await using its = await setting();
  const events = [...range(0, 5).map((n) => padded(n, 400_000)), padded(5, 2_000_000), padded(6, 10)];
  const sink = new JetStreamSink(its.connection, filled(events, 32_768), {
    stream: STREAM,
    subject: SUBJECT,
  });
  await sink.run();
  expect(sink.getStats()).toMatchObject({ acknowledged: 6, oversized: 1 });
  const received = await receive(its.connection, (seen) => seen.length === 6);
  expect(received.events.map(numberOf)).toEqual([0, 1, 2, 3, 4, 6]);
});

natsTest('a run that is aborted gives back what was not stored, in order', async () => {
  await using its = await setting();
  const buffer = new EventBuffer(2048, { slotSize: 128 });
  const sink = new JetStreamSink(its.connection, buffer, {
    stream: STREAM,
    subject: SUBJECT,
    maxBatch: 10,
    maxInFlight: 3,
  });
  const controller = new AbortController();
  const sending = sink.run({ signal: controller.signal });
  buffer.put(numbered(1000));
  while (sink.getStats().acknowledged === 0) await turn();
  await its.server.standStill();
  range(0, 200).forEach((n) => buffer.put(numbered(n)));
  while (sink.getStats().inFlight < 30) await turn();
  controller.abort(new Error('enough'));
  expect((await rejectionOf(sending)).message).toBe('enough');
  expect(sink.getStats()).toMatchObject({ acknowledged: 1, inFlight: 0 });
  its.server.goOn();
  expect(buffer.getBatch(Infinity).map(numberOf)).toEqual(range(0, 200));
});

natsTest('what cannot be mended ends the run: no stream, no consumer, a closed connection', async () => {
  await using its = await setting();
  const buffer = new EventBuffer(64);
  buffer.put(numbered(1));
  const sink = new JetStreamSink(its.connection, buffer, { stream: 'NONE', subject: SUBJECT });
  expect((await rejectionOf(sink.run())).message).toMatch(/stream not found/);
  const wrong = new JetStreamSink(its.connection, buffer, { stream: STREAM, subject: 'other' });
  await its.manager.streams.add({ name: 'OTHER', subjects: ['other'] });
  expect((await rejectionOf(wrong.run())).message).toMatch(/expected stream does not match/);
  const source = new JetStreamSource(its.connection, buffer, { stream: STREAM, consumer: 'none' });
  expect((await rejectionOf(source.run())).message).toMatch(/consumer not found/);
  const waiting = new JetStreamSource(its.connection, buffer, { stream: STREAM, consumer: CONSUMER });
  const receiving = rejectionOf(waiting.run());
  await its.connection.close();
  expect(await receiving).toBeInstanceOf(Error);
  const closed = new JetStreamSink(its.connection, buffer, { stream: STREAM, subject: SUBJECT });
  expect((await rejectionOf(closed.run())).name).toBe('ClosedConnectionError');
  expect(numberOf(buffer.get())).toBe(1);
});

natsTest('a message that comes again after it was stored is not stored twice', async () => {
  await using its = await setting();
  await its.manager.consumers.update(STREAM, CONSUMER, { ack_wait: 0.3 * NS_PER_S });
  const js = jetstream(its.connection);
  for (const n of range(0, 3)) await js.publish(SUBJECT, packEvents([numbered(n)], 1024).bytes);
  await js.publish(SUBJECT, Buffer.from('not ours'));
  const buffer = new EventBuffer(1, { slotSize: 128 });
  const source = new JetStreamSource(its.connection, buffer, { stream: STREAM, consumer: CONSUMER });
  const stop = new AbortController();
  const running = source.run({ signal: stop.signal });
  // The second waits for room, and the server hears of it; of those behind it, it hears nothing and sends them again.
  while ((await its.manager.consumers.info(STREAM, CONSUMER)).num_redelivered === 0) await turn();
  const seen: number[] = [];
  while (source.getStats().redelivered === 0) {
    const event = buffer.tryGet();
    if (event !== undefined) seen.push(numberOf(event));
    await turn();
  }
  stop.abort('enough');
  expect(await rejectionOf(running)).toBe('enough');
  expect([...seen, ...buffer.getBatch(1).map(numberOf)]).toEqual([0, 1, 2]);
  expect(source.getStats()).toMatchObject({ received: 3, redelivered: 1 });
  expect(source.getStats().malformed).toBeGreaterThan(0);
});

natsTest('a source whose buffer is closed ends with the next message, which others get', async () => {
  await using its = await setting();
  const buffer = new EventBuffer(4);
  const source = new JetStreamSource(its.connection, buffer, { stream: STREAM, consumer: CONSUMER });
  const running = source.run();
  buffer.close();
  await jetstream(its.connection).publish(SUBJECT, packEvents([numbered(8)], 1024).bytes);
  await running;
  expect(source.getStats().received).toBe(0);
  const { events } = await receive(its.connection, (seen) => seen.length === 1);
  expect(events.map(numberOf)).toEqual([8]);
});

natsTest('a source waits for room and loses nothing; aborted, it goes on where it was', async () => {
  await using its = await setting();
  await new JetStreamSink(its.connection, filled(range(0, 100).map(numbered)), {
    stream: STREAM,
    subject: SUBJECT,
    maxBatch: 7,
  }).run();
  const buffer = new EventBuffer(4, { slotSize: 128 });
  const source = new JetStreamSource(its.connection, buffer, { stream: STREAM, consumer: CONSUMER });
  const controller = new AbortController();
  const running = source.run({ signal: controller.signal });
  const seen = new Set<number>();
  while (seen.size < 20) seen.add(numberOf(await buffer.getAsync()));
  controller.abort('stop');
  expect(await rejectionOf(running)).toBe('stop');
  for (const event of buffer.getBatch(Infinity)) seen.add(numberOf(event));
  const { events } = await receive(its.connection, (more) => {
    for (const event of more) seen.add(numberOf(event));
    return seen.size === 100;
  });
  expect(events.length).toBeLessThan(100);
  expect([...seen].sort((a, b) => a - b)).toEqual(range(0, 100));
});

test('bad arguments are refused', () => {
  const connection: any = { request() {}, publish() {} };
  const buffer = new EventBuffer(4);
  const good = { stream: STREAM, subject: SUBJECT };
  const bad: [() => unknown, RegExp][] = [
    [() => new JetStreamSink({} as any, buffer, good), /connection must be a NatsConnection/],
    [() => new JetStreamSink(connection, 5 as any, good), /buffer must be/],
    [
      () => new JetStreamSink(connection, buffer, {} as any),
      /stream must be a name without white space, not undefined/,
    ],
    ...['a b', 'a.>', '*.b', '.a', 'a.', 'a..b'].map((subject): [() => unknown, RegExp] => [
      () => new JetStreamSink(connection, buffer, { ...good, subject }),
      /subject must be/,
    ]),
    [
      () => new JetStreamSink(connection, buffer, { ...good, maxBatch: 0 }),
      /maxBatch must be an integer from 1/,
    ],
    [() => new JetStreamSink(connection, buffer, { ...good, maxInFlight: 1025 }), /maxInFlight must be/],
    [() => new JetStreamSource(connection, buffer, { stream: STREAM } as any), /consumer must be/],
  ];
  for (const [make, message] of bad)
    expect(thrownBy(make)).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
});
