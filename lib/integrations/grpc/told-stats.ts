import type { PerCPUBufferMetrics } from '../../buffers/per-cpu-metrics';
import type { BufferStats } from '../../buffers/stats';

/** What a buffer of unknown class answers. */
interface Buffer {
  getMetrics?(): PerCPUBufferMetrics;
  getStats?(): object;
}

/** The figures of a buffer by name: one, of a PriorityBuffer one for each level, `name.level`. */
export function toldStats(name: string, buffer: object): Record<string, BufferStats> {
  const told = buffer as Buffer;
  if (typeof told.getMetrics === 'function') return { [name]: ofAllCpus(told.getMetrics()) };
  const stats = told.getStats!();
  if ('capacity' in stats && typeof stats.capacity === 'number') return { [name]: stats as BufferStats };
  return Object.fromEntries(
    Object.entries(stats as Record<string, BufferStats>).map(([level, each]) => [`${name}.${level}`, each]),
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
