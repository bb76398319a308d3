export { eventToCloudEvent } from './writers/cloudevents';
export { eventToOtlp } from './writers/otlp';
export { createFormatReader, type FormatReader, type FormatReaderOptions } from './format-reader';
export type { FormatName } from './format';
export { FORMAT_NAMES } from './registry';
