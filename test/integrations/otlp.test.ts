/** The OTLP sink against a real HTTP server, in order and out of order. */
import https from 'node:https';
import { JsonLogsSerializer } from '@opentelemetry/otlp-transformer';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  createEvent,
  EventBuffer,
  PerCPUEventBuffer,
  type UnifiedEvent,
  UnifiedEventPool,
} from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';
import { LogsSink } from '@tapio/performance/opentelemetry';
import { OtlpSink, type OtlpSinkOptions } from '@tapio/performance/otlp';
import fc from 'fast-check';
import { arbitraryEvent } from '../event/arbitrary-event';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, padded, range } from '../support/events';
import { internalsOf } from '../support/internals';
import { answer, type Behaviour, OtlpReceiver, recordsOf } from '../support/otlp-receiver';
import { seed } from '../support/property';
import { turn, turns } from '../support/waits';
import { selfSigned } from '../support/certificate';

// From 1: OTLP has zero for no time.
const filled = (from: number, to: number, capacity = 8192): EventBuffer => {
  const buffer = new EventBuffer(capacity, { slotSize: 128, maxEventSize: 2 ** 20 });
  for (const n of range(from, to)) buffer.put(numbered(n));
  return buffer;
};
const closed = (buffer: EventBuffer): EventBuffer => {
  buffer.close();
  return buffer;
};
const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** Runs a sink over 1..count. */
async function sent(count: number, behave: Behaviour, options: Partial<OtlpSinkOptions> = {}) {
  await using receiver = await new OtlpReceiver(behave).start();
  const sink = new OtlpSink(closed(filled(1, count + 1)), { url: receiver.url, maxWaitMs: 0, ...options });
  await sink.run();
  return { receiver, stats: sink.getStats() };
}

