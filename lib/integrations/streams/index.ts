export { EventReadable, type EventReadableOptions } from './event-readable';
export { type BadLine, EventWritable, type EventWritableOptions } from './event-writable';
/** This thread's instance of an event buffer of any class. */
export type { AnyEventBuffer as StreamBuffer } from '../../flow/endpoints';
