/** A server of gRPC for one service, without TLS: for loopback and for networks that are trusted. */
import type { Server } from '@grpc/grpc-js';
import { TapioError } from '../../errors';
import type { EventService } from './event-service';
import { grpcLibrary } from './peers';

export interface ListeningServer {
  readonly port: number;
  /** The service is closed first, by who made it. Settles when all connections have ended, after half a second by force. */
  close(): Promise<void>;
}

/** For what is on its way, behind the ends of all streams; connections without a stream may stay forever. */
const CLOSING_MS = 500;

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
  return { port, close: () => shutDown(server) };
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSING_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
