import type { EventEndpoint } from '../../buffers/event-endpoint';
import { internalsOf } from '../../buffers/internals-of';
import { EncodedEvents, Stopped } from '../../event/encoded-events';
import type { EventView } from '../../event/event-view';
import { corrupt } from '../../event/invalid-event';
import { grown, MessageMemory } from '../../event/message-memory';
import { OwnViews } from '../../event/own-views';
import { Message } from './message';
import { LENGTH_BYTES } from './packing';

/**
 * Takes events from a buffer into messages, from their encoded form: no objects are made of them. The messages are those of `packEvents`.
 *
 * Threads: one. Memory: that of a message is used again once `reuse` has it, as fresh pages cost as much as the events in them.
 */
export class MessagePacker {
  /** Events that fit into no message; they are left out. */
  oversized = 0;
  readonly #memory = new MessageMemory();
  readonly #views = new OwnViews();
  #bytes = this.#memory.piece();
  #end = 0;
  #count = 0;
  #firstId = '';
  #messages: Message[] = [];

  /**
   * @param room bytes of a message
   * @returns the messages of at most `maxCount` events that wait now; and what was wrong with the one behind them
   */
  take(buffer: EventEndpoint, maxCount: number, room: number): { messages: Message[]; failure?: Error } {
    this.#messages = [];
    let failure: Error | undefined;
    try {
      for (let taken = 0; taken < maxCount;) {
        const more = this.#takeSome(buffer, maxCount - taken, room);
        if (more === 0) break;
        taken += more;
      }
    } catch (error) {
      // What has been taken goes out, even if the next event cannot be read.
      failure = error as Error;
    }
    if (this.#count > 0) this.#close();
    return { messages: this.#messages, failure };
  }

  /** Whoever had the message needs it no more. */
  reuse({ bytes }: Message): void {
    this.#memory.reuse(bytes);
  }

  /** @returns how many events */
  #takeSome(buffer: EventEndpoint, maxCount: number, room: number): number {
    const events = internalsOf(buffer).encoded(maxCount);
    // Those that wait as objects are shown by views.
    if (events === undefined) return buffer.consume((view) => this.#addView(view, room), maxCount);
    try {
      this.#add(events, room);
    } finally {
      internalsOf(buffer).pass(events);
    }
    return events.had;
  }

  #addView(view: EventView, room: number): void {
    this.#add(EncodedEvents.ofOne(this.#views.of(view)), room);
  }

  /** @throws TapioError ERR_CORRUPT_DATA for one that is no event, which counts as had */
  #add(events: EncodedEvents, room: number): void {
    while (events.left > 0) {
      this.#append(events, room, events.left);
      if (events.stopped === Stopped.CORRUPT) {
        events.skip();
        throw corrupt('what lies in the buffer');
      }
      if (events.stopped === Stopped.NO_ROOM) this.#makeRoom(events, room);
    }
  }

  /** Appends up to `most` events, as long as the message has at most `limit` bytes. */
  #append(events: EncodedEvents, limit: number, most: number): void {
    const { had } = events;
    const id = this.#count === 0 ? events.id : this.#firstId;
    this.#end += events.pack(this.#bytes, this.#end, Math.min(limit, this.#bytes.length), most);
    if (events.had > had) this.#firstId = id;
    this.#count += events.had - had;
  }

  /** For an event that did not fit: in more memory, in a message of its own, or nowhere. */
  #makeRoom(events: EncodedEvents, room: number): void {
    const { length } = this.#bytes;
    // Alone it needs no length, but is written behind room for one.
    const alone = LENGTH_BYTES + room;
    if (length < room || (this.#count === 0 && length < alone)) {
      this.#bytes = grown(this.#bytes, this.#end, alone);
      return;
    }
    if (this.#count > 0) return this.#close();
    this.#append(events, alone, 1);
    if (this.#count > 0) return this.#close();
    if (events.stopped !== Stopped.NO_ROOM) return;
    events.skip();
    this.oversized++;
  }

  #close(): void {
    const start = this.#count === 1 ? LENGTH_BYTES : 0;
    const { message, next } = this.#memory.cut(this.#bytes, start, this.#end);
    this.#messages.push(new Message(message, this.#count, this.#firstId));
    this.#bytes = next;
    this.#end = 0;
    this.#count = 0;
  }
}