describe('what is sent', () => {
  test('a request: path, headers, and each event once', async () => {
    const { receiver, stats } = await sent(1000, () => true, {
      maxBatch: 100,
      headers: { 'X-Token': 'secret' },
    });
    expect(stats).toEqual({
      exported: 1000,
      rejected: 0,
      inFlight: 0,
      retried: 0,
      unreadable: 0,
      problem: undefined,
    });
    expect(sorted(receiver.seen)).toEqual(range(1, 1001));
    expect(receiver.requests).toBe(10);
    expect(receiver.connections).toBeLessThanOrEqual(4);
    expect(receiver.headers[0]).toMatchObject({
      'content-type': 'application/json',
      'x-token': 'secret',
      'content-length': String(Buffer.byteLength(receiver.bodies[0])),
    });
  });

  test('gzip says the same', async () => {
    const { receiver, stats } = await sent(500, () => true, { gzip: true });
    expect(stats.exported).toBe(500);
    expect(sorted(receiver.seen)).toEqual(range(1, 501));
    expect(receiver.headers[0]['content-encoding']).toBe('gzip');
  });

  test('the path of the URL is kept, and one without gets that of logs', async () => {
    const paths: (string | undefined)[] = [];
    const behave: Behaviour = (_, __, { url }) => paths.push(url) > 0;
    await using receiver = await new OtlpReceiver(behave).start();
    for (const path of ['', '/', '/otlp/v1/logs?a=b'])
      await new OtlpSink(closed(filled(1, 2)), { url: receiver.url + path }).run();
    expect(paths).toEqual(['/v1/logs', '/v1/logs', '/otlp/v1/logs?a=b']);
  });

  test(`records are those of the SDK's own serializer (seed ${seed})`, async () => {
    const events = fc
      .sample(arbitraryEvent, { numRuns: 200, seed })
      .map(({ attributes: _, ...event }) => event);
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const big = (): EventBuffer => {
      const buffer = new EventBuffer(65536, { maxEventSize: 2 ** 24 });
      for (const event of events) buffer.put(event);
      return closed(buffer);
    };
    await new LogsSink(provider.getLogger('tapio'), big()).run();
    await provider.forceFlush();
    const bytes = JsonLogsSerializer.serializeRequest(exporter.getFinishedLogRecords())!;
    const theirs = recordsOf(Buffer.from(bytes).toString());
    await using receiver = await new OtlpReceiver().start();
    await new OtlpSink(big(), { url: receiver.url, maxBatch: 1, maxInFlight: 1, maxBytes: 2 ** 26 }).run();
    const ours = receiver.bodies.flatMap(recordsOf);
    expect(ours).toHaveLength(events.length);
    ours.forEach((record, i) => expect(comparable(record)).toEqual(comparable(theirs[i])));
  });

  test(`what is sent is read back by our own reader (seed ${seed})`, async () => {
    const events = fc.sample(arbitraryEvent, { numRuns: 200, seed });
    const buffer = new EventBuffer(65536, { maxEventSize: 2 ** 24 });
    for (const event of events) buffer.put(event);
    await using receiver = await new OtlpReceiver().start();
    await new OtlpSink(closed(buffer), { url: receiver.url, maxBytes: 2 ** 26 }).run();
    const reader = createFormatReader('otlp');
    const back = receiver.bodies.flatMap((body) => reader.push(body));
    const ids = new Set(events.map(({ id }) => id.toWellFormed()));
    const key = ({ id, type, source, message }: UnifiedEvent): string =>
      JSON.stringify([ids.has(id) ? id : '', type, source, message || undefined]);
    const wanted = events.map(({ id, type, source, message }) =>
      JSON.stringify([
        id.toWellFormed(),
        type.toWellFormed() || 'log',
        source.toWellFormed() || 'otlp',
        message?.toWellFormed() || undefined,
      ]),
    );
    expect(back.map(key).sort()).toEqual(wanted.sort());
  });

  test('events of one place stand together, and the resource of the sink replaces that of the event', async () => {
    const buffer = new EventBuffer(64);
    const pod = { type: 'pod', name: 'cart-1', namespace: 'shop' };
    for (const n of range(0, 6)) buffer.put(createEvent({ source: n % 2 ? 'a' : 'b', entity: pod }));
    await using receiver = await new OtlpReceiver().start();
    const resource = { 'host.name': 'h1', 'k8s.pod.name': 'mine' };
    await new OtlpSink(closed(buffer), { url: receiver.url, resource }).run();
    const { resourceLogs } = JSON.parse(receiver.bodies[0]) as { resourceLogs: any[] };
    expect(resourceLogs.map(({ scopeLogs }) => scopeLogs[0].logRecords.length)).toEqual([3, 3]);
    expect(resourceLogs[0].resource.attributes).toEqual(
      Object.entries({ 'service.name': 'b', 'k8s.namespace.name': 'shop', ...resource }).map(
        ([key, stringValue]) => ({
          key,
          value: { stringValue },
        }),
      ),
    );
  });

  test('requests keep to their limit, and an event beyond it is rejected', async () => {
    const buffer = new EventBuffer(8192, { maxEventSize: 2 ** 20 });
    for (const n of range(1, 40)) buffer.put(padded(n, n === 20 ? 20_000 : 1000));
    const sizes: number[] = [];
    await using receiver = await new OtlpReceiver((_, __, request) => {
      sizes.push(Number(request.headers['content-length']));
      return true;
    }).start();
    const sink = new OtlpSink(closed(buffer), { url: receiver.url, maxBytes: 10_000 });
    await sink.run();
    expect(sink.getStats()).toMatchObject({
      exported: 38,
      rejected: 1,
      problem: 'an event of more than 10000 bytes',
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_000);
    expect(Math.max(...sizes)).toBeGreaterThan(4000);
    expect(sorted(receiver.seen)).toEqual(range(1, 40).filter((n) => n !== 20));
  });

  test('https, by the authority that is given', async () => {
    const { key, cert } = selfSigned();
    const make = (handle: any): https.Server => https.createServer({ key, cert }, handle);
    await using receiver = await new OtlpReceiver(() => true, make).start();
    const url = receiver.url.replace('http', 'https');
    const trusting = new OtlpSink(closed(filled(1, 11)), { url, tls: { ca: cert, servername: 'localhost' } });
    await trusting.run();
    expect(trusting.getStats().exported).toBe(10);
    const buffer = filled(1, 11);
    const stop = new AbortController();
    const wary = new OtlpSink(buffer, { url, maxWaitMs: 0 });
    const running = wary.run({ signal: stop.signal });
    while (wary.getStats().problem === undefined) await turn();
    stop.abort('enough');
    expect(await rejectionOf(running)).toBe('enough');
    expect(wary.getStats().problem).toMatch(/self.signed certificate/);
    expect(buffer.getBatch(Infinity).map(numberOf)).toEqual(range(1, 11));
  });
});

/** Without what the two forms tell in other places, in one spelling of numbers, and without keys that an SDK drops without a word. */
function comparable({
  attributes,
  body,
  severityNumber,
  severityText,
  eventName,
  traceId,
  spanId,
  timeUnixNano,
}: any): unknown {
  const elsewhere = (key: string): boolean =>
    ['tapio.source', 'k8s.cluster.name', 'tapio.application.logger'].includes(key) ||
    /^(k8s\.(pod|node)\.(name|uid)|k8s\.namespace\.name|container\.name|host\.(name|id))$/.test(key);
  const plain = (value: any): unknown => {
    if (value?.intValue !== undefined) return Number(value.intValue) + 0;
    if (value?.doubleValue !== undefined) return Number(value.doubleValue) + 0;
    if (value?.stringValue !== undefined) {
      // An SDK is told these as texts.
      return ['NaN', 'Infinity', '-Infinity'].includes(value.stringValue)
        ? Number(value.stringValue)
        : value.stringValue;
    }
    if (value?.arrayValue !== undefined) return value.arrayValue.values.map(plain);
    if (value?.kvlistValue !== undefined)
      return Object.fromEntries(
        value.kvlistValue.values
          .filter((each: any) => Object.keys(each.value).length > 0 && each.key !== '__proto__')
          .map((each: any) => [each.key.replace(/^\((constructor)\)$/, '$1'), plain(each.value)]),
      );
    return value;
  };
  return {
    ...{ severityText, eventName, traceId, spanId },
    severityNumber: severityNumber || undefined,
    timeUnixNano: timeUnixNano === '0' ? undefined : timeUnixNano,
    body: body?.stringValue,
    attributes: Object.fromEntries(
      attributes
        .filter(
          ({ key, value }: any) => !elsewhere(key) && key !== 'container.id' && Object.keys(value).length > 0,
        )
        .map(({ key, value }: any) => [key, plain(value)]),
    ),
  };
}

describe('when the receiver is not well', () => {
  test.each([
    [429, { 'retry-after': '0' }],
    [502, {}],
    [503, { 'retry-after': new Date(0).toUTCString() }],
    [504, { 'retry-after': 'soon' }],
  ])('status %d with %j is tried again, and nothing is lost or doubled', async (status, headers) => {
    let bad = 3;
    const { receiver, stats } = await sent(
      300,
      (_, response) => bad-- <= 0 || answer(response, status, 'busy', headers),
      {
        maxBatch: 100,
      },
    );
    expect(stats).toMatchObject({
      exported: 300,
      rejected: 0,
      retried: 3,
      problem: `status ${status}: busy`,
    });
    expect(sorted(receiver.seen)).toEqual(range(1, 301));
  });

  test('Retry-After holds all requests back for so long', async () => {
    const times: number[] = [];
    const { stats } = await sent(
      200,
      (_, response) => {
        times.push(performance.now());
        return times.length > 1 || answer(response, 503, {}, { 'retry-after': '1' });
      },
      { maxBatch: 100, maxInFlight: 1 },
    );
    expect(stats).toMatchObject({ exported: 200, retried: 1 });
    expect(times[1] - times[0]).toBeGreaterThan(990);
  });

  test.each([400, 401, 403, 404, 301, 307, 500, 501])(
    'status %d is final, counted and told',
    async (status) => {
      await using elsewhere = await new OtlpReceiver().start();
      const { stats, receiver } = await sent(
        300,
        (records, response) =>
          records[0].timeUnixNano !== '101' ||
          answer(response, status, 'no such thing', { location: elsewhere.url }),
        { maxBatch: 100, maxInFlight: 1 },
      );
      expect(stats).toMatchObject({
        exported: 200,
        rejected: 100,
        retried: 0,
        problem: `status ${status}: no such thing`,
      });
      expect(receiver.seen).toHaveLength(200);
      expect(elsewhere.requests).toBe(0);
    },
  );

  test('a request that is too large for the server is halved until it is not', async () => {
    const { receiver, stats } = await sent(
      100,
      (records, response) => records.length <= 7 || answer(response, 413, ''),
      { maxBatch: 100 },
    );
    expect(stats).toMatchObject({ exported: 100, rejected: 0 });
    expect(sorted(receiver.seen)).toEqual(range(1, 101));
    expect((await sent(3, (_, response) => answer(response, 413))).stats).toMatchObject({
      exported: 0,
      rejected: 3,
    });
  });

  test.each([
    [{ partialSuccess: { rejectedLogRecords: '3', errorMessage: 'too old' } }, 3, '3 rejected: too old'],
    [{ partialSuccess: { rejectedLogRecords: 3 } }, 3, '3 rejected: '],
    [{ partial_success: { rejected_log_records: '3' } }, 3, '3 rejected: '],
    [{ partialSuccess: { errorMessage: 'use gzip' } }, 0, '0 rejected: use gzip'],
    [{ partialSuccess: { rejectedLogRecords: 1e9 } }, 10, '10 rejected: '],
    [{ partialSuccess: {} }, 0, undefined],
    [{}, 0, undefined],
    ['', 0, undefined],
  ])('%j rejects %d of 10', async (body, rejected, problem) => {
    const { stats } = await sent(10, (_, response) => answer(response, 200, body));
    expect(stats).toEqual({
      exported: 10 - rejected,
      rejected,
      inFlight: 0,
      retried: 0,
      unreadable: 0,
      problem,
    });
  });

  test.each([
    '<html>login</html>',
    '[]',
    '5',
    'null',
    '{"partialSuccess":5}',
    '{"partialSuccess":{"rejectedLogRecords":"-1"}}',
  ])('an answer of %s is counted as unreadable', async (body) => {
    const { stats } = await sent(10, (_, response) => answer(response, 200, body));
    expect(stats).toMatchObject({ exported: 10, rejected: 0, unreadable: 1 });
    expect(stats.problem).toContain('none of OTLP');
  });

  test('an endless body is cut off, and so is what a problem tells of one', async () => {
    let written = 0;
    const { stats } = await sent(10, (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65536))) written += 65536;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return false;
    });
    expect(stats).toMatchObject({ exported: 10, unreadable: 1 });
    expect(written).toBeLessThan(64 * 2 ** 20);
    const long = await sent(10, (_, response) => answer(response, 400, 'y'.repeat(10_000)));
    expect(long.stats.problem!.length).toBeLessThan(300);
  });

  test('a receiver that changes the protocol gives no answer, and is asked again', async () => {
    let calls = 0;
    const { stats } = await sent(10, (_, response) => {
      if (++calls > 1) return true;
      response.socket!.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n',
      );
      return false;
    });
    expect(stats).toMatchObject({ exported: 10, retried: 1 });
  });

  test('a silent receiver is given up after the time, and tried again', async () => {
    let calls = 0;
    const { stats, receiver } = await sent(10, () => ++calls > 1 || new Promise(() => undefined), {
      timeoutMs: 300,
    });
    expect(stats).toMatchObject({ exported: 10, problem: 'no answer within 300 ms' });
    // Of a busy machine an answer may come too late, too.
    expect(stats.retried).toBeGreaterThanOrEqual(1);
    expect(new Set(receiver.seen).size).toBe(10);
  });

  test('100,000 events through a receiver that dies, stalls, refuses and rejects: all are accounted for', async () => {
    const COUNT = 100_000;
    let [requests, rejected] = [0, 0];
    await using receiver = await new OtlpReceiver(async (records, response, request) => {
      const turnOf = ++requests % 29;
      if (turnOf === 3) return answer(response, 429, {}, { 'retry-after': '0' });
      if (turnOf === 7) request.socket.destroy();
      if (turnOf === 7) return false;
      if (turnOf === 11) {
        // Dies behind the status and before the body.
        receiver.take(records);
        response.writeHead(200, { 'content-length': '100' });
        response.write('{');
        setImmediate(() => request.socket.destroy());
        return false;
      }
      if (turnOf === 17) {
        rejected += 5;
        receiver.take(records.slice(5));
        return answer(response, 200, { partialSuccess: { rejectedLogRecords: '5' } });
      }
      await turns(requests % 5);
      return true;
    }).start();
    const buffer = new PerCPUEventBuffer({
      bufferSizePerCPU: 2 ** 16,
      overflowSize: 2 ** 16,
      enablePooling: true,
    });
    const pooled = jest.spyOn(internalsOf(buffer), 'recycle');
    const sink = new OtlpSink(buffer, { url: receiver.url, maxBatch: 200, maxInFlight: 3 });
    const running = sink.run();
    let most = 0;
    for (let n = 1; n <= COUNT; n++) {
      if (!buffer.tryPut(numbered(n))) await buffer.putAsync(numbered(n));
      if (n % 100 === 0) most = Math.max(most, sink.getStats().inFlight);
    }
    await receiver.stop();
    while (sink.getStats().problem?.includes('ECONNREFUSED') !== true && sink.getStats().inFlight > 0)
      await turn();
    await receiver.start();
    buffer.close();
    await running;
    const stats = sink.getStats();
    expect(stats).toMatchObject({ exported: COUNT - rejected, rejected, inFlight: 0 });
    expect(stats.retried).toBeGreaterThan(20);
    expect(most).toBeLessThanOrEqual(5 * 200);
    expect(new Set(receiver.seen).size).toBe(COUNT - rejected);
    expect(pooled.mock.calls.flatMap(([events]) => events)).toHaveLength(COUNT);
  });
});

