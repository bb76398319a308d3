/** `@tapio/performance/kernel`: the kernel's own events, straight into the buffers. */
export { KernelTracer, type KernelTracerOptions, type KernelTracerStats } from './kernel-tracer';
export type { KernelFilters } from './filters';
export type { KernelEvent } from './tracer-shapes';
export type { KernelSourceState, KernelSourceStats, PaceOptions } from './kernel-source';
export {
  BpfRingBufferSource,
  type BpfRingBufferSourceOptions,
  type BpfRingBufferSourceStats,
} from './bpf-ring-buffer-source';
export type { RecordField } from './layout';
export type { TargetBuffer } from './target';
export { diagnoseTracing, type TracingDiagnosis } from './diagnosis';
export { syscallName, syscallNumber } from './syscalls';
