/**
 * The kernel's own events: processes, files that are opened, connections, system calls. A native thread puts them into the buffer;
 * this thread only counts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { KernelTracer } from '../../kernel';
import { MEMORY } from '../memory-plan';
import type { KernelChoice } from './kernel-options';
import type { SourceContext, SourceDefinition } from './source';

/** How often the counts are brought up to date. */
const COUNT_MS = 100;

export const source: SourceDefinition<KernelChoice> = {
  summary: 'what processes do, from the kernel (root)',
  memory: 15,
  stampsEvents: true,
  settings: ({ kernel }) => kernel,
  run,
};

async function run({ settings, signal, outlet, ready }: SourceContext<KernelChoice>): Promise<void> {
  const tracer = new KernelTracer({ target: outlet.target, ringSize: MEMORY.kernelRing, ...settings });
  // What is refused is told before the run begins.
  tracer.start().stop();
  await ready();
  const before = tracer.getStats();
  let told = { produced: before.captured, dropped: before.dropped, lost: before.lost };
  outlet.account({ ...told, refused: before.dropped });
  const tell = (): void => {
    const { captured, dropped, lost } = tracer.getStats();
    outlet.account({
      produced: captured - told.produced,
      dropped: dropped - told.dropped,
      refused: dropped - told.dropped,
      lost: lost - told.lost,
    });
    told = { produced: captured, dropped, lost };
  };
  if (signal.aborted) return;
  tracer.start();
  while (!signal.aborted && tracer.getStats().state === 'running') {
    await delay(COUNT_MS, undefined, { signal }).catch(() => undefined);
    tell();
  }
  tracer.stop();
  tell();
}