describe('the end of a run', () => {
  test('an aborted run ends at once and gives back what has no answer, in order', async () => {
    let calls = 0;
    await using receiver = await new OtlpReceiver(
      () => ++calls === 1 || new Promise(() => undefined),
    ).start();
    const buffer = filled(1, 201);
    const sink = new OtlpSink(buffer, { url: receiver.url, maxBatch: 10, maxInFlight: 3, maxWaitMs: 0 });
    const stop = new AbortController();
    const running = sink.run({ signal: stop.signal });
    while (calls < 4) await turn();
    expect(sink.getStats()).toMatchObject({ exported: 10, inFlight: 40 });
    stop.abort(new Error('enough'));
    expect((await rejectionOf(running)).message).toBe('enough');
    expect(sink.getStats()).toMatchObject({ exported: 10, rejected: 0, inFlight: 0 });
    const left = buffer.getBatch(Infinity).map(numberOf);
    expect(left).toEqual(range(1, 201).filter((n) => !receiver.seen.includes(n)));
  });

  test('a halved request that is aborted gives back only what has no answer', async () => {
    await using receiver = await new OtlpReceiver((records, response) => {
      if (records.length > 50) return answer(response, 413);
      return records[0].timeUnixNano === '1' || new Promise(() => undefined);
    }).start();
    const buffer = filled(1, 101);
    const sink = new OtlpSink(buffer, { url: receiver.url, maxBatch: 100 });
    const stop = new AbortController();
    const running = sink.run({ signal: stop.signal });
    while (receiver.requests < 3) await turn();
    expect(sink.getStats()).toMatchObject({ exported: 50, inFlight: 50 });
    stop.abort('enough');
    expect(await rejectionOf(running)).toBe('enough');
    expect(buffer.getBatch(Infinity).map(numberOf)).toEqual(range(51, 101));
  });

  test('it can run again, and not twice at a time', async () => {
    await using receiver = await new OtlpReceiver().start();
    const buffer = filled(1, 11);
    const sink = new OtlpSink(buffer, { url: receiver.url, maxWaitMs: 0 });
    expect(await rejectionOf(sink.run({ signal: AbortSignal.abort('no') }))).toBe('no');
    const running = sink.run();
    expect(await rejectionOf(sink.run())).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    buffer.close();
    await running;
    expect(sink.getStats().exported).toBe(10);
  });

  test('an event that comes alone is sent after the wait, with those that came meanwhile', async () => {
    await using receiver = await new OtlpReceiver().start();
    const buffer = filled(1, 2);
    const sink = new OtlpSink(buffer, { url: receiver.url, maxWaitMs: 500 });
    const running = sink.run();
    await turn();
    for (const n of range(2, 6)) buffer.put(numbered(n));
    while (receiver.seen.length < 5) await turn();
    expect(receiver.requests).toBe(1);
    buffer.close();
    await running;
  });
});

