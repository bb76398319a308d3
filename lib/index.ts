export { type ErrorCode, TapioError } from './errors';

export type { Severity, UnifiedEvent } from './event/unified-event';
export type { EventView } from './event/event-view';
export { generateEventId } from './event/event-id';
export {
  createEvent,
  getEntityId,
  getSeverity,
  hasTraceContext,
  isApplicationEvent,
  isKernelEvent,
  isKubernetesEvent,
  isMetricEvent,
  isNetworkEvent,
} from './event/helpers';
export { decodeEvent, encodeEvent } from './event/codec';
export { eventFromJSON, eventToJSON } from './event/json';

export type { BufferHandle } from './buffers/handle';
export type { BufferStats } from './buffers/stats';
export type { WaitOptions } from './buffers/wait-queue';
export type { BatchOptions } from './buffers/event-endpoint';
export type { BufferDropMessage, BufferHighWatermarkMessage, BufferMessage } from './buffers/diagnostics';
export type { FullPolicy } from './buffers/traits';
export type { EventStorageOptions } from './buffers/event-storage';
export { RingBuffer, type RingBufferOptions } from './buffers/ring-buffer';
export { EventBuffer, type EventBufferOptions } from './buffers/event-buffer';
export { PerCPUBuffer, type PerCPUBufferOptions } from './buffers/per-cpu-buffer';
export type { CPUBufferMetrics, PerCPUBufferMetrics } from './buffers/per-cpu-metrics';
export {
  type OrderOptions,
  PerCPUEventBuffer,
  type PerCPUEventBufferOptions,
  type PerCPUEventStats,
} from './buffers/per-cpu-event-buffer';
export { type BufferAggregator, EventAggregator, SimpleAggregator } from './buffers/aggregator';

export { PriorityBuffer, type PriorityBufferOptions } from './buffers/priority-buffer';
export type { Priority, PriorityRoute } from './buffers/priority';
export type { AnyEventBuffer } from './flow/endpoints';
export { FanOut, type FanOutPolicy } from './flow/fan-out';
export { Pipeline, type StageOptions } from './flow/pipeline';
export type { StageContext } from './flow/stage';
export { BufferMonitor, type BufferMonitorListener, type BufferMonitorOptions } from './flow/buffer-monitor';

export { ObjectPool, type ObjectPoolOptions, type PoolStats } from './pools/object-pool';
export { UnifiedEventPool } from './pools/unified-event-pool';
export { ByteSlicePool } from './pools/byte-slice-pool';

export { availableCPUs, currentCPU, pinThread, unpinThread } from './cpus';
export { recommendSizing, type Sizing, type SizingOptions, type Workload } from './sizing';
