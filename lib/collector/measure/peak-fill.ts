/** How full the rings get: looked at when events wait, as this thread only runs the display once it took them. */
import type { PerCPUBufferMetrics, PerCPUEventBuffer } from '../../index';

/** Shortest time between two looks. */
const INTERVAL_MS = 20;

export class PeakFill {
  private lookedAt = 0;
  private readonly cpus = new Map<number, number>();
  private overflow = 0;

  constructor(private readonly buffer: PerCPUEventBuffer) {}

  /** Call it before events are taken. */
  look(nowMs: number): void {
    if (nowMs - this.lookedAt < INTERVAL_MS) return;
    this.lookedAt = nowMs;
    this.add(this.buffer.getMetrics());
  }

  /** The buffer's metrics, with the highest fill since the call before instead of that of this moment. */
  takeMetrics(): PerCPUBufferMetrics {
    const metrics = this.buffer.getMetrics();
    this.add(metrics);
    const cpus = metrics.cpus.map((cpu) => {
      const used = this.cpus.get(cpu.cpu) ?? cpu.used;
      return { ...cpu, used, utilization: cpu.capacity > 0 ? used / cpu.capacity : 0 };
    });
    const peaks = { ...metrics, cpus, overflowUsed: this.overflow };
    this.cpus.clear();
    this.overflow = 0;
    return peaks;
  }

  private add({ cpus, overflowUsed }: PerCPUBufferMetrics): void {
    for (const { cpu, used } of cpus) this.cpus.set(cpu, Math.max(used, this.cpus.get(cpu) ?? 0));
    this.overflow = Math.max(this.overflow, overflowUsed);
  }
}