describe('pooled events go back', () => {
  const pooledBuffer = (): { pool: UnifiedEventPool; buffer: EventBuffer } => {
    const pool = new UnifiedEventPool({ debug: true });
    const buffer = new EventBuffer(64, { pool });
    for (const n of range(1, 11)) buffer.put(numbered(n));
    return { pool, buffer };
  };

  test('of an OtlpSink, once they are answered', async () => {
    await using receiver = await new OtlpReceiver().start();
    const { pool, buffer } = pooledBuffer();
    await new OtlpSink(closed(buffer), { url: receiver.url }).run();
    expect(pool.getStats()).toMatchObject({ recycled: 10, inUse: expect.any(Number) });
    expect(pool.outstanding().length).toBeLessThanOrEqual(1);
  });

  test('of a LogsSink, but for those that are given back', async () => {
    const { pool, buffer } = pooledBuffer();
    let calls = 0;
    const logger: any = {
      emit: () => {
        if (++calls === 4) throw new Error('full');
      },
    };
    await rejectionOf(new LogsSink(logger, buffer).run());
    expect(pool.getStats().recycled).toBe(4);
    expect(buffer.getBatch(Infinity).map(numberOf)).toEqual(range(5, 11));
  });

  test('and one that somebody has frozen is garbage', async () => {
    const { pool, buffer } = pooledBuffer();
    const seen: UnifiedEvent[] = [];
    const batches = jest.spyOn(buffer, 'batches').mockImplementation(async function* () {
      seen.push(...buffer.getBatch(2));
      Object.freeze(seen[0]);
      yield await Promise.resolve(seen);
    });
    await new LogsSink({ emit() {} } as any, buffer).run();
    batches.mockRestore();
    expect(pool.getStats().recycled).toBe(1);
  });
});

