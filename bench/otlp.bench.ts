/**
 * Events from a buffer to a receiver of OTLP logs: OtlpSink beside the SDK's batch processor and its OTLP/HTTP JSON exporter.
 *
 *   npm run bench:otlp [-- REPEATS [COUNT]]
 *
 * Each turn is a process of its own, as is the receiver, whose CPU time is not counted. Turns alternate; records for each second of
 * CPU count, and the median of the ratios of each pair. The SDK cannot say that it is full, so its queue is flushed each 4,096 records,
 * which is how it loses none; a burst without that shows what it loses. At the end 1,000,000 events through OtlpSink, each accounted for.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { LogsSink } from '@tapio/performance/opentelemetry';
import { OtlpSink } from '@tapio/performance/otlp';
import { processCpuMs } from './measure/cpu';
import { describe, machine } from './measure/machine';
import { fullEvents, kernelEvents } from './sample-events';

type Kind = 'full' | 'kernel';
type Contender = 'ours' | 'sdk' | 'burst';
interface Turn {
  /** What the sender believes. */
  readonly exported: number;
  readonly cpuMs: number;
  readonly wallMs: number;
}

const CHUNK = 4096;
const BATCH = 1024;
/** Of the text of one record. */
const MARK = '"timeUnixNano"';

/** Counts records, and tells how many at /count. */
async function serve(): Promise<void> {
  let records = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/count') {
        response.end(String(records));
        records = 0;
        return;
      }
      const body = Buffer.concat(chunks);
      for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + 1)) records++;
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send!((server.address() as AddressInfo).port);
}

async function feed(buffer: EventBuffer, events: readonly UnifiedEvent[], count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const event = events[n % events.length];
    if (!buffer.tryPut(event)) await buffer.putAsync(event);
  }
  buffer.close();
}

async function turnOf(contender: Contender, kind: Kind, count: number, url: string): Promise<Turn> {
  const events = kind === 'full' ? fullEvents(64) : kernelEvents(64);
  const run = contender === 'ours' ? ours : sdk;
  await run(events, Math.min(20_000, count), url, contender);
  await fetch(`${url}/count`);
  const [cpu, wall] = [processCpuMs(), performance.now()];
  const exported = await run(events, count, url, contender);
  return { exported, cpuMs: processCpuMs() - cpu, wallMs: performance.now() - wall };
}

async function ours(events: readonly UnifiedEvent[], count: number, url: string): Promise<number> {
  const buffer = new EventBuffer(8192);
  const sink = new OtlpSink(buffer, { url, maxBatch: BATCH });
  await Promise.all([feed(buffer, events, count), sink.run()]);
  const { exported, rejected, inFlight } = sink.getStats();
  if (exported + rejected + inFlight !== count)
    throw new Error(`${exported} + ${rejected} + ${inFlight} of ${count}`);
  return exported;
}

async function sdk(
  events: readonly UnifiedEvent[],
  count: number,
  url: string,
  contender: Contender,
): Promise<number> {
  const exporter = new OTLPLogExporter({ url: `${url}/v1/logs` });
  // As wide as ours where it may not lose; else its defaults.
  const options = contender === 'burst' ? {} : { maxQueueSize: 65536, maxExportBatchSize: BATCH };
  const processor = new BatchLogRecordProcessor({ exporter, ...options });
  const provider = new LoggerProvider({ processors: [processor] });
  const logger = provider.getLogger('bench');
  for (let done = 0; done < count; done += CHUNK) {
    const buffer = new EventBuffer(65536);
    const some = Math.min(CHUNK, count - done);
    await Promise.all([feed(buffer, events, some), new LogsSink(logger, buffer).run()]);
    if (contender !== 'burst') await processor.forceFlush();
  }
  await provider.shutdown();
  return count;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function main(repeats: number, count: number): Promise<void> {
  const server = fork(__filename, ['server']);
  try {
    const [port] = (await once(server, 'message')) as [number];
    const url = `http://127.0.0.1:${port}`;
    console.log(`${describe(machine())}; ${repeats} pairs of turns, ${count} events each`);
    for (const kind of ['kernel', 'full'] as const) {
      const ratios: number[] = [];
      const rates: Record<string, number[]> = { ours: [], sdk: [] };
      for (let repeat = 0; repeat < repeats; repeat++) {
        for (const contender of ['ours', 'sdk'] as const) {
          const { cpuMs } = await child(contender, kind, count, url, true);
          rates[contender].push(count / (cpuMs / 1000));
        }
        ratios.push(rates.ours[repeat] / rates.sdk[repeat]);
      }
      const [a, b] = [median(rates.ours), median(rates.sdk)].map((rate) =>
        Math.round(rate).toLocaleString('en'),
      );
      console.log(
        `${kind} events: OtlpSink ${a} records/s for each core, SDK ${b}; ratio ${median(ratios).toFixed(2)} ` +
          `(${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), aim 2, nothing lost`,
      );
    }
    const { received } = await child('burst', 'full', count, url, false);
    console.log(`SDK with its defaults and no flushes: ${count - received} of ${count} lost without a word`);
    const { received: all, wallMs } = await child('ours', 'kernel', 1_000_000, url, true);
    console.log(`1,000,000 events: ${all} received once, ${Math.round(1e9 / wallMs)} a second`);
  } finally {
    server.kill();
  }
}

/** exact: the receiver must have as many as were sent. */
async function child(
  contender: Contender,
  kind: Kind,
  count: number,
  url: string,
  exact: boolean,
): Promise<Turn & { received: number }> {
  const process: ChildProcess = fork(__filename, ['turn', contender, kind, String(count), url]);
  const [turn] = (await once(process, 'message')) as [Turn];
  await once(process, 'exit');
  const received = Number(await (await fetch(`${url}/count`)).text());
  if (exact && (received !== count || turn.exported !== count))
    throw new Error(`${contender}: ${received} received and ${turn.exported} exported of ${count}`);
  return { ...turn, received };
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'server') void serve();
else if (mode === 'turn') {
  const [contender, kind, count, url] = rest as [Contender, Kind, string, string];
  void turnOf(contender, kind, Number(count), url).then((turn) => {
    process.send!(turn, () => process.disconnect());
  });
} else void main(Number(mode ?? 5), Number(rest[0] ?? 100_000));
