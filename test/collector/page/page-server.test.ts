/** `tapio collect --metrics`: what it serves by HTTP, to whom, and at what cost. */
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import type * as AddressModule from '../../../dist/collector/command-line/listen-address';
import type * as ServerModule from '../../../dist/collector/page/page-server';
import type { Activity } from '../../../dist/integrations/activity';
import { turn } from '../../support/waits';
import { endAll, internal, summaryOf, Tapio, tapio } from '../cli';

const { parseAddress, formatAddress } = internal<typeof AddressModule>('command-line/listen-address');
const { PageServer } = internal<typeof ServerModule>('page/page-server');

type State = Omit<Activity, 'startedAt'> & { startedAt: number; now: number };

const opened: ServerModule.PageServer[] = [];
afterEach(async () => {
  endAll();
  await Promise.all(opened.splice(0).map((page) => page.close()));
});

async function openPage(content: Partial<ServerModule.PageContent> = {}, host = '127.0.0.1') {
  const page = await PageServer.open(
    { host, port: 0 },
    {
      metrics: () => Promise.resolve({ type: 'text/plain', text: 'a_metric 1\n' }),
      state: () => '{"n":1}',
      ...content,
    },
  );
  opened.push(page);
  return page;
}

/** The status, headers and body of one request. */
async function ask(url: string, options: http.RequestOptions = {}) {
  const request = http.request(url, { agent: false, ...options }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
  return { status: response.statusCode, headers: response.headers, body };
}

/** Opens a stream of events, whose text so far is in `text`. */
async function openStream(url: string) {
  const request = http.get(`${url}events`, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const stream = { response, status: response.statusCode, text: '' };
  response.setEncoding('utf8').on('data', (chunk: string) => (stream.text += chunk));
  return stream;
}

const addressOf = (stderr: string): string => /live page at (\S+),/.exec(stderr)![1];

test('a collector is scraped, watched, and ends its streams when it ends', async () => {
  const run = new Tapio([
    'collect',
    ...['--source', 'synthetic', '--rate', '5000', '--metrics', '0', '--json'],
  ]);
  await run.started('stderr');
  const url = addressOf(run.output.stderr);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const stream = await openStream(url);
  const ended = once(stream.response, 'end');
  const states = (): State[] =>
    [...stream.text.matchAll(/^data: (\{.*\})$/gm)].map(([, json]) => JSON.parse(json) as State);
  while (states().length < 4) await once(stream.response, 'data');
  const last = states().at(-1)!;
  expect(last.delivered).toBeGreaterThan(states()[0].delivered);
  expect(last.rate).toBeGreaterThan(0);
  expect(last.latency!.p50).toBeLessThanOrEqual(last.latency!.p99);
  expect(last.fill.at(-1)!.name).toBe('overflow');
  expect(last.types.map(({ name }) => name)).toContain('kernel.syscall');
  expect(last.processes.map(({ name }) => name)).toContain('java');
  expect(last.containers.length).toBe(10);
  const counts = last.processes.map(({ count }) => count);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  expect(Math.abs(last.startedAt - Date.now())).toBeLessThan(600_000);

  const { body, headers } = await ask(`${url}metrics`);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  const figure = (name: string): number =>
    Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(body)?.[1]);
  expect(figure('tapio_collector_delivered_events_total')).toBeGreaterThanOrEqual(last.delivered);
  expect(figure('tapio_collector_dropped_events_total')).toBe(0);
  expect(figure('tapio_collector_type_events_total{type="kernel.syscall"}')).toBeGreaterThan(0);
  expect(figure('tapio_collector_latency_seconds{quantile="0.99"}')).toBeGreaterThan(0);
  expect(figure('tapio_percpu_dropped_total{buffer="collector"}')).toBe(0);

  run.child.kill('SIGTERM');
  await ended;
  expect(stream.text).toMatch(/event: end\ndata:\n\n$/);
  const result = await run.end();
  expect(result.code).toBe(0);
  const { produced, delivered, dropped } = summaryOf(result);
  expect(produced).toBe(delivered + dropped);
});

test('the page and its library come from here, and may load nothing from elsewhere', async () => {
  const { url } = await openPage();
  const page = await ask(url);
  expect(page.status).toBe(200);
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  });
  const policy = page.headers['content-security-policy'] as string;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|http|\*|data:/);
  const parts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part);
  expect(parts.length).toBeGreaterThan(4);
  for (const part of parts) {
    expect(part).toMatch(/^[\w.-]+$/);
    const { status, headers } = await ask(url + part);
    expect({ part, status }).toEqual({ part, status: 200 });
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
  expect((await ask(`${url}uplot-license.txt`)).body).toContain('The MIT License');
  expect((await ask(`${url}page.js`)).body).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write/,
  );
});

