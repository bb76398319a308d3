/** The libraries of NATS, loaded when they are needed. */
import type * as JetStream from '@nats-io/jetstream';
import type * as Transport from '@nats-io/transport-node';
import { loadPeer } from '../peer';

export function jetStreamLibrary(): typeof JetStream {
  return loadPeer(
    '@nats-io/jetstream',
    '^3.0.0',
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    () => require('@nats-io/jetstream') as typeof JetStream,
  );
}

export function transportLibrary(): typeof Transport {
  return loadPeer(
    '@nats-io/transport-node',
    '^3.0.0',
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    () => require('@nats-io/transport-node') as typeof Transport,
  );
}
