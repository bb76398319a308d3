/** What goes wrong on the way to JetStream and from there: nothing is lost, nothing told twice, every run ends. */
import { AckPolicy, jetstream } from '@nats-io/jetstream';
import { EventBuffer } from '@tapio/performance';
import { JetStreamSink, JetStreamSource, packEvents, unpackEvents } from '@tapio/performance/nats';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, padded, range } from '../support/events';
import { addStream, CONSUMER, filled, receive, setting, STREAM, SUBJECT } from '../support/jetstream';
import { natsTest } from '../support/nats-server';
import { turn, turns } from '../support/waits';

const TO = { stream: STREAM, subject: SUBJECT };
const FROM = { stream: STREAM, consumer: CONSUMER };

test('an event whose getter packs others is packed whole', () => {
  const outer = [numbered(1), numbered(2)];
  Object.defineProperty(outer[1], 'source', {
    enumerable: true,
    get: () => String(packEvents(range(10, 20).map(numbered), 2 ** 20).count),
  });
  const { bytes } = packEvents(outer, 2 ** 20);
  expect(unpackEvents(bytes).map(numberOf)).toEqual([1, 2]);
  expect(unpackEvents(bytes)[1].source).toBe('10');
});

test('what is no array, no limit, no bytes or bytes whose memory is gone is refused', () => {
  const gone = new Uint8Array(8);
  structuredClone(gone, { transfer: [gone.buffer] });
  const bad = [
    () => packEvents(null as any, 100),
    () => packEvents([], -1),
    () => unpackEvents('bytes' as any),
    () => unpackEvents(gone),
  ];
  for (const call of bad) expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

natsTest('ids of events that are empty, long or no header keep their messages apart', async () => {
  await using its = await setting();
  const ids = ['', '', 'line\r\nbreak', 'x'.repeat(3000), 'ä'];
  const events = ids.map((id, n) => ({ ...numbered(n), id }));
  const sink = new JetStreamSink(its.connection, filled(events), { ...TO, maxBatch: 1 });
  await sink.run();
  expect(sink.getStats()).toMatchObject({ acknowledged: ids.length, duplicates: 0 });
  const received = await receive(its.connection, (seen) => seen.length === ids.length);
  expect(received.events.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

natsTest('a stream that takes small messages only gets small ones', async () => {
  await using its = await setting({ max_msg_size: 4096 });
  const events = [...range(0, 20).map((n) => padded(n, 500)), padded(20, 5000)];
  const sink = new JetStreamSink(its.connection, filled(events), TO);
  await sink.run();
  expect(sink.getStats()).toMatchObject({ acknowledged: 20, oversized: 1 });
  const received = await receive(its.connection, (seen) => seen.length === 20);
  expect(received.events.map(numberOf).sort((a, b) => a - b)).toEqual(range(0, 20));
});

natsTest('an event that fits alone only is given back once when the run is aborted', async () => {
  await using its = await setting();
  const room = 2 ** 20 - 1024;
  let bytes = room;
  while (packEvents([padded(0, bytes)], room).count === 0) bytes--;
  const large = range(0, 4).map((n) => padded(n, bytes));
  expect(packEvents(large, room).count).toBe(0);
  const buffer = new EventBuffer(16_384, { maxEventSize: 2 ** 21 });
  const sink = new JetStreamSink(its.connection, buffer, { ...TO, maxInFlight: 1 });
  const stop = new AbortController();
  const sending = sink.run({ signal: stop.signal });
  buffer.put(numbered(9));
  while (sink.getStats().acknowledged === 0) await turn();
  await its.server.standStill();
  // One is in flight, one waits for it, two wait for that.
  expect(buffer.putBatch(large)).toBe(4);
  while (sink.getStats().inFlight === 0) await turn();
  stop.abort('enough');
  its.server.goOn();
  expect(await rejectionOf(sending)).toBe('enough');
  const { acknowledged } = sink.getStats();
  expect(buffer.getBatch(Infinity).map(numberOf)).toEqual(range(acknowledged - 1, 4));
});

natsTest(
  'a stream that is made anew begins anew: none of its messages is taken for one that was stored',
  async () => {
    await using its = await setting();
    const buffer = new EventBuffer(64);
    const source = new JetStreamSource(its.connection, buffer, FROM);
    const js = jetstream(its.connection);
    for (const n of [1, 2]) {
      await js.publish(SUBJECT, packEvents([numbered(n)], 1024).bytes);
      const stop = new AbortController();
      const running = source.run({ signal: stop.signal });
      expect(numberOf(await buffer.getAsync())).toBe(n);
      stop.abort('taken');
      expect(await rejectionOf(running)).toBe('taken');
      await its.manager.streams.delete(STREAM);
      await addStream(its.manager);
    }
    expect(source.getStats()).toEqual({ received: 2, redelivered: 0, malformed: 0 });
  },
);

natsTest('a message of which a part was stored goes on with the next event', async () => {
  await using its = await setting();
  await jetstream(its.connection).publish(SUBJECT, packEvents(range(0, 10).map(numbered), 4096).bytes);
  const buffer = new EventBuffer(4, { slotSize: 128 });
  const source = new JetStreamSource(its.connection, buffer, FROM);
  const seen: number[] = [];
  while (seen.length < 10) {
    const stop = new AbortController();
    const running = source.run({ signal: stop.signal });
    seen.push(numberOf(await buffer.getAsync()));
    stop.abort('taken');
    expect(await rejectionOf(running)).toBe('taken');
    seen.push(...buffer.getBatch(Infinity).map(numberOf));
  }
  expect(seen).toEqual(range(0, 10));
});

natsTest('an event that the buffer never takes ends the run, and its message goes back', async () => {
  await using its = await setting();
  const events = [numbered(0), padded(1, 5000), numbered(2)];
  await jetstream(its.connection).publish(SUBJECT, packEvents(events, 2 ** 20).bytes);
  const buffer = new EventBuffer(64, { maxEventSize: 1024 });
  const source = new JetStreamSource(its.connection, buffer, FROM);
  for (const stored of [1, 1]) {
    expect(await rejectionOf(source.run())).toMatchObject({ code: 'ERR_EVENT_TOO_LARGE' });
    expect(source.getStats().received).toBe(stored);
  }
  const received = await receive(its.connection, (seen) => seen.length === 3);
  expect(received.events.map(numberOf)).toEqual([0, 1, 2]);
});

natsTest('a stream that is deleted is waited for until it is made again', async () => {
  await using its = await setting();
  const buffer = new EventBuffer(64);
  const sink = new JetStreamSink(its.connection, buffer, { ...TO, maxBatch: 1, maxInFlight: 32 });
  const sending = sink.run();
  buffer.put(numbered(0));
  while (sink.getStats().acknowledged === 0) await turn();
  await its.manager.streams.delete(STREAM);
  buffer.putBatch(range(1, 33).map(numbered));
  buffer.close();
  while (sink.getStats().retried < 32) await turn();
  await addStream(its.manager);
  await sending;
  expect(sink.getStats()).toMatchObject({ acknowledged: 33, inFlight: 0 });
  const received = await receive(its.connection, (seen) => seen.length === 32);
  expect(received.events.map(numberOf).sort((x, y) => x - y)).toEqual(range(1, 33));
});

natsTest('a consumer without explicit acknowledgement is refused', async () => {
  await using its = await setting();
  await its.manager.consumers.add(STREAM, { durable_name: 'none', ack_policy: AckPolicy.None });
  const source = new JetStreamSource(its.connection, new EventBuffer(4), { ...FROM, consumer: 'none' });
  expect(await rejectionOf(source.run())).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'consumer must be one with explicit acknowledgement, not "none"',
  });
});

natsTest('a consumer that is deleted ends the run', async () => {
  await using its = await setting();
  const buffer = new EventBuffer(4);
  const source = new JetStreamSource(its.connection, buffer, FROM);
  const running = rejectionOf(source.run());
  await jetstream(its.connection).publish(SUBJECT, packEvents([numbered(1)], 1024).bytes);
  expect(numberOf(await buffer.getAsync())).toBe(1);
  await its.manager.consumers.delete(STREAM, CONSUMER);
  expect(await running).toBeInstanceOf(Error);
});

natsTest('a source that is aborted while it begins ends at once', async () => {
  await using its = await setting();
  const source = new JetStreamSource(its.connection, new EventBuffer(4), FROM);
  for (let before = 0; before < 20; before++) {
    const stop = new AbortController();
    const running = source.run({ signal: stop.signal });
    await turns(before);
    stop.abort('enough');
    expect(await rejectionOf(running)).toBe('enough');
  }
});
