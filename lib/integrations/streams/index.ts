export { EventReadable, type EventReadableOptions } from './event-readable';
export { type BadLine, EventWritable, type EventWritableOptions } from './event-writable';
export type { StreamBuffer } from './stream-buffer';
