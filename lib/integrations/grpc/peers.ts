/** The library of gRPC, loaded when it is needed. */
import type * as Grpc from '@grpc/grpc-js';
import { loadPeer } from '../peer';

export function grpcLibrary(): typeof Grpc {
  return loadPeer(
    '@grpc/grpc-js',
    '^1.14.0',
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
    () => require('@grpc/grpc-js') as typeof Grpc,
  );
}
