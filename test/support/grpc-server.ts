/** Real servers of @grpc/grpc-js on loopback, and peers in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { EventService, type EventServiceOptions } from '@tapio/performance/grpc';
import { fixture } from './children';

export interface RunningService {
  readonly service: EventService;
  readonly server: Server;
  readonly port: number;
  readonly address: string;
  stop(): Promise<void>;
}

export async function startService(
  options: EventServiceOptions,
  credentials = ServerCredentials.createInsecure(),
  serverOptions?: ServerOptions,
): Promise<RunningService> {
  const server = new Server(serverOptions);
  const service = new EventService(options).addTo(server);
  const port = await listen(server, credentials);
  return {
    service,
    server,
    port,
    address: `127.0.0.1:${port}`,
    async stop() {
      await service.close();
      server.forceShutdown();
    },
  };
}

export function listen(server: Server, credentials = ServerCredentials.createInsecure()): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
  );
}

export interface Peer {
  readonly child: ChildProcess;
  /** The next line that it says, as JSON. */
  next(): Promise<Record<string, number>>;
  readonly exit: Promise<void>;
}

/** test/fixtures/grpc-peer in a process of its own; kill it before the test ends. */
export function startPeer(role: string, port: number, ...args: (string | number)[]): Peer {
  const child = spawn(process.execPath, [fixture('grpc-peer'), role, String(port), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    async next() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`the peer ${role} ended`);
      return JSON.parse(value) as Record<string, number>;
    },
    exit: new Promise((resolve) => child.once('exit', () => resolve())),
  };
}
