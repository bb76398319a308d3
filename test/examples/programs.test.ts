/** The programs of examples/: each does what its first lines say, and is looked at here. */
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { BufferStats, UnifiedEvent } from '@tapio/performance';
import { diagnoseTracing } from '@tapio/performance/kernel';
import { makeCgroup, mountOf, removeCgroups } from '../support/cgroups';
import { Example, type Ending, examples } from '../support/example';
import { KnownProcess } from '../support/kernel';

const folder = mkdtempSync(path.join(os.tmpdir(), 'tapio-programs-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterAll(removeCgroups);

const started: Example[] = [];
afterEach(async () => {
  for (const example of started.splice(0)) await example.kill();
});

function start(name: string, args: readonly string[] = []): Example {
  const example = new Example(name, args);
  started.push(example);
  return example;
}

function linesOf({ code, stdout, stderr }: Ending): string[] {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

/** The lines of those that end by themselves. */
const run = async (name: string, args: readonly string[] = []): Promise<string[]> =>
  linesOf(await start(name, args).end());

test('fan-in', async () => {
  const each = [0, 1, 2, 3].map((i) => `worker-${i} 25000`).join(', ');
  expect(await run('fan-in')).toEqual([`100000 events: ${each}; 0 out of order, 0 rejected`]);
});

test('fallback', async () => {
  const [first, second] = await run('fallback');
  const numbers = /^(\d+) by the fast buffer, (\d+) by the fallback, (\d+) given up$/.exec(first);
  const [direct, later, lost] = numbers!.slice(1).map(Number);
  expect(direct + later + lost).toBe(200_000);
  // A worker that does nothing but put is faster than what takes objects out.
  expect(Math.min(direct, later)).toBeGreaterThan(0);
  expect(second).toBe('200000 of 200000 accounted for');
});

test('priority', async () => {
  expect(await run('priority')).toEqual([
    'order: critical, warning, debug',
    'critical: 100 arrived, 0 refused',
    'high: 0 arrived, 0 refused',
    'normal: 100 arrived, 0 refused',
    'low: 1024 arrived, 8776 refused',
  ]);
});

test('fan-out', async () => {
  const report = '10000 events of 10 processes, 0 out of order';
  expect(await run('fan-out')).toEqual([0, 1, 2].map((i) => `worker ${i}: ${report}`));
});

test('pipeline', async () => {
  const file = path.join(folder, 'pipeline.ndjson');
  expect(await run('pipeline', [file])).toEqual([
    `10000 lines, 10000 parsed, 1000 errors, 1000 written to ${file}`,
  ]);
  const written = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(written).toHaveLength(1000);
  for (const line of written)
    expect(JSON.parse(line)).toMatchObject({
      severity: 'error',
      message: 'no stock',
      entity: { name: expect.stringMatching(/^(cart|payments)$/) as string, namespace: 'shop' },
    });
});

test('correlation', async () => {
  // Which comes first depends on how much the worker has put when the first batch is taken.
  expect((await run('correlation')).sort()).toEqual([
    '303 events observed: 1 burst, 1 chain',
    expect.stringMatching(
      /^\[critical\] process:4242 .*: process\.exec -> tcp\.open 10\.0\.0\.7:5432 -> application\.log within/,
    ),
    expect.stringMatching(/^\[warning\] entity:shop\/cart-7d4f burst, 20 events/),
  ]);
});

async function statsOf(url: string): Promise<BufferStats> {
  return (await (await fetch(`${url}/stats`)).json()) as BufferStats;
}

test('http-service', async () => {
  const service = start('http-service', ['0']);
  const [url] = await service.says(/http:\S+/);
  for (const [page, status] of [
    ['/', 200],
    ['/', 200],
    ['/nowhere', 404],
  ] as const) {
    const answer = await fetch(url + page, { headers: { connection: 'close' } });
    await answer.text();
    expect(answer.status).toBe(status);
  }
  expect(await statsOf(url)).toMatchObject({ puts: 3, rejected: 0, capacity: 8192 });
  service.process.kill('SIGTERM');
  expect(linesOf(await service.end())).toEqual([url, '3 answers of 200, 1 answers of 404']);
});

test('fastify-service', async () => {
  const service = start('fastify-service', ['0']);
  const [url] = await service.says(/http:\S+/);
  expect(await (await fetch(`${url}/orders/7`)).json()).toEqual({ id: 7 });
  expect((await fetch(`${url}/orders/seven`)).status).toBe(500);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  expect((await statsOf(url)).rejected).toBe(0);
  service.process.kill('SIGTERM');
  const { code, stdout } = await service.end();
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as UnifiedEvent);
  expect(code).toBe(0);
  expect(events).toMatchObject([
    { severity: 'info', network: { method: 'GET', path: '/orders/:id', status_code: 200 } },
    { severity: 'error', network: { status_code: 500 }, application: { message: 'an order has a number' } },
    { network: { status_code: 404 } },
    { network: { path: '/stats' } },
  ]);
});

/** Whether it traces, once it does; false where that is not permitted, which it says. */
async function traces(program: Example): Promise<boolean> {
  if (diagnoseTracing().permitted) {
    await program.says(/^watching .*\n/);
    return true;
  }
  expect(linesOf(await program.end())).toEqual([expect.stringMatching(/^skipped: .*CAP_BPF/)]);
  return false;
}

test('who-opens', async () => {
  const file = path.join(folder, 'secret');
  writeFileSync(file, '');
  const program = start('who-opens', [file]);
  if (!(await traces(program))) return;
  const subject = new KnownProcess(`cat ${__filename} ${file} ${file}-not`);
  const container = 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90';
  const cgroup = makeCgroup(mountOf('cgroup2', 'cgroup2'), `/tapio-examples/docker-${container}.scope`);
  if (cgroup !== undefined) writeFileSync(path.join(cgroup, 'cgroup.procs'), String(subject.pid));
  await subject.run();
  program.process.kill('SIGINT');
  const who = `${cgroup === undefined ? 'no container' : container.slice(0, 12)} ${subject.pid}`;
  expect(linesOf(await program.end())).toEqual([
    `watching ${file}`,
    `${who} ["cat","${file}"]`,
    `${who} ["cat","${file}-not"]`,
  ]);
});

test('who-connects', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const program = start('who-connects', [String(port)]);
  try {
    if (!(await traces(program))) return;
    const connecting = (to: number): string =>
      `'${process.execPath}' -e 'net.connect(${to}, "127.0.0.1").on("connect", process.exit)'`;
    const subject = new KnownProcess(connecting(port));
    expect(await subject.run()).toBe(0);
    program.process.kill('SIGINT');
    const lines = linesOf(await program.end());
    // In progress, as Node does not wait for connections.
    expect(lines).toEqual([
      `watching port ${port}`,
      expect.stringMatching(new RegExp(`^".+" \\(${subject.pid}, no container\\) to 127\\.0\\.0\\.1: -115$`)),
    ]);
  } finally {
    server.close();
  }
});

describe('gRPC', () => {
  let server: Example;
  let address: string;
  beforeEach(async () => {
    server = start('grpc-server', ['127.0.0.1:0']);
    address = `127.0.0.1:${(await server.says(/port (\d+)\n/))[1]}`;
  });

  async function endOfServer(): Promise<string[]> {
    server.process.kill('SIGTERM');
    return linesOf(await server.end()).slice(1);
  }
  const publish = (name: string): Promise<string[]> => run('grpc-client', ['publish', address, name]);

  test('what two publish is counted, and errors are seen by who looks in', async () => {
    expect(await publish('cart')).toEqual(['5000 of 5000 events accepted']);
    const watcher = start('grpc-client', ['watch', address]);
    await watcher.says(/line 4900/);
    expect(await publish('payments')).toEqual(['5000 of 5000 events accepted']);
    await watcher.says(/payments.*line 4900/);
    watcher.process.kill('SIGINT');
    const seen = linesOf(await watcher.end()).map((line) => JSON.parse(line) as object);
    const expected = ['cart', 'payments'].flatMap((source) =>
      Array.from({ length: 50 }, (_, i) => ({ source, message: `line ${i * 100}` })),
    );
    expect(seen).toEqual(expected);
    expect(await endOfServer()).toEqual(['cart: 5000 events', 'payments: 5000 events']);
  });

  test('ebpf-to-grpc', async () => {
    const program = start('ebpf-to-grpc', [address, '2']);
    if (!diagnoseTracing().permitted) {
      expect(linesOf(await program.end())).toEqual([expect.stringMatching(/^skipped: .*CAP_BPF/)]);
      return;
    }
    await program.says(/tracing for 2 s\n/);
    const busy = setInterval(() => {
      for (let i = 0; i < 200; i++) closeSync(openSync(__filename, 'r'));
    }, 20);
    const [, last] = linesOf(await program.end().finally(() => clearInterval(busy)));
    const [captured, accepted] = /^(\d+) captured, .*; (\d+) found and accepted$/
      .exec(last)!
      .slice(1)
      .map(Number);
    expect(captured).toBeGreaterThan(100);
    expect(accepted).toBeGreaterThan(0);
    expect(await endOfServer()).toEqual([`correlation: ${accepted} events`]);
  });
});

test('every program is one of these, and tells in its first lines how to run it', () => {
  const names = readdirSync(examples).filter((name) => name.endsWith('.mjs'));
  const tests = readFileSync(__filename, 'utf8');
  for (const name of names) {
    expect(tests).toContain(`'${path.parse(name).name}'`);
    expect(readFileSync(path.join(examples, name), 'utf8')).toMatch(
      new RegExp(String.raw`^/\*\*\n( \*.*\n)+ \*   (sudo )?node examples/${name}`),
    );
  }
});
