/** `tapio collect --otlp`, `--nats` and `--grpc`, with real receivers that are well, slow, dead, or die. */
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { eventToJSON } from '@tapio/performance';
import { EventClient } from '@tapio/performance/grpc';
import { PATIENCE } from '../../support/children';
import { numbered, numberOf, padded, range } from '../../support/events';
import { startPeer } from '../../support/grpc-server';
import { receive, setting } from '../../support/jetstream';
import { freePort } from '../../support/servers';
import { natsTest } from '../../support/nats-server';
import { OtlpReceiver, recordsOf } from '../../support/otlp-receiver';
import { endAll, linesIn, summaryOf, Tapio, tapio } from '../cli';

afterEach(endAll);

const synthetic = ['collect', '--source', 'synthetic', '--rate', '5000', '--duration', '1'];
const lines = (count: number): string =>
  range(1, count + 1)
    .map((n) => `${eventToJSON(numbered(n))}\n`)
    .join('');
const exportsOf = (result: Parameters<typeof summaryOf>[0]): Record<string, Record<string, number>> =>
  (summaryOf(result) as unknown as { exports: Record<string, Record<string, number>> }).exports;

test('--otlp sends each event also to a receiver, with what the environment says', async () => {
  await using receiver = await new OtlpReceiver().start();
  const result = await tapio(
    ['collect', '--source', 'stdin', '--sink', 'stdout', '--otlp', receiver.url],
    lines(2000),
    {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20b,x-more=c',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_RESOURCE_ATTRIBUTES: 'host.name=h1',
    },
  );
  expect(result.code).toBe(0);
  expect(linesIn(result.stdout).events).toBe(2000);
  expect([...receiver.seen].sort((a, b) => a - b)).toEqual(range(1, 2001));
  expect(receiver.headers[0]).toMatchObject({ 'x-token': 'a b', 'x-more': 'c', 'content-encoding': 'gzip' });
  expect(receiver.bodies[0]).toContain('{"key":"host.name","value":{"stringValue":"h1"}}');
  expect(result.stderr).toMatch(/otlp +2,000 taken = 2,000 delivered \+ 0 dropped\n/);
});

test('events that --correlate finds go to exports, too', async () => {
  await using receiver = await new OtlpReceiver().start();
  const [id, type, source] = ['same', 'audit', 'test'];
  const burst = range(0, 200).map((n) =>
    eventToJSON({
      id: `${id}${n}`,
      type,
      source,
      timestamp: 1_795_860_000_000_000_000n + BigInt(n),
      entity: { type: 'pod', name: 'a' },
    }),
  );
  const result = await tapio(
    ['collect', '--source', 'stdin', '--correlate', '--json', '--otlp', receiver.url],
    `${burst.join('\n')}\n`,
  );
  expect(result.code).toBe(0);
  const { correlated, produced } = summaryOf(result);
  expect(correlated!.produced).toBeGreaterThan(0);
  expect(exportsOf(result).otlp).toMatchObject({ taken: produced + correlated!.produced, dropped: 0 });
  const names = receiver.bodies.flatMap(recordsOf).map(({ eventName }) => eventName);
  expect(names.filter((name) => name?.startsWith('correlation'))).toHaveLength(correlated!.produced);
});

describe('--grpc', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  /** A run whose events come by stdin, and where it serves them. */
  async function serving(options = ['--json']): Promise<{ run: Tapio; port: number }> {
    // One that is free now may be another's a moment later.
    const run = new Tapio(['collect', '--source', 'stdin', '--grpc', '0', ...options]);
    const address = /serving on .*:(\d+)\n/;
    await run.until('stderr', (text) => address.test(text));
    return { run, port: Number(address.exec(run.output.stderr)![1]) };
  }

  /** The same, and a client that the run knows of. */
  async function withClient(connectTo: (port: number) => void, options?: string[]): Promise<Tapio> {
    const { run, port } = await serving(options);
    connectTo(port);
    await run.until('stderr', (text) => /^ +grpc streamed 0 +1 client +dropped 0$/m.test(text));
    return run;
  }
  const servedOf = (result: Parameters<typeof summaryOf>[0]): Record<string, number> =>
    (summaryOf(result) as unknown as { served: { grpc: Record<string, number> } }).served.grpc;

  test('a client has all events and an end in order, which the summary tells', async () => {
    const got: number[] = [];
    let reading: Promise<void> | undefined;
    const run = await withClient((port) => {
      const client = new EventClient(String(port));
      closers.push(() => client.close());
      reading = (async () => {
        for await (const events of client.stream()) got.push(...events.map(numberOf));
      })();
    });
    run.child.stdin.end(lines(5000));
    await reading;
    expect(got).toEqual(range(1, 5001));
    const result = await run.end();
    expect(result.code).toBe(0);
    expect(servedOf(result)).toEqual({ streamed: 5000, dropped: 0, discarded: 0 });
  });

  test('what a client that takes nothing has lost is counted, and it holds up no run', async () => {
    const run = await withClient((port) => {
      const peer = startPeer('stall', port);
      closers.push(() => void peer.child.kill());
    });
    run.child.stdin.end(lines(100_000));
    const result = await run.end();
    expect(result.code).toBe(0);
    const { streamed, dropped, discarded } = servedOf(result);
    expect(streamed + dropped + discarded).toBe(100_000);
    expect(dropped).toBeGreaterThan(0);
    expect(summaryOf(result).delivered).toBe(100_000);
  });

  test('what waits when the last client goes is counted', async () => {
    let client!: EventClient;
    let reading!: Promise<unknown>;
    const run = await withClient(
      (port) => {
        client = new EventClient(String(port));
        closers.push(() => client.close());
        reading = (async () => {
          // One that takes its time is waited for, with what is in the buffer.
          for await (const events of client.stream()) await delay(events.length > 0 ? 150 : 0);
        })().catch((error: unknown) => error);
      },
      ['--sink', 'stdout'],
    );
    // More than its queue and what is under way to it.
    const count = 30_000;
    run.child.stdin.write(
      range(0, count)
        .map((n) => `${eventToJSON(padded(n, 1000))}\n`)
        .join(''),
    );
    await run.until('stdout', (text) => text.slice(-5000).includes(`"${count - 1}"`));
    const before = run.output.stderr.length;
    client.close();
    await reading;
    await run.until('stderr', (text) => / 0 clients /.test(text.slice(before)));
    run.child.stdin.end();
    const { stderr } = await run.end();
    const told =
      /^ +grpc +([\d,]+) streamed to clients, ([\d,]+) dropped .* ones(?:, ([\d,]+) dropped)?/m.exec(stderr)!;
    const sum = told.slice(1).reduce((all, figure = '0') => all + Number(figure.replaceAll(',', '')), 0);
    expect(sum).toBe(count);
  });

  test('a connection that asks for nothing does not hold up the end', async () => {
    const { run, port } = await serving();
    const socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
    closers.push(() => socket.destroy());
    await once(socket, 'data');
    const started = performance.now();
    run.child.stdin.end();
    expect((await run.end()).code).toBe(0);
    // Clients that are served may take as long as this.
    expect(performance.now() - started).toBeLessThan(5000 * PATIENCE);
  });
});

