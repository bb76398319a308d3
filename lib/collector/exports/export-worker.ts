/** Entry of a worker thread that delivers the events of one export. */
import { isNativeError } from 'node:util/types';
import { parentPort, workerData } from 'node:worker_threads';
import { EventBuffer } from '../../index';
import type { ExportWorkerData, FromExport } from './export-protocol';
import type { OpenExportWork } from './export-work';
import { openNats } from './nats-work';
import { openOtlp } from './otlp-work';

/** How often counts are told. */
const COUNT_MS = 200;

// `any`: each has settings of its own, which only it reads.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const WORKS: Readonly<Record<string, OpenExportWork<any>>> = { nats: openNats, otlp: openOtlp };

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('export-worker runs as a worker thread only');
  const { name, settings, buffer } = workerData as ExportWorkerData;
  const say = (message: FromExport): void => port.postMessage(message);
  const stop = new AbortController();
  port.on('message', () => stop.abort());
  try {
    const work = await WORKS[name](settings, EventBuffer.attach(buffer));
    const tell = (): void => say({ kind: 'counts', counts: work.counts() });
    const timer = setInterval(tell, COUNT_MS);
    say({ kind: 'ready' });
    try {
      await work.run(stop.signal);
    } finally {
      clearInterval(timer);
      tell();
      await work.close?.();
    }
  } catch (error) {
    if (!stop.signal.aborted) say({ kind: 'failed', message: messageOf(error) });
  } finally {
    // Nothing else keeps this thread alive.
    port.unref();
  }
}

function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message || error.name : String(error);
}

void main();
