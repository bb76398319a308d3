/**
 * As much of a Kubernetes API server as a list and a watch see: pages, resource versions, bookmarks, expired history in both forms,
 * and the ways in which a connection ends.
 */
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ApiObject {
  metadata: { uid: string; name: string; namespace: string; resourceVersion: string };
  [key: string]: unknown;
}

interface Change {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  path: string;
  object: ApiObject;
}

interface OpenWatch {
  path: string;
  response: ServerResponse;
}

export class FakeApiServer {
  /** How a watch of expired history is answered: by the status, or in the stream of a good answer. */
  goneForm: 'status' | 'line' = 'status';
  /** Instead of an answer: this status, or none at all, ever. */
  answer: number | 'silence' | undefined;
  readonly seen = { lists: 0, watches: 0, gone: 0, lastVersions: new Map<string, string>() };

  private version = 100;
  private expired = 0;
  private readonly objects = new Map<string, Map<string, ApiObject>>();
  private changes: Change[] = [];
  private readonly watches = new Set<OpenWatch>();
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private server = http.createServer();
  private port = 0;

  async start(): Promise<void> {
    this.server = http.createServer((request, response) => this.handle(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Nothing listens, and every connection is reset. */
  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.breakConnections();
    await closed;
    for (const timer of this.timers) clearTimeout(timer);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  openWatches(path: string): number {
    return [...this.watches].filter((watch) => watch.path === path).length;
  }

  add(path: string, uid: string, fields: object): void {
    const known = this.ofKind(path).has(uid);
    const resourceVersion = String(++this.version);
    const object = { ...fields, metadata: { uid, name: `name-${uid}`, namespace: 'shop', resourceVersion } };
    this.ofKind(path).set(uid, object);
    this.tell({ version: this.version, type: known ? 'MODIFIED' : 'ADDED', path, object });
  }

  remove(path: string, uid: string): void {
    const object = this.ofKind(path).get(uid)!;
    this.ofKind(path).delete(uid);
    const resourceVersion = String(++this.version);
    const last = { ...object, metadata: { ...object.metadata, resourceVersion } };
    this.tell({ version: this.version, type: 'DELETED', path, object: last });
  }

  /** What has happened up to now cannot be watched any more. */
  expire(): void {
    this.expired = this.version;
    this.changes = [];
  }

  /** Moves the version on, as changes of other kinds do, and tells it. */
  bookmark(): string {
    const resourceVersion = String(++this.version);
    for (const { response } of this.watches)
      write(response, { type: 'BOOKMARK', object: { kind: 'Event', metadata: { resourceVersion } } });
    return resourceVersion;
  }

  /** A line of its own making, to everybody who watches. */
  say(path: string, line: object): void {
    for (const watch of this.watches) if (watch.path === path) write(watch.response, line);
  }

  endWatches(): void {
    for (const { response } of this.watches) response.end();
    this.watches.clear();
  }

  /** A good end of the answer in the middle of a line. */
  cutLine(): void {
    for (const { response } of this.watches)
      response.end('{"type":"ADDED","object":{"metadata":{"uid":"half');
    this.watches.clear();
  }

  breakConnections(): void {
    this.watches.clear();
    for (const socket of this.sockets) socket.destroy();
  }

  private ofKind(path: string): Map<string, ApiObject> {
    let objects = this.objects.get(path);
    if (!objects) this.objects.set(path, (objects = new Map<string, ApiObject>()));
    return objects;
  }

  private tell(change: Change): void {
    this.changes.push(change);
    for (const { path, response } of this.watches)
      if (path === change.path) write(response, { type: change.type, object: change.object });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const isWatch = searchParams.get('watch') === 'true';
    if (isWatch) this.seen.watches++;
    else this.seen.lists++;
    if (this.answer === 'silence') return;
    if (this.answer !== undefined) fail(response, this.answer);
    else if (isWatch) this.watch(pathname, searchParams, response);
    else this.list(pathname, searchParams, response);
  }

  /** A token holds the version of the first page and how many items came already; a page never shows what came later. */
  private list(path: string, query: URLSearchParams, response: ServerResponse): void {
    const [version, from] = (query.get('continue') ?? `${this.version}:0`).split(':').map(Number);
    if (version < this.expired) return fail(response, 410);
    const all = [...this.ofKind(path).values()].filter(
      ({ metadata }) => Number(metadata.resourceVersion) <= version,
    );
    const to = from + Number(query.get('limit') ?? all.length);
    const metadata = {
      resourceVersion: String(version),
      ...(to < all.length ? { continue: `${version}:${to}` } : {}),
    };
    response.setHeader('content-type', 'application/json');
    const kind = path.endsWith('pods') ? 'PodList' : 'EventList';
    response.end(JSON.stringify({ kind, apiVersion: 'v1', metadata, items: all.slice(from, to) }));
  }

  private watch(path: string, query: URLSearchParams, response: ServerResponse): void {
    const version = query.get('resourceVersion')!;
    this.seen.lastVersions.set(path, version);
    const isGone = Number(version) < this.expired;
    if (isGone) this.seen.gone++;
    if (isGone && this.goneForm === 'status') return fail(response, 410);
    response.setHeader('content-type', 'application/json');
    response.flushHeaders();
    if (isGone) {
      write(response, { type: 'ERROR', object: status(410) });
      response.end();
      return;
    }
    for (const change of this.changes)
      if (change.path === path && change.version > Number(version))
        write(response, { type: change.type, object: change.object });
    const watch = { path, response };
    this.watches.add(watch);
    const timer = setTimeout(() => response.end(), Number(query.get('timeoutSeconds')) * 1000);
    this.timers.add(timer);
    response.once('close', () => {
      this.watches.delete(watch);
      clearTimeout(timer);
      this.timers.delete(timer);
    });
  }
}

function write(response: ServerResponse, line: object): void {
  response.write(`${JSON.stringify(line)}\n`);
}

const status = (code: number): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: `answered with ${code}`,
  code,
});

function fail(response: ServerResponse, code: number): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(status(code)));
}
