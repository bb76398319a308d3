/** The libraries of NATS, loaded when they are needed. */
import type * as JetStream from '@nats-io/jetstream';
import { loadPeer } from '../peer';

export function jetStreamLibrary(): typeof JetStream {
  return loadPeer(
    '@nats-io/jetstream',
    '^3.0.0',
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    () => require('@nats-io/jetstream') as typeof JetStream,
  );
}
