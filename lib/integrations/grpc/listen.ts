/** A server of gRPC for one service, without TLS: for loopback and for networks that are trusted. */
import { TapioError } from '../../errors';
import type { EventService } from './event-service';
import { grpcLibrary } from './peers';

export interface ListeningServer {
  readonly port: number;
  /** Ends what is under way. The service is closed first, by who made it. */
  close(): void;
}

/** A client that vanished without a word keeps its place until a ping of it has no answer for so long. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 10_000 };

/**
 * @param address `host:port`; port 0: any that is free
 * @throws TapioError (rejects) ERR_INVALID_ARGUMENT when it cannot listen there; ERR_UNSUPPORTED without @grpc/grpc-js
 */
export async function listen(service: EventService, address: string): Promise<ListeningServer> {
  const grpc = grpcLibrary();
  const server = new grpc.Server(KEEPALIVE);
  service.addTo(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, found) => {
      const why = error?.message.includes('EADDRINUSE') ? 'the port is in use' : error?.message;
      if (error) reject(new TapioError('ERR_INVALID_ARGUMENT', `cannot listen on ${address}: ${why}`));
      else resolve(found);
    });
  });
  return { port, close: () => server.forceShutdown() };
}
