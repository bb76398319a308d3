/** Server-sent events (HTML Living Standard, 9.2) to a bounded number of browsers, each of which has the latest or nothing. */
import type { ServerResponse } from 'node:http';

/** Browsers wait this long before they connect again. */
const RETRY_MS = 2000;

/**
 * One thread's. A browser that does not read is sent nothing more until it does, so that what waits for it is at most one message beside
 * the buffers of the system.
 */
export class EventStreams {
  private readonly open = new Set<ServerResponse>();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.open.size;
  }

  /** Answers with a stream that begins with `first`; false, and nothing is answered, when there are too many. */
  add(response: ServerResponse, first: string): boolean {
    if (this.open.size >= this.most) return false;
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(`retry: ${RETRY_MS}\n\n`);
    send(response, first);
    return true;
  }

  /** data: one line. */
  send(data: string): void {
    for (const response of this.open) if (response.writableLength === 0) send(response, data);
  }

  /** Says to all that the run is over, and ends their streams. */
  close(): void {
    for (const response of this.open) response.end('event: end\ndata:\n\n');
    this.open.clear();
  }
}

function send(response: ServerResponse, data: string): void {
  response.write(`data: ${data}\n\n`);
}
