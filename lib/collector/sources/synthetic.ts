/**
 * A steady stream of realistic events: system calls, network flows, Kubernetes objects and log lines, at a
 * rate. Paced by credit at a short tick, so that the mean rate is exact without a busy loop.
 */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { UnifiedEvent } from '../../index';
import { Pacer } from '../synthetic/pacer';
import { Random } from '../synthetic/random';
import { EventMix } from '../synthetic/event-mix';
import type { SourceContext, SourceDefinition } from './source';

interface SyntheticSettings {
  readonly rate: number;
  readonly seed: number;
}

/** Events of one putBatch, which share a timestamp. */
const BATCH = 64;
/** Most events between two looks at the stop signal. */
const BURST = 2048;
/** How often owed events are put; less often, up to MAX_TICK_MS, where a tick owes less than one event. */
const TICK_MS = 2;
const MAX_TICK_MS = 20;

export const source: SourceDefinition<SyntheticSettings> = {
  summary: 'made-up kernel, network, Kubernetes and log events',
  memory: 13,
  stampsEvents: true,
  threads: ({ workers }) => workers,
  settings: ({ rate, workers, seed = Date.now() }, thread) => ({
    rate: rate / workers,
    seed: seed + thread,
  }),
  run,
};

async function run({
  settings,
  signal,
  outlet,
  now,
  ready,
}: SourceContext<SyntheticSettings>): Promise<void> {
  const mix = new EventMix(new Random(settings.seed));
  const batch: UnifiedEvent[] = [];
  const start = await ready();
  const pacer = new Pacer(settings.rate);
  const elapsedMs = (): number => Number(now() - start) / 1e6;
  for (let last = false; !last;) {
    // What is owed up to the stop is still put.
    last = signal.aborted;
    const count = pacer.take(elapsedMs(), BURST);
    for (let left = count; left > 0; left -= batch.length) {
      const timestamp = now();
      batch.length = Math.min(left, BATCH);
      for (let index = 0; index < batch.length; index++) batch[index] = mix.next(timestamp);
      outlet.offer(batch);
    }
    if (count === BURST) await nextTurn();
    else if (!last) await delay(Math.min(MAX_TICK_MS, Math.max(TICK_MS, pacer.untilNext(elapsedMs()))));
  }
}
