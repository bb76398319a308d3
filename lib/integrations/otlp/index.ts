export { OtlpSink, type OtlpSinkStats } from './otlp-sink';
export type { OtlpSinkOptions, OtlpTls } from './sink-options';
