export { collectMetrics, type CollectOptions } from './collect-metrics';
export type { AnyBuffer, WatchedParts } from '../metrics/watched';
