/** EventService as gRPC knows it. Messages travel as bytes, so that what cannot be read is told by a status that says why. */
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

type Method = MethodDefinition<Buffer, Buffer>;

const asIs = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean): Method {
  return {
    path: `/tapio.v1.EventService/${name}`,
    requestStream,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
    originalName: `${name[0].toLowerCase()}${name.slice(1)}`,
  };
}

export const METHODS = {
  StreamEvents: method('StreamEvents', false, true),
  PublishEvents: method('PublishEvents', true, false),
  GetStats: method('GetStats', false, false),
} satisfies ServiceDefinition;
