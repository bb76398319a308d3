import { Writable } from 'node:stream';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import { TapioError } from '../../errors';
import { eventFromJSON } from '../../event/json';
import { NdjsonLines, type NdjsonLine } from '../../event/ndjson-lines';
import type { UnifiedEvent } from '../../event/unified-event';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { Turns } from '../../flow/turns';
import { checkFunction, checkInteger, checkOptions, checkSignal, invalidArgument } from '../../validate';
import { endWithSignal } from './end-with-signal';

/** A line that holds no event, or one that cannot be stored. */
export interface BadLine {
  /** Counted from 1, blank lines too. */
  number: number;
  /** ERR_CORRUPT_DATA, ERR_INVALID_EVENT or ERR_EVENT_TOO_LARGE. */
  error: TapioError;
}

export interface EventWritableOptions {
  /** Events as objects, or (default) lines as `eventFromJSON` reads them, in UTF-8; blank lines are skipped. */
  objectMode?: boolean;
  /** What may wait in the stream before `write` answers false: events (default 16) or bytes (default 65536). An integer from 0. */
  highWaterMark?: number;
  /** Close the buffer when the stream has finished; not when it is destroyed before. Default false: others may put, too. */
  close?: boolean;
  /** Of lines: is told of each that is bad, which is then skipped. Without it the first one destroys the stream. */
  onBadLine?: (bad: BadLine) => void;
  /** Of lines: the longest, bytes, an integer from 1, default 1048576. A longer one is bad. */
  maxLineSize?: number;
  /** Destroys the stream with an AbortError whose cause is `signal.reason`. */
  signal?: AbortSignal;
}

/**
 * A Node stream into a buffer. It waits for room, so a full buffer holds back whoever writes; under `drop-oldest` the oldest give way.
 *
 * Threads: that of the buffer's instance. Guarantees: the callback of a `write` without an error says that its events are stored (of
 *   lines: those that end in it); with an error, that in object mode nothing is. `eventsStored` is exact, also after a destroy, which
 *   ends a wait for room at once and stores nothing more.
 * Closed: a closed buffer destroys the stream with ERR_BUFFER_CLOSED. A bad event destroys it with what `put` throws.
 */
export class EventWritable extends Writable {
  readonly #buffer: EventEndpoint;
  readonly #close: boolean;
  readonly #onBadLine: ((bad: BadLine) => void) | undefined;
  readonly #lines: NdjsonLines;
  readonly #stop = new AbortController();
  readonly #leaveSignal: (() => void) | undefined;
  readonly #turns = new Turns();
  #stored = 0;

  /** @throws TapioError ERR_INVALID_ARGUMENT */
  constructor(buffer: AnyEventBuffer, options?: EventWritableOptions) {
    checkEndpoint('buffer', buffer);
    const { objectMode = false, highWaterMark, close = false, onBadLine, signal } = checkOptions(options);
    const { maxLineSize = 2 ** 20 } = checkOptions(options);
    if (typeof objectMode !== 'boolean') throw invalidArgument('objectMode', objectMode, 'a boolean');
    if (typeof close !== 'boolean') throw invalidArgument('close', close, 'a boolean');
    if (highWaterMark !== undefined) checkInteger('highWaterMark', highWaterMark, 0, Number.MAX_SAFE_INTEGER);
    if (onBadLine !== undefined) checkFunction('onBadLine', onBadLine);
    checkInteger('maxLineSize', maxLineSize, 1, Number.MAX_SAFE_INTEGER);
    checkSignal(signal);
    super({ objectMode, highWaterMark: highWaterMark ?? (objectMode ? 16 : 65536) });
    this.#buffer = buffer;
    this.#close = close;
    this.#onBadLine = onBadLine;
    this.#lines = new NdjsonLines(maxLineSize);
    this.#leaveSignal = endWithSignal(this, signal);
  }

  /** Events of this stream that are in the buffer, or were. */
  get eventsStored(): number {
    return this.#stored;
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#finish(
      this.writableObjectMode
        ? this.#put(chunk as UnifiedEvent)
        : this.#putLines(this.#lines.push(chunk as Buffer)),
      callback,
    );
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#finish(this.#end(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leaveSignal?.();
    this.#stop.abort();
    callback(error);
  }

  #finish(work: Promise<void>, callback: (error?: Error | null) => void): void {
    work.then(() => callback(), callback);
  }

  async #put(event: UnifiedEvent): Promise<void> {
    if (this.#turns.due) await this.#turns.take();
    const { signal } = this.#stop;
    signal.throwIfAborted();
    if (!internalsOf(this.#buffer).offer(event)) await this.#buffer.putAsync(event, { signal });
    this.#stored++;
  }

  async #putLines(lines: readonly NdjsonLine[]): Promise<void> {
    for (const line of lines) {
      try {
        await this.#put(this.#eventOf(line));
      } catch (error) {
        this.#refuse(line, error);
      }
    }
  }

  async #end(): Promise<void> {
    await this.#putLines(this.#lines.end());
    if (this.#close) this.#buffer.close();
  }

  #eventOf({ text }: NdjsonLine): UnifiedEvent {
    if (text !== undefined) return eventFromJSON(text);
    throw new TapioError('ERR_CORRUPT_DATA', `more than the ${this.#lines.maxBytes} bytes of maxLineSize`);
  }

  /** Tells of a bad line; throws for everything else, and where nobody wants to be told. */
  #refuse({ number }: NdjsonLine, error: unknown): void {
    const { code, message } = error as TapioError;
    if (!BAD.has(code)) throw error;
    const told = new TapioError(code, `line ${number}: ${message}`);
    if (this.#onBadLine === undefined) throw told;
    this.#onBadLine({ number, error: told });
  }
}

const BAD: ReadonlySet<unknown> = new Set(['ERR_CORRUPT_DATA', 'ERR_INVALID_EVENT', 'ERR_EVENT_TOO_LARGE']);
