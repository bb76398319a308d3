import type { UnifiedEvent } from '../../event/unified-event';
import {
  OTLP_PLACE_END,
  OTLP_REQUEST_END,
  OTLP_REQUEST_START,
  otlpPlace,
  otlpRecord,
} from '../../formats/writers/otlp-record';
import type { Batch } from '../in-flight-window';

/** Events and the request that carries them. */
export class LogBatch implements Batch {
  constructor(
    /** Who sends them takes away those that are answered for. */
    public events: readonly UnifiedEvent[],
    readonly body: Uint8Array,
  ) {}

  get count(): number {
    return this.events.length;
  }
}

const FIRST_BYTES = 64 * 1024;
/** A UTF-16 unit has no more bytes of UTF-8. */
const MOST_BYTES_OF_UNIT = 3;

/**
 * Writes requests of events. Text becomes bytes record by record, as texts that live until a request is whole cost the garbage
 * collector more than all the rest.
 *
 * Threads: one. Memory: keeps that of its longest request, about `limit` bytes; requests are copies.
 */
export class RequestWriter {
  readonly #limit: number;
  readonly #resource: Readonly<Record<string, string>>;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #end = 0;

  /** @param limit bytes of a request. @param resource attributes of every resource */
  constructor(limit: number, resource: Readonly<Record<string, string>>) {
    this.#limit = limit;
    this.#resource = resource;
  }

  /**
   * The request of the first events: all, or half of them, or half of these, until the limit is kept. Those of one place stand together.
   * @returns no events when there is no room for one
   */
  batchOf(events: readonly UnifiedEvent[]): LogBatch {
    for (let count = events.length; count > 0; count = Math.floor(count / 2)) {
      const first = count === events.length ? events : events.slice(0, count);
      if (this.#write(first)) return new LogBatch(first, Buffer.from(this.#bytes.subarray(0, this.#end)));
    }
    return new LogBatch([], Buffer.alloc(0));
  }

  /** @returns false when the limit is exceeded */
  #write(events: readonly UnifiedEvent[]): boolean {
    this.#end = 0;
    this.#append(OTLP_REQUEST_START);
    let isFirst = true;
    for (const [place, found] of this.#byPlace(events)) {
      this.#append(isFirst ? place : `,${place}`);
      isFirst = false;
      for (let i = 0; i < found.length; i++) {
        const record = otlpRecord(found[i]);
        this.#append(i === 0 ? record : `,${record}`);
        if (this.#end > this.#limit) return false;
      }
      this.#append(OTLP_PLACE_END);
    }
    this.#append(OTLP_REQUEST_END);
    return this.#end <= this.#limit;
  }

  #byPlace(events: readonly UnifiedEvent[]): Map<string, UnifiedEvent[]> {
    const places = new Map<string, UnifiedEvent[]>();
    for (const event of events) {
      const place = otlpPlace(event, this.#resource);
      const found = places.get(place);
      if (found === undefined) places.set(place, [event]);
      else found.push(event);
    }
    return places;
  }

  #append(text: string): void {
    const needed = this.#end + text.length * MOST_BYTES_OF_UNIT;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#end);
      this.#bytes = larger;
    }
    this.#end += this.#bytes.write(text, this.#end);
  }
}
