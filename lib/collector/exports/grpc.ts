/** --grpc: the events of the run, and what it is at, for clients of EventService. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { EventBuffer, TapioError, type UnifiedEvent } from '../../index';
import { LimitedReport } from '../output/limited-report';
import { MEMORY } from '../memory-plan';
import { formatAddress, parseAddress, type ListenAddress } from '../command-line/listen-address';
import type { Export, ExportContext, ExportDefinition } from './export';
import { endInTime } from './end-in-time';
import { GRPC_COUNTS, type GrpcCount, type GrpcOrder, type GrpcReport, type ToGrpc } from './grpc-protocol';

/** Put at once: each put may wake that thread, at the cost of this one. */
const BATCH = 256;
/** Longest time that an event waits for a batch. */
const BATCH_MS = 10;
const ENDED = 'its thread has ended';
const CLIENTS = GRPC_COUNTS.indexOf('clients');

export const grpcExport: ExportDefinition<ListenAddress> = {
  name: 'grpc',
  memory: 25,
  options: [],
  usage: `  --grpc ADDRESS    serves events by gRPC, for EventClient and tapio top, on
                    HOST:PORT, [IPV6]:PORT or, for this machine only, PORT;
                    without TLS; needs @grpc/grpc-js
`,
  parse: (value) => parseAddress('--grpc', value),
  open,
};

async function open(address: ListenAddress, context: ExportContext): Promise<Export> {
  const sampler = context.activity();
  const buffer = new EventBuffer(MEMORY.grpcCapacity, { onFull: 'drop-oldest' });
  const counts = new SharedArrayBuffer(GRPC_COUNTS.length * BigInt64Array.BYTES_PER_ELEMENT);
  const order: GrpcOrder = {
    buffer: buffer.handle,
    address: formatAddress(address),
    counts,
    activity: sampler.latest(),
  };
  const worker = new Worker(path.join(__dirname, 'grpc-worker.js'), {
    workerData: order,
    name: 'grpc',
    resourceLimits: MEMORY.workerLimits,
    // The library would print what is told here.
    env: { GRPC_VERBOSITY: 'NONE', ...process.env },
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const report = await new Promise<GrpcReport>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', ({ message }) => resolve({ error: message }));
    void exited.then(() => resolve({ error: ENDED }));
  });
  if ('error' in report) {
    buffer.close();
    await worker.terminate();
    throw new TapioError(report.code as TapioError['code'], report.error);
  }
  const told = new BigInt64Array(counts);
  const count = (name: GrpcCount): number => Number(Atomics.load(told, GRPC_COUNTS.indexOf(name)));
  const say = (message: ToGrpc): void => worker.postMessage(message);
  let hasFailed = false;
  const fail = (text: string): void => {
    if (!hasFailed) context.fail(text);
    hasFailed = true;
  };
  worker.on('error', (error) => fail(error.message));
  let isClosing = false;
  void exited.then(() => {
    Atomics.store(told, CLIENTS, 0n);
    if (!isClosing) fail(ENDED);
  });
  /** By a thread that could not serve them. */
  let leftBehind = 0;
  const forget = sampler.onSample(say);
  context.warn(`serving on ${formatAddress({ ...address, port: report.port })}`);
  const problems = new LimitedReport((text) => context.warn(text));
  let refused = 0;
  let waiting: UnifiedEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const events = waiting;
    waiting = [];
    putAll(buffer, events, (error) => {
      refused++;
      problems.report(`an event is left out: ${error.message}`);
    });
  };
  return {
    isTaking: () => Atomics.load(told, CLIENTS) > 0n,
    take(event: UnifiedEvent) {
      waiting.push(event);
      if (waiting.length >= BATCH) flush();
      else timer ??= setTimeout(flush, BATCH_MS);
    },
    counts: () => undefined,
    served: () => ({
      clients: count('clients'),
      streamed: count('streamed'),
      dropped: count('dropped'),
      discarded: buffer.getStats().discarded + refused + count('left') + leftBehind,
    }),
    async close(hurry) {
      isClosing = true;
      forget();
      flush();
      buffer.close();
      say('stop');
      const wasInTime = await endInTime(worker, exited, hurry, () => say('hurry'));
      if (!wasInTime) context.warn('its thread did not end in time: what it held is not counted');
      leftBehind = buffer.consume(() => undefined);
      problems.end();
    },
  };
}

/** Leaves out those that the buffer refuses. */
function putAll(
  buffer: EventBuffer,
  events: readonly UnifiedEvent[],
  refuse: (error: TapioError) => void,
): void {
  for (let next = 0; next < events.length; next++) {
    try {
      buffer.putBatch(next === 0 ? events : events.slice(next));
      return;
    } catch (error) {
      refuse(error as TapioError);
      next += (error as TapioError).stored ?? 0;
    }
  }
}
