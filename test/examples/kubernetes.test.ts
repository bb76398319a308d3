/**
 * examples/kubernetes as a process of its own, against an API server that fails in every way that a watch can fail. Each version of each
 * object must come out once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { seed } from '../event/seed';
import { FakeApiServer } from '../support/fake-api-server';
import { turn } from '../support/waits';

const EVENTS = '/api/v1/events';
const PODS = '/api/v1/pods';
const program = path.join(__dirname, '../../../examples/kubernetes/collect.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'tapio-kubernetes-'));

let server: FakeApiServer;
let child: ChildProcess;
let errors: string;
/** The ids of what came out, in order: UID/VERSION of an event, UID/VERSION/TYPE of a pod. */
let ids: string[];
let sequence: number;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  errors = '';
  ids = [];
  sequence = 0;
});
afterEach(async () => {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  await server.stop();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Its lines are read at once, unless they are not to be. */
function start(args: readonly string[] = [], reads = true): void {
  const config = path.join(folder, 'config');
  writeFileSync(config, kubeConfig(server.url));
  child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1', KUBECONFIG: config },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
  if (reads) read();
}

function read(): void {
  createInterface(child.stdout!).on('line', (line) => ids.push((JSON.parse(line) as { id: string }).id));
}

function kubeConfig(url: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'fake',
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'nobody' } }],
    // Plain HTTP is refused without it.
    clusters: [{ name: 'fake', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'nobody', user: {} }],
  });
}

/** Asks again and again: what happens is in another process. The bound is that of the test. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the example ended: ${errors}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const watching = (): boolean => server.openWatches(EVENTS) === 1 && server.openWatches(PODS) === 1;

/** Adds that many events, and gives their uids. */
function happen(count: number, fields: object = {}): string[] {
  return Array.from({ length: count }, () => {
    const uid = `e${++sequence}`;
    const object = { kind: 'Pod', namespace: 'shop', name: 'cart', uid: 'p1' };
    server.add(EVENTS, uid, {
      involvedObject: object,
      reason: 'BackOff',
      type: 'Warning',
      message: 'm',
      ...fields,
    });
    return uid;
  });
}

const pod = { spec: { nodeName: 'node-a' }, status: { phase: 'Running' } };
const uidsOf = (all: readonly string[]): string[] => all.map((id) => id.split('/')[0]);

function expectEachOnce(uids: readonly string[]): void {
  expect(uidsOf(ids).sort()).toEqual([...uids].sort());
}

test('what was there comes page by page, what happens then by the watch, each once', async () => {
  const uids = happen(1200);
  server.add(PODS, 'p1', pod);
  start();
  await until(watching);
  uids.push(...happen(500), 'p1', 'p1', 'p1');
  server.add(PODS, 'p1', { ...pod, status: { phase: 'Failed' } });
  server.remove(PODS, 'p1');
  await until(() => ids.length >= uids.length);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number];
  expectEachOnce(uids);
  expect(ids.filter((id) => id.startsWith('p1/')).map((id) => id.split('/')[2])).toEqual([
    'ADDED',
    'MODIFIED',
    'DELETED',
  ]);
  expect(server.seen.lists).toBe(4);
  expect([code, JSON.parse(errors)]).toEqual([0, { put: 1703, refused: 0, retries: 0 }]);
});

test('a bookmark is where the next watch begins', async () => {
  start();
  await until(watching);
  const version = server.bookmark();
  server.endWatches();
  await until(watching);
  expect([...server.seen.lastVersions]).toEqual(
    expect.arrayContaining([
      [EVENTS, version],
      [PODS, version],
    ]),
  );
  const uids = happen(1);
  await until(() => ids.length > 0);
  expectEachOnce(uids);
  expect(server.seen.lists).toBe(2);
});

