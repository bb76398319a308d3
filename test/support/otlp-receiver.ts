/** A real HTTP server on loopback that takes OTLP logs, and misbehaves as told. */
import { once } from 'node:events';
import http from 'node:http';
import type https from 'node:https';
import type net from 'node:net';
import { type AddressInfo } from 'node:net';
import zlib from 'node:zlib';

export interface OtlpRecord {
  timeUnixNano?: string;
  eventName?: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  [field: string]: unknown;
}

/** Of one request; what it gives or throws has been answered. True: answer in order. */
export type Behaviour = (
  records: OtlpRecord[],
  response: http.ServerResponse,
  request: http.IncomingMessage,
) => boolean | Promise<boolean>;

export const answer = (
  response: http.ServerResponse,
  status: number,
  body: unknown = {},
  headers = {},
): false => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
  return false;
};

export class OtlpReceiver {
  /** Of the requests that were answered in order. */
  readonly bodies: string[] = [];
  /** Numbers of `numbered` events, as they were taken. */
  readonly seen: number[] = [];
  readonly headers: http.IncomingHttpHeaders[] = [];
  requests = 0;
  connections = 0;
  readonly #server: http.Server;
  readonly #sockets = new Set<net.Socket>();
  port = 0;

  constructor(
    private readonly behave: Behaviour = () => true,
    make: (handle: http.RequestListener) => http.Server | https.Server = (handle) =>
      http.createServer(handle),
  ) {
    this.#server = make((request, response) => void this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('secureConnection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** With all its connections, as a process that dies. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const bytes = Buffer.concat(chunks);
    const body = (request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(bytes) : bytes).toString();
    const records = recordsOf(body);
    this.requests++;
    if (!(await this.behave(records, response, request))) return;
    this.take(records);
    this.bodies.push(body);
    this.headers.push(request.headers);
    answer(response, 200, {});
  }

  take(records: readonly OtlpRecord[]): void {
    for (const { timeUnixNano = '0' } of records) this.seen.push(Number(timeUnixNano));
  }
}

export function recordsOf(body: string): OtlpRecord[] {
  const { resourceLogs } = JSON.parse(body) as {
    resourceLogs: { scopeLogs: { logRecords: OtlpRecord[] }[] }[];
  };
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}
