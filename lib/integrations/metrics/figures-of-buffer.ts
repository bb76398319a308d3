import type { PerCPUBufferMetrics } from '../../buffers/per-cpu-metrics';
import type { BufferStats } from '../../buffers/stats';

/** What a buffer of unknown class answers. */
export interface BufferWithFigures {
  getMetrics?(): PerCPUBufferMetrics;
  getStats?(): object;
}

/** The figures of a buffer, as its class has them: of all CPUs, of one ring, or of each level of a PriorityBuffer. */
export type BufferFigures =
  | { readonly metrics: PerCPUBufferMetrics }
  | { readonly stats: BufferStats }
  | { readonly levels: Readonly<Record<string, BufferStats>> };

export function figuresOfBuffer(buffer: BufferWithFigures): BufferFigures {
  if (typeof buffer.getMetrics === 'function') return { metrics: buffer.getMetrics() };
  const stats = buffer.getStats!();
  if ('capacity' in stats && typeof stats.capacity === 'number') return { stats: stats as BufferStats };
  return { levels: stats as Record<string, BufferStats> };
}
