/** The HTTP side of --metrics: what Prometheus scrapes, and the live page with its events. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TapioError } from '../../index';
import { formatAddress, isLoopback, type ListenAddress } from '../command-line/listen-address';
import { EventStreams } from './event-streams';
import { readPageFiles } from './page-files';
import { messageOf } from '../text/message-of';

/** What it tells. */
export interface PageContent {
  /** The text of a scrape, and its content type. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  /** The latest state, as one line of JSON. */
  state(): string;
}

/** Beyond them, connections are refused by being closed. */
const MOST_CONNECTIONS = 128;
/** Beyond them, 503: there must be room for a scrape. */
const MOST_STREAMS = 64;
/** A connection on which nothing moves is closed. */
const IDLE_MS = 30_000;
const REQUEST_MS = 10_000;

/** Nothing from elsewhere, no frame around it, nothing guessed. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** One thread's. Memory is bounded by the number of connections, whatever they do. */
export class PageServer {
  private readonly server: http.Server;
  private readonly streams = new EventStreams(MOST_STREAMS);
  private readonly files = readPageFiles();
  private scrape: ReturnType<PageContent['metrics']> | undefined;
  /** Whether only programs of this machine reach it: by the address that its host name means. */
  private isLocal = true;

  private constructor(
    private readonly address: ListenAddress,
    private readonly content: PageContent,
  ) {
    this.server = http.createServer(
      {
        headersTimeout: REQUEST_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: REQUEST_MS,
        connectionsCheckingInterval: REQUEST_MS,
        maxHeaderSize: 16_384,
      },
      (request, response) => this.answer(request, response),
    );
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.setTimeout(IDLE_MS);
  }

  /** Rejects with a TapioError when it cannot listen there: ERR_INVALID_ARGUMENT. */
  static async open(address: ListenAddress, content: PageContent): Promise<PageServer> {
    const page = new PageServer(address, content);
    const { server } = page;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(address, error)));
      server.listen(address.port, address.host, resolve);
    });
    page.isLocal = isLoopback((server.address() as AddressInfo).address);
    server.on('error', () => {
      // Of accepting, when descriptors run out: the next connection is another try.
    });
    return page;
  }

  /** With the port that was found, where any was asked for. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://${formatAddress({ ...this.address, port })}/`;
  }

  /** Sends the latest state to the browsers. */
  refresh(): void {
    if (this.streams.size > 0) this.streams.send(this.content.state());
  }

  /** Answers under way are cut, after the browsers were told. */
  async close(): Promise<void> {
    this.streams.close();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    const cut = setTimeout(() => this.server.closeAllConnections(), 500);
    await closed;
    clearTimeout(cut);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.on('error', () => {
      // A peer that went away.
    });
    if (!this.isAskedByName(request)) return refuse(response, 421, 'this host name is not served here');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return refuse(response, 405, 'only GET and HEAD');
    }
    const [path] = (request.url ?? '/').split('?');
    const file = this.files.get(path);
    if (file) {
      response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': file.bytes.length });
      response.end(file.bytes);
    } else if (path === '/metrics') {
      void this.answerScrape(response);
    } else if (path === '/events') {
      this.answerEvents(request, response);
    } else {
      refuse(response, 404, 'there are /, /metrics and /events');
    }
  }

  /** A page elsewhere, whose name an attacker has made to mean this machine, sends that name. */
  private isAskedByName({ headers: { host = '' } }: IncomingMessage): boolean {
    if (!this.isLocal) return true;
    const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host);
    const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
    return isLoopback(name) || name === this.address.host.toLowerCase();
  }

  private answerEvents(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end();
      return;
    }
    if (this.streams.add(response, this.content.state())) return;
    response.setHeader('Retry-After', '10');
    refuse(response, 503, 'too many pages are open');
  }

  /** Scrapes at one time share one text. */
  private async answerScrape(response: ServerResponse): Promise<void> {
    try {
      this.scrape ??= this.content.metrics().finally(() => (this.scrape = undefined));
      const { type, text } = await this.scrape;
      response.writeHead(200, { 'Content-Type': type }).end(text);
    } catch (error) {
      refuse(response, 500, messageOf(error));
    }
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}

function cannotListen(address: ListenAddress, { code, message }: NodeJS.ErrnoException): TapioError {
  const at = formatAddress(address);
  const why =
    code === 'EADDRINUSE'
      ? `the port is in use`
      : code === 'EACCES'
        ? 'this user may not listen on that port'
        : message;
  return new TapioError('ERR_INVALID_ARGUMENT', `cannot listen on ${at}: ${why}`);
}
