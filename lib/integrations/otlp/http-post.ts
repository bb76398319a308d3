/** One POST, whose answer is bounded in time and size. */
import type { request as httpRequest, RequestOptions } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Undefined if it was larger than it may be, or broke off. */
  readonly body: string | undefined;
}

/** Of an answer. Longer ones are cut off, with their connection. */
const MOST_BODY_BYTES = 64 * 1024;

/**
 * Follows no redirects: it would send what one address may see to another one.
 * @throws what the connection failed with, before there was a status; after `timeoutMs` a TimeoutError; the signal's reason
 */
export function post(
  request: typeof httpRequest,
  options: RequestOptions,
  body: Uint8Array,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const sent = request({ ...options, method: 'POST' });
    const abort = (): void => void sent.destroy(new Error('aborted'));
    let answer: Answer | undefined;
    const timer = setTimeout(() => {
      // A status says what became of the request, whatever else would have come.
      sent.destroy(new TimeoutError(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      settle();
    };
    signal.addEventListener('abort', abort);
    sent.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      answer = { status, retryAfter: headers['retry-after'], body: undefined };
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BODY_BYTES) response.destroy();
        else chunks.push(chunk);
      });
      response.on('end', () => (answer = { ...answer!, body: Buffer.concat(chunks).toString() }));
      // What breaks off tells by the missing body.
      response.on('error', () => undefined);
      response.on('close', () => end(() => (signal.aborted ? reject(reasonOf(signal)) : resolve(answer!))));
    });
    sent.on('error', (error) => {
      // With an answer, `close` of the response settles.
      if (answer === undefined) end(() => reject(signal.aborted ? reasonOf(signal) : error));
    });
    sent.on('close', () => {
      // So ends a change of protocols that nobody asked for, without an answer and without an error.
      if (answer === undefined) end(() => reject(signal.aborted ? reasonOf(signal) : new Error('no answer')));
    });
    sent.end(body);
  });
}

class TimeoutError extends Error {
  override name = 'TimeoutError';
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}