test('only GET and HEAD, and only what there is', async () => {
  const { url } = await openPage();
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const { status, headers } = await ask(url, { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  }
  for (const path of ['', 'metrics', 'events']) {
    const { status, body } = await ask(url + path, { method: 'HEAD' });
    expect([status, body]).toEqual([200, '']);
  }
  for (const path of ['x', '..%2fpage-server.js', 'files/page.js', '__proto__', 'metrics/'])
    expect((await ask(url + path)).status).toBe(404);
  expect((await ask(`${url}metrics?a=b`)).body).toBe('a_metric 1\n');
});

test('a name that was made to mean this machine is not answered', async () => {
  const { url } = await openPage();
  const { port } = new URL(url);
  const status = async (host: string): Promise<number | undefined> =>
    (await ask(`${url}metrics`, { headers: { host } })).status;
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '127.0.0.1', `LocalHost:${port}`, '[::1]:1'])
    expect([host, await status(host)]).toEqual([host, 200]);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'x]:1',
    '::1',
  ])
    expect([host, await status(host)]).toEqual([host, 421]);
});

test('a host name that means this machine is as strict, and may be asked by', async () => {
  const { url } = await openPage({}, 'LOCALHOST');
  const status = async (host: string): Promise<number | undefined> =>
    (await ask(`${url}metrics`, { headers: { host } })).status;
  expect([await status('evil.example'), await status('localhost')]).toEqual([421, 200]);
});

test('IPv6', async () => {
  const page = await openPage({}, '::1').catch((error: Error) => error);
  if (page instanceof PageServer) expect((await ask(`${page.url}metrics`)).status).toBe(200);
  else console.log(`skipped: ${page.message}`);
});

test('a scrape that fails is told to that scrape only', async () => {
  let calls = 0;
  const { url } = await openPage({
    metrics: () =>
      ++calls === 1
        ? Promise.reject(new Error('broken'))
        : Promise.resolve({ type: 'text/plain', text: 'ok' }),
  });
  expect(await ask(`${url}metrics`)).toMatchObject({ status: 500, body: 'broken\n' });
  expect(await ask(`${url}metrics`)).toMatchObject({ status: 200, body: 'ok' });
});

test('browsers beyond a bound are refused, scrapes still answered, and a place that gets free is taken', async () => {
  const { url } = await openPage();
  const streams = await Promise.all(Array.from({ length: 64 }, () => openStream(url)));
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  const refused = await ask(`${url}events`);
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10']);
  expect((await ask(`${url}metrics`)).status).toBe(200);
  streams[0].response.destroy();
  let next = await openStream(url);
  // The server learns of the closed one at its next turn.
  for (; next.status !== 200; next = await openStream(url)) await once(next.response, 'end');
  next.response.destroy();
  for (const { response } of streams) response.destroy();
});

test('connections beyond a bound are closed', async () => {
  const { url } = await openPage();
  const sockets = Array.from({ length: 140 }, () => net.connect(Number(new URL(url).port), '127.0.0.1'));
  let closed = 0;
  await new Promise<void>((resolve) => {
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.on('close', () => ++closed === 12 && resolve());
    }
  });
  for (const socket of sockets) socket.destroy();
});

test('a browser that does not read has one message waiting, not all of them', async () => {
  const [size, most] = [1 << 18, 200];
  const page = await openPage({ state: () => `"${'x'.repeat(size)}"` });
  const socket = net.connect(Number(new URL(page.url).port), '127.0.0.1').pause();
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'connect');
  for (let sent = 0; sent < most; sent++) {
    page.refresh();
    await turn();
  }
  // What it finds when it reads is what the buffers of the system held, and one message.
  let received = 0;
  socket.on('data', (chunk: Buffer) => (received += chunk.length));
  const closed = once(socket.resume(), 'close');
  await page.close();
  await closed;
  expect(received).toBeGreaterThan(size);
  expect(received).toBeLessThan((size * most) / 2);
});

test('addresses', () => {
  const parsed = (text: string): string => formatAddress(parseAddress('--metrics', text));
  expect(parsed('9464')).toBe('127.0.0.1:9464');
  expect(parsed(':9464')).toBe('127.0.0.1:9464');
  expect(parsed('0.0.0.0:1')).toBe('0.0.0.0:1');
  expect(parsed('[::1]:9464')).toBe('[::1]:9464');
  expect(parsed('node-1.example:65535')).toBe('node-1.example:65535');
  for (const bad of [
    '',
    'x',
    '65536',
    '-1',
    '::1:9464',
    '[::1]',
    '[x]:1',
    '1.2.3:4',
    'a b:1',
    '300.1.1.1:1',
    '1.5',
    'http://a:1',
  ])
    expect(() => parseAddress('--metrics', bad)).toThrow(
      `--metrics ${JSON.stringify(bad)}: must be a port, HOST:PORT or [IPV6]:PORT`,
    );
});

test('an address that cannot be used is told, and nothing is written', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(PageServer.open({ host: '127.0.0.1', port }, {} as never)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: `cannot listen on 127.0.0.1:${port}: the port is in use`,
  });
  const run = await tapio(['collect', '--source', 'stdin', '--metrics', String(port)]);
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(run.stderr).toContain(`cannot listen on 127.0.0.1:${port}: the port is in use`);
  taken.close();
  const wrong = await tapio(['collect', '--metrics', 'nonsense']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('--metrics "nonsense": must be');
});
