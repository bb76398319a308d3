/** --grpc when its thread cannot be loaded, or crashes, and exports of events that cannot be taken. */
import workerThreads, { type WorkerOptions } from 'node:worker_threads';
import type * as GrpcModule from '../../../dist/collector/exports/grpc';
import type { Export, ExportContext } from '../../../dist/collector/exports/export';
import type * as ExportsModule from '../../../dist/collector/exports/exports';
import { createEvent, type EventView } from '@tapio/performance';
import { EventClient } from '@tapio/performance/grpc';
import { rejectionOf } from '../../support/errors';
import { turn } from '../../support/waits';
import { internal } from '../cli';

const { grpcExport } = internal<typeof GrpcModule>('exports/grpc');
const { Exports } = internal<typeof ExportsModule>('exports/exports');

afterEach(() => jest.restoreAllMocks());

/** What an export is told of its run, and what it tells. */
function contextOf() {
  const failures: string[] = [];
  const warnings: string[] = [];
  const context = {
    activity: () => ({ latest: () => ({}), onSample: () => () => undefined }),
    warn: (text: string) => void warnings.push(text),
    fail: (text: string) => void failures.push(text),
  } as unknown as ExportContext;
  return { context, failures, warnings };
}

/** Opens the export with a thread that runs `code`. */
function openWith(code: string) {
  const { Worker } = workerThreads;
  jest
    .spyOn(workerThreads, 'Worker')
    .mockImplementation(
      (_: string | URL, options?: WorkerOptions) => new Worker(code, { ...options, eval: true }),
    );
  const { context, failures, warnings } = contextOf();
  return { failures, warnings, opening: grpcExport.open({ host: '127.0.0.1', port: 0 }, context) };
}

const LISTENS = `
  const { parentPort, workerData } = require('node:worker_threads');
  Atomics.store(new BigInt64Array(workerData.counts), 0, 1n);
  parentPort.postMessage({ port: 1 });`;

test.each([
  ['that throws', 'throw new Error("no such library")', 'no such library'],
  ['that ends', '', 'its thread has ended'],
])('a thread %s while it loads is a reason not to start', async (_, code, message) => {
  const { opening, failures } = openWith(code);
  expect(await rejectionOf(opening)).toMatchObject({ message });
  expect(failures).toEqual([]);
});

test('a thread that crashes is told once; from then on no event is made for it, and the end comes in order', async () => {
  const { opening, failures } = openWith(`${LISTENS}
    parentPort.on('message', () => undefined);
    setTimeout(() => { throw new Error('broken'); }, 50);`);
  const grpc = await opening;
  expect(grpc.isTaking!()).toBe(true);
  while (grpc.isTaking!()) await turn();
  expect(failures).toEqual(['broken']);
  grpc.take!(createEvent({ type: 'a', source: 'b' }));
  await grpc.close(AbortSignal.timeout(60_000));
  expect(failures).toEqual(['broken']);
});

test('events that the buffer refuses are told and left out; those around them are served', async () => {
  const { opening, warnings } = openWith(`${LISTENS}
    const { EventBuffer } = require(${JSON.stringify(require.resolve('@tapio/performance'))});
    const buffer = EventBuffer.attach(workerData.buffer);
    parentPort.on('message', () => {
      const got = buffer.getBatch(100).map(({ id }) => id).join();
      if (got !== 'a,b,c') throw new Error(got);
      parentPort.close();
    });`);
  const grpc = await opening;
  const event = (id: string) => createEvent({ id, type: 't', source: 's' });
  const large = { ...event('large'), attributes: { text: 'x'.repeat(2 ** 20) } };
  for (const each of [
    event('a'),
    { ...event('bad'), timestamp: 'no' as never },
    event('b'),
    large,
    event('c'),
  ])
    grpc.take!(each);
  await grpc.close(AbortSignal.timeout(60_000));
  expect(warnings.slice(1)).toEqual([
    expect.stringMatching(/^an event is left out: .*timestamp/),
    expect.stringMatching(/^an event is left out: /),
  ]);
  expect(grpc.served!()).toMatchObject({ discarded: 2 });
});

test('what waits when the last client goes is counted at once, and so is for no later one', async () => {
  const { context, warnings } = contextOf();
  const grpc = await grpcExport.open({ host: '127.0.0.1', port: 0 }, context);
  const client = new EventClient(/serving on (\S+)/.exec(warnings[0])![1]);
  const reading = client.stream()[Symbol.asyncIterator]().next();
  while (!grpc.isTaking!()) await turn();
  client.close();
  await rejectionOf(reading);
  let taken = 0;
  // It takes a moment until it is told that nobody is there.
  for (; grpc.isTaking!(); await turn()) {
    grpc.take!(createEvent({ type: 't', source: 's' }));
    taken++;
  }
  while (grpc.served!().discarded === 0) await turn();
  await grpc.close(AbortSignal.timeout(60_000));
  const { streamed, dropped, discarded } = grpc.served!();
  expect(streamed + dropped + discarded).toBe(taken);
});

test('a thread that does not end in time is told of, and what it has left is counted', async () => {
  const { opening, warnings } = openWith(`${LISTENS}
    parentPort.on('message', () => undefined);`);
  const grpc = await opening;
  for (let n = 0; n < 1000; n++) grpc.take!(createEvent({ type: 't', source: 's' }));
  await grpc.close(AbortSignal.abort());
  expect(grpc.served!()).toEqual({ clients: 0, streamed: 0, dropped: 0, discarded: 1000 });
  expect(warnings.slice(1)).toEqual([expect.stringContaining('did not end in time')]);
});

function openWithTaker(taker: Export): Promise<ExportsModule.Exports> {
  return Exports.open([{ name: 'x', memory: 1, open: () => Promise.resolve(taker) }], {} as ExportContext);
}

const UNREADABLE = {
  toEvent() {
    throw new Error('corrupt');
  },
} as unknown as EventView;

test('an event that cannot be read is counted as dropped by every export, and stops nothing', async () => {
  const got: unknown[] = [];
  const taker: Export = {
    take: (event) => void got.push(event),
    counts: () => ({ taken: got.length, delivered: got.length, dropped: 0, waiting: 0, retried: 0 }),
    close: () => Promise.resolve(),
  };
  const exports = await openWithTaker(taker);
  exports.take(UNREADABLE);
  exports.take({ toEvent: () => 1 } as unknown as EventView);
  expect(got).toEqual([1]);
  expect(exports.counts().x).toMatchObject({ taken: 2, delivered: 1, dropped: 1, note: 'corrupt' });
});

test('it is counted as discarded by one that serves, while somebody is there', async () => {
  let clients = 1;
  const taker: Export = {
    isTaking: () => clients > 0,
    take: () => undefined,
    counts: () => undefined,
    served: () => ({ clients, streamed: 0, dropped: 0, discarded: 5 }),
    close: () => Promise.resolve(),
  };
  const exports = await openWithTaker(taker);
  exports.take(UNREADABLE);
  clients = 0;
  exports.take(UNREADABLE);
  expect(exports.served().x).toMatchObject({ discarded: 6 });
});
