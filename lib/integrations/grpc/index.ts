export type { Activity, Tally } from '../activity';
export { EventClient, type EventClientOptions, type StreamOptions } from './event-client';
export {
  EventService,
  type EventServiceCloseOptions,
  type EventServiceOptions,
  type EventServiceStats,
} from './event-service';
export type { EventFilter } from './filter';
export { PROTO_PATH } from './proto-path';
