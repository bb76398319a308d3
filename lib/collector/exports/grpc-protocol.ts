/** What the thread of --grpc and that of the run tell each other. */
import type { EventBuffer } from '../../index';
import type { Activity } from '../../integrations/activity';

/** At the start; then come an Activity each second, and `stop`. */
export interface GrpcOrder {
  readonly buffer: EventBuffer['handle'];
  readonly address: string;
  /** An Int32: streams that are open. */
  readonly clients: SharedArrayBuffer;
  readonly activity: Activity;
}

/** Once: it listens, or it cannot. */
export type GrpcReport = { readonly port: number } | { readonly code?: string; readonly error: string };
