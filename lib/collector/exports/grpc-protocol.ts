/** What the thread of --grpc and that of the run tell each other. */
import type { EventBuffer } from '../../index';
import type { Activity } from '../../integrations/activity';

/** At the start. */
export interface GrpcOrder {
  readonly buffer: EventBuffer['handle'];
  readonly address: string;
  /** BigInt64, in the order of GRPC_COUNTS. */
  readonly counts: SharedArrayBuffer;
  readonly activity: Activity;
}

/** Of EventServiceStats; and the events that waited when the last client went. */
export const GRPC_COUNTS = ['clients', 'streamed', 'dropped', 'left'] as const;
export type GrpcCount = (typeof GRPC_COUNTS)[number];

/** Then: what the run is at, each second; `stop` when the buffer is closed; `hurry` when the clients have had their time. */
export type ToGrpc = Activity | 'stop' | 'hurry';

/** Once: it listens, or it cannot. */
export type GrpcReport = { readonly port: number } | { readonly code?: string; readonly error: string };