test('bad arguments are refused', () => {
  const buffer = new EventBuffer(4);
  const url = 'http://127.0.0.1:4318';
  const bad: [unknown, RegExp][] = [
    [undefined, /url must be a URL of http or https, not undefined/],
    [{ url: 'localhost:4318' }, /url must be a URL of http or https/],
    [{ url: 'ftp://a' }, /url must be/],
    [{ url, headers: { 'a b': 'c' } }, /headers must be names and values that HTTP allows, not "a b"/],
    [{ url, headers: { a: 'secret\n' } }, /not "a"/],
    [{ url, headers: { a: 5 } }, /headers\["a"\] must be a string, not 5/],
    [{ url, resource: { a: 5 } }, /resource\["a"\] must be a string/],
    [{ url, maxBatch: 0 }, /maxBatch must be an integer from 1 to 65536/],
    [{ url, maxBytes: 100 }, /maxBytes must be/],
    [{ url, maxInFlight: 257 }, /maxInFlight must be/],
    [{ url, maxWaitMs: -1 }, /maxWaitMs must be/],
    [{ url, timeoutMs: 0 }, /timeoutMs must be/],
    [{ url, gzip: 'yes' }, /gzip must be a boolean/],
    [{ url, tls: 5 }, /tls must be an object/],
  ];
  for (const [options, message] of bad)
    expect(thrownBy(() => new OtlpSink(buffer, options as any))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  expect(thrownBy(() => new OtlpSink(5 as any, { url })).message).toMatch(/buffer must be an EventBuffer/);
});
