/** Entry of a worker thread that runs one source. */
import { createRequire } from 'node:module';
import { isNativeError } from 'node:util/types';
import { parentPort, workerData } from 'node:worker_threads';
import { PerCPUEventBuffer, TapioError } from '../../index';
import { Failure } from '../command-line/command';
import { RunClock } from '../measure/run-clock';
import { EventOutlet } from './event-outlet';
import type { SourceDefinition } from './source';
import { SourceCounters } from './source-counters';
import type { FromSource, SourceWorkerData, ToSource } from './source-protocol';

/** Alone: each other one would be in the heap of this thread, too. Not by import(), whose loader takes 0.4 MB. */
function load(name: string): SourceDefinition {
  return (createRequire(__filename)(`./${name}`) as { source: SourceDefinition }).source;
}

function describe(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  if (error instanceof Failure) return error.message;
  if (error instanceof TapioError) return `${error.message} (${error.code})`;
  return error.stack ?? error.message;
}

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('source-worker runs as a worker thread only');
  const data = workerData as SourceWorkerData;
  const say = (message: FromSource): void => port.postMessage(message);
  const stop = new AbortController();
  const clock = new RunClock(data.epochOffset);
  const asked: ((all: boolean) => void)[] = [];
  const go = new Promise<bigint>((resolve) => {
    port.on('message', (message: ToSource) => {
      if (message.kind === 'arrived') {
        asked.shift()?.(message.all);
        return;
      }
      if (message.kind === 'stop') stop.abort();
      resolve(message.kind === 'go' ? message.at : clock.now());
    });
  });
  try {
    const source = load(data.source);
    await source.run({
      settings: data.settings,
      signal: stop.signal,
      outlet: new EventOutlet(PerCPUEventBuffer.attach(data.buffer), new SourceCounters(data.counters)),
      ready: () => {
        say({ kind: 'ready' });
        return go;
      },
      now: () => clock.now(),
      arrived: () => {
        say({ kind: 'ask' });
        return new Promise((resolve) => asked.push(resolve));
      },
      warn: (text) => say({ kind: 'warning', text }),
    });
    if (stop.signal.aborted || source.mayEnd) say({ kind: 'ended' });
    else say({ kind: 'failed', message: 'it ended before it was asked to' });
  } catch (error) {
    say({ kind: 'failed', message: describe(error) });
  } finally {
    // Nothing else keeps this thread alive. Deno has no close() here.
    port.unref();
  }
}

void main();