test('a receiver that is away costs its events, told and counted, and nothing else', async () => {
  const result = await tapio([...synthetic, '--json', '--otlp', `http://127.0.0.1:${await freePort()}`]);
  expect(result.code).toBe(0);
  const { produced, delivered, dropped } = summaryOf(result);
  expect({ delivered, dropped }).toEqual({ delivered: produced, dropped: 0 });
  const { otlp } = exportsOf(result);
  expect(otlp).toMatchObject({ taken: produced, delivered: 0, dropped: produced });
  expect(otlp.retried).toBeGreaterThan(0);
  expect(result.stderr).toContain('tapio: otlp: connect ECONNREFUSED');
  expect(result.stderr).toMatch(/ otlp delivered 0 {7}waiting [\d, ]{7} dropped 0 {2}\(/);
});

test('a receiver that never answers stalls nobody, and the run ends in time', async () => {
  await using receiver = await new OtlpReceiver(() => new Promise(() => undefined)).start();
  const result = await tapio(
    // More than its buffer holds.
    ['collect', '--source', 'stdin', '--json', '--otlp', receiver.url],
    lines(100_000),
  );
  expect(result.code).toBe(0);
  expect(summaryOf(result)).toMatchObject({ produced: 100_000, delivered: 100_000, dropped: 0 });
  expect(exportsOf(result).otlp).toMatchObject({ taken: 100_000, delivered: 0, dropped: 100_000 });
});

test('a receiver that refuses is told in its own words, which reach no terminal raw', async () => {
  await using receiver = await new OtlpReceiver((_, response) => {
    response.writeHead(403).end('\x1b[31mno\x1b[0m');
    return false;
  }).start();
  const result = await tapio(['collect', '--source', 'stdin', '--json', '--otlp', receiver.url], lines(10));
  expect(result.code).toBe(0);
  expect(exportsOf(result).otlp).toMatchObject({ taken: 10, delivered: 0, dropped: 10 });
  expect(result.stderr).toContain('status 403: \\x1b[31mno');
});

natsTest(
  '--nats publishes to the stream that has the subject, also when the server dies and comes back',
  async () => {
    await using its = await setting();
    const run = new Tapio([
      'collect',
      '--source',
      'stdin',
      '--json',
      '--nats',
      its.server.url,
      '--nats-subject',
      'events.h1',
    ]);
    run.child.stdin.write(lines(1000));
    const connection = await connect({ servers: its.server.url });
    await receive(connection, (seen) => seen.length === 1000);
    await connection.close();
    await its.server.kill();
    run.child.stdin.write(lines(1000));
    await its.server.start();
    run.child.stdin.end();
    const result = await run.end();
    expect(result.code).toBe(0);
    const { nats } = exportsOf(result);
    expect(nats.taken).toBe(2000);
    // The end of a run waits 5 seconds, which a server may need to be found again.
    expect(nats.delivered + nats.dropped).toBe(2000);
    expect(nats.delivered).toBeGreaterThanOrEqual(1000);
  },
);

natsTest(
  'a stream that is missing, or a server, ends the run before it begins, and no file is touched',
  async () => {
    await using its = await setting();
    const none = await tapio([...synthetic, '--nats', its.server.url, '--nats-subject', 'other.h1']);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(
      /tapio collect: nats: no stream has the subject other\.h1 \(.*\); make one first\n/,
    );
    const away = await tapio([
      ...synthetic,
      '--sink',
      'file:/proc/none',
      '--nats',
      `127.0.0.1:${await freePort()}`,
    ]);
    expect(away.code).toBe(1);
    expect(away.stderr).toMatch(/tapio collect: nats: 127\.0\.0\.1:\d+: .*refused/i);
  },
);

test('without the packages of NATS it says what to install', async () => {
  const hide = path.join(__dirname, '..', '..', 'fixtures', 'hide-nats.child.js');
  const result = await tapio([...synthetic, '--nats', '127.0.0.1:1'], '', {
    NODE_OPTIONS: `--require ${hide}`,
  });
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(
    'tapio collect: nats: this needs the package @nats-io/transport-node ^3.0.0: npm install',
  );
});
