import type { Attachment } from './attachment';

/** One CPU's ring. */
export interface CPUBufferMetrics {
  /** The operating system's number. */
  cpu: number;
  /** Bytes. */
  used: number;
  /** Bytes. */
  capacity: number;
  /** used / capacity, 0..1. */
  utilization: number;
  /** Records stored in this ring. */
  writes: number;
  /** Records that found this ring full. */
  rejected: number;
}

/** A snapshot. Counters are exact and never go back. */
export interface PerCPUBufferMetrics {
  /** Records stored, in any ring. */
  writes: number;
  /** Records taken. */
  reads: number;
  /** Records that went to the overflow ring because the CPU's own was full. */
  overflows: number;
  /** Records refused because both were full. */
  dropped: number;
  /** Records removed by reset() or a drop-oldest policy. */
  discarded: number;
  /** Bytes of the overflow ring, and those in use. */
  overflowSize: number;
  overflowUsed: number;
  closed: boolean;
  cpus: CPUBufferMetrics[];
}

export function readMetrics(attachment: Attachment): PerCPUBufferMetrics {
  const slotBytes = attachment.traits.slotSize;
  const overflow = attachment.stats(attachment.rings);
  const metrics: PerCPUBufferMetrics = {
    writes: overflow.puts,
    reads: overflow.gets,
    overflows: overflow.puts,
    dropped: overflow.rejected,
    discarded: overflow.discarded,
    overflowSize: overflow.capacity * slotBytes,
    overflowUsed: overflow.size * slotBytes,
    closed: overflow.closed,
    cpus: [],
  };
  for (let cpu = 0; cpu < attachment.rings; cpu++) {
    const ring = attachment.stats(cpu);
    metrics.writes += ring.puts;
    metrics.reads += ring.gets;
    metrics.discarded += ring.discarded;
    metrics.cpus.push({
      cpu,
      used: ring.size * slotBytes,
      capacity: ring.capacity * slotBytes,
      utilization: ring.fillRate,
      writes: ring.puts,
      rejected: ring.rejected,
    });
  }
  return metrics;
}
