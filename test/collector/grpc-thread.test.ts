/** --grpc when its thread cannot be loaded, or crashes. */
import workerThreads, { type WorkerOptions } from 'node:worker_threads';
import type * as GrpcModule from '../../dist/collector/exports/grpc';
import type { ExportContext } from '../../dist/collector/exports/export';
import { createEvent } from '@tapio/performance';
import { rejectionOf } from '../support/errors';
import { turn } from '../support/waits';
import { internal } from './cli';

const { grpcExport } = internal<typeof GrpcModule>('exports/grpc');

afterEach(() => jest.restoreAllMocks());

/** Opens the export with a thread that runs `code`. */
function openWith(code: string) {
  const { Worker } = workerThreads;
  jest
    .spyOn(workerThreads, 'Worker')
    .mockImplementation(
      (_: string | URL, options?: WorkerOptions) => new Worker(code, { ...options, eval: true }),
    );
  const failures: string[] = [];
  const warnings: string[] = [];
  const context = {
    activity: () => ({ latest: () => ({}), onSample: () => () => undefined }),
    warn: (text: string) => void warnings.push(text),
    fail: (text: string) => void failures.push(text),
  } as unknown as ExportContext;
  return { failures, warnings, opening: grpcExport.open({ host: '127.0.0.1', port: 0 }, context) };
}

const LISTENS = `
  const { parentPort, workerData } = require('node:worker_threads');
  Atomics.store(new Int32Array(workerData.clients), 0, 1);
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
