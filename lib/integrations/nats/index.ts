export { JetStreamSink, type JetStreamSinkOptions, type JetStreamSinkStats } from './jetstream-sink';
export { JetStreamSource, type JetStreamSourceOptions, type JetStreamSourceStats } from './jetstream-source';
export { packEvents, unpackEvents } from './packing';