test.each(['status', 'line'] as const)(
  '410 by the %s: what is new is listed, what has gone is told',
  async (form) => {
    server.goneForm = form;
    const uids = happen(10);
    server.add(PODS, 'p1', pod);
    server.add(PODS, 'p2', pod);
    start();
    await until(watching);
    await server.stop();
    uids.push(...happen(700), 'p1', 'p2', 'p2', 'p3');
    server.remove(PODS, 'p2');
    server.add(PODS, 'p3', pod);
    server.expire();
    await server.start();
    await until(watching);
    uids.push(...happen(10));
    await until(() => ids.length >= uids.length);
    expect(server.seen.gone).toBe(2);
    expectEachOnce(uids);
    expect(ids.filter((id) => id.startsWith('p2/')).map((id) => id.split('/')[2])).toEqual([
      'ADDED',
      'DELETED',
    ]);
  },
);

test('a line that is cut off comes again', async () => {
  start();
  await until(watching);
  const uids = happen(3);
  await until(() => ids.length === 3);
  server.cutLine();
  uids.push(...happen(3));
  await until(() => ids.length >= 6);
  expectEachOnce(uids);
});

test('an error in the stream, an object that is none, and a busy server are told and tried again', async () => {
  start();
  await until(watching);
  server.say(EVENTS, { type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd \u001b[31m' } });
  await until(() => errors.includes('etcd'));
  expect(errors).toContain('etcd \\u001b[31m');
  await until(watching);
  server.say(EVENTS, { type: 'ADDED', object: {} });
  await until(() => errors.includes('gave no object'));
  await until(watching);
  server.answer = 503;
  server.endWatches();
  await until(() => errors.includes('Service Unavailable'));
  server.answer = undefined;
  const uids = happen(5);
  await until(() => ids.length >= 5);
  expectEachOnce(uids);
});

test('a server that says nothing is given up and asked again', async () => {
  start(['--timeout', '1']);
  await until(watching);
  server.answer = 'silence';
  server.endWatches();
  const uids = happen(5);
  await until(() => errors.includes('did not end a watch'));
  server.answer = undefined;
  await until(() => ids.length >= 5);
  expectEachOnce(uids);
});

test('a request that can never succeed ends it', async () => {
  server.answer = 403;
  start();
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(1);
  expect(errors).toContain('403');
});

test('an event that is too large is counted, and those behind it come', async () => {
  start();
  await until(watching);
  const [large] = happen(1, { message: 'x'.repeat(100_000) });
  const uids = happen(5);
  await until(() => ids.length >= 5);
  child.kill('SIGTERM');
  await once(child, 'close');
  expectEachOnce(uids);
  expect(uids).not.toContain(large);
  expect(JSON.parse(errors)).toMatchObject({ put: 5, refused: 1 });
});

test('a reader that is slow slows down the watch, and gets all', async () => {
  start(['--waiting', '64', '--capacity', '64'], false);
  await until(watching);
  const uids = happen(2000, { message: 'y'.repeat(100) });
  // Ended, and not taken up again while nobody reads.
  let quiet = 0;
  await until(() => (quiet = server.openWatches(EVENTS) === 0 ? quiet + 1 : 0) === 100);
  const before = server.seen.watches;
  read();
  await until(() => ids.length >= uids.length);
  expectEachOnce(uids);
  expect(server.seen.watches).toBeGreaterThan(before + 10);
  expect(server.seen.lists).toBe(2);
}, 60_000);

test(`whatever happens in whatever order, each event comes once (seed ${seed})`, async () => {
  start(['--waiting', '50']);
  await until(watching);
  const uids: string[] = [];
  const acts: (() => unknown)[] = [
    () => uids.push(...happen(20)),
    () => uids.push(...happen(200)),
    () => server.bookmark(),
    () => server.endWatches(),
    () => server.cutLine(),
    () => server.breakConnections(),
    () => server.say(EVENTS, { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'gone' } }),
    () => (server.goneForm = server.goneForm === 'line' ? 'status' : 'line'),
    async () => {
      await server.stop();
      uids.push(...happen(20));
      server.expire();
      await server.start();
    },
    () => until(watching),
    turn,
  ];
  for (const [index] of fc.sample(fc.tuple(fc.nat({ max: acts.length - 1 })), { seed, numRuns: 150 }))
    await acts[index]();
  await until(() => ids.length >= uids.length);
  await until(watching);
  expectEachOnce(uids);
  expect(new Set(ids).size).toBe(ids.length);
}, 120_000);
