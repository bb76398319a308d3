import { Readable } from 'node:stream';
import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import { eventToJSON } from '../../event/json';
import type { UnifiedEvent } from '../../event/unified-event';
import { type AnyEventBuffer, checkEndpoint } from '../../flow/endpoints';
import { Turns } from '../../flow/turns';
import { checkInteger, checkOptions, checkSignal, invalidArgument } from '../../validate';
import { endWithSignal } from './end-with-signal';

export interface EventReadableOptions {
  /** Events as objects, or (default) lines of `eventToJSON` in UTF-8, each ended by a newline. */
  objectMode?: boolean;
  /** What is read ahead: events (default 16) or bytes (default 65536); more stays in the buffer. An integer from 0. */
  highWaterMark?: number;
  /** Destroys the stream with an AbortError whose cause is `signal.reason`. */
  signal?: AbortSignal;
}

/** Events that are made into lines at a time. */
const LINES = 16;

interface Pushed {
  event: UnifiedEvent;
  chunk: UnifiedEvent | string;
}

/**
 * The events of a buffer as a Node stream. Ends when the buffer is closed and drained.
 *
 * Threads: that of the buffer's instance. Guarantees: nothing is lost when it is destroyed: events that were read ahead and have not
 *   left the stream go back to the instance, where they come first. A line of which a part has left is gone.
 * Full: takes no more than `highWaterMark`; an event that is not taken waits in the buffer. Closed: never closes the buffer.
 * Errors: an event that JSON has no form for (NaN) destroys a stream of lines with ERR_INVALID_EVENT; it goes back, too.
 */
export class EventReadable extends Readable {
  readonly #buffer: EventEndpoint;
  readonly #stop = new AbortController();
  readonly #leaveSignal: (() => void) | undefined;
  readonly #turns = new Turns();
  /** Taken and not pushed yet; then what was pushed and may not have left yet; oldest first. */
  #taken: UnifiedEvent[] = [];
  #pushed: Pushed[] = [];
  #forgetAt = 0;
  #filling = false;
  #again = false;

  /** @throws TapioError ERR_INVALID_ARGUMENT */
  constructor(buffer: AnyEventBuffer, options?: EventReadableOptions) {
    checkEndpoint('buffer', buffer);
    const { objectMode = false, highWaterMark, signal } = checkOptions(options);
    if (typeof objectMode !== 'boolean') throw invalidArgument('objectMode', objectMode, 'a boolean');
    if (highWaterMark !== undefined) checkInteger('highWaterMark', highWaterMark, 0, Number.MAX_SAFE_INTEGER);
    checkSignal(signal);
    super({ objectMode, highWaterMark: highWaterMark ?? (objectMode ? 16 : 65536) });
    this.#buffer = buffer;
    this.#leaveSignal = endWithSignal(this, signal);
  }

  /** As of every Readable, but null once destroyed: what was read ahead has gone back by then. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the type of the base class
  override read(size?: number): any {
    return this.destroyed ? null : super.read(size);
  }

  override _read(): void {
    // From inside a push: the filling that is under way goes on.
    if (this.#filling) this.#again = true;
    else this.#fill().catch((error: Error) => this.destroy(error));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leaveSignal?.();
    this.#stop.abort();
    const unread = this.#unread().map(({ event }) => event);
    if (unread.length + this.#taken.length > 0)
      internalsOf(this.#buffer).giveBack([...unread, ...this.#taken]);
    this.#pushed = this.#taken = [];
    callback(error);
  }

  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      do {
        this.#again = false;
        if (this.#turns.due) await this.#turns.take();
        if (this.destroyed || !(await this.#waitForEvent())) return;
        this.#again = !this.#pushSome() || this.#again;
      } while (this.#again);
    } finally {
      this.#filling = false;
    }
  }

  /** False when nothing is to be pushed any more. */
  async #waitForEvent(): Promise<boolean> {
    try {
      if (await internalsOf(this.#buffer).recordOrEnd(this.#stop.signal)) return !this.destroyed;
      this.push(null);
    } catch (error) {
      if (!this.destroyed) throw error;
    }
    return false;
  }

  /** False when another consumer was faster. */
  #pushSome(): boolean {
    this.#forgetRead();
    const room = this.readableHighWaterMark - this.readableLength;
    const count = this.readableObjectMode ? Math.max(room, 1) : LINES;
    this.#taken = internalsOf(this.#buffer).takeUpTo(count);
    const some = this.#taken.length > 0;
    // A push runs code of the user, which may destroy the stream: then what is left has gone back.
    while (this.#taken.length > 0) {
      const [event] = this.#taken;
      const chunk = this.readableObjectMode ? event : `${eventToJSON(event)}\n`;
      this.#taken.shift();
      this.#pushed.push({ event, chunk });
      this.push(chunk);
    }
    return some;
  }

  /** The last of what was pushed: what is still whole in the stream. */
  #unread(): Pushed[] {
    let rest = this.readableLength;
    let first = this.#pushed.length;
    while (first > 0) {
      rest -= this.#lengthOf(this.#pushed[first - 1].chunk);
      if (rest < 0) break;
      first--;
    }
    return this.#pushed.slice(first);
  }

  /** In the units of `readableLength`. */
  #lengthOf(chunk: UnifiedEvent | string): number {
    if (typeof chunk !== 'string') return 1;
    const encoding = this.readableEncoding;
    return encoding === null ? Buffer.byteLength(chunk) : Buffer.from(chunk).toString(encoding).length;
  }

  /** Now and then, as it costs as much as there is. */
  #forgetRead(): void {
    if (this.#pushed.length < this.#forgetAt) return;
    this.#pushed = this.#unread();
    this.#forgetAt = 2 * this.#pushed.length + 64;
  }
}
