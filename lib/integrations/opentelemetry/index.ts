export { observeMetrics } from './observe-metrics';
export { toLogRecord } from './log-record';
export { LogsSink, type LogsSinkStats } from './logs-sink';
export type { AnyBuffer, WatchedParts } from '../metrics/watched';
