import type { PerCPUBufferMetrics } from '../../buffers/per-cpu-metrics';
import type { BufferStats } from '../../buffers/stats';
import { figuresOfBuffer } from '../metrics/figures-of-buffer';

/** The figures of a buffer by name: one, of a PriorityBuffer one for each level, `name.level`. */
export function toldStats(name: string, buffer: object): Record<string, BufferStats> {
  const figures = figuresOfBuffer(buffer);
  if ('metrics' in figures) return { [name]: ofAllCpus(figures.metrics) };
  if ('stats' in figures) return { [name]: figures.stats };
  return Object.fromEntries(
    Object.entries(figures.levels).map(([level, each]) => [`${name}.${level}`, each]),
  );
}

/** Its sizes are bytes, as its rings are. */
function ofAllCpus(metrics: PerCPUBufferMetrics): BufferStats {
  const { cpus, overflowSize, overflowUsed, writes, reads, dropped, discarded, closed } = metrics;
  const capacity = cpus.reduce((sum, cpu) => sum + cpu.capacity, overflowSize);
  const size = cpus.reduce((sum, cpu) => sum + cpu.used, overflowUsed);
  return {
    capacity,
    size,
    fillRate: size / capacity,
    isFull: size === capacity,
    isEmpty: size === 0,
    writeIndex: size,
    readIndex: 0,
    puts: writes,
    gets: reads,
    rejected: dropped,
    discarded,
    highWatermark: size,
    closed,
  };
}
