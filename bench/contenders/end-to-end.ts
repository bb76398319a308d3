/**
 * Full events at a steady rate from a producer that sleeps in between to a consumer that makes objects of them: what
 * the whole way costs in CPU. The stamp travels in `network.bytesSent`.
 */
import { type BufferHandle, EventBuffer, type EventView, type UnifiedEvent } from '@tapio/performance';
import type { Consumer, CrossThreadContender, Producer } from '../measure/row';
import { noteDelivery, stamp, stamped } from '../measure/stamps';
import { MOST_BYTES, msgpackr } from './codecs';
import { full, Sum, VARIETY } from './events';
import { handCodec } from './hand-codec';
import { JsSpscRing } from './js-spsc';
import { messageWindow, Receiver, Sender } from './messages';

const CAPACITY = 16384;
const RING_BYTES = 1 << 24;

/** Objects taken at once, as `batches` takes by default. */
const TAKEN = 256;

/** A buffer lives while somebody holds it. */
let kept: EventBuffer;

function stampedEvents(): (i: number) => UnifiedEvent {
  const events = full.events();
  return (i) => {
    const event = events[i % VARIETY];
    if (stamped(i)) event.network!.bytesSent = stamp();
    return event;
  };
}

/** Reads events and counts them. */
class Reading {
  next = 0;
  readonly sum = new Sum(full);

  readonly read = (event: UnifiedEvent | EventView): void => {
    this.sum.read(event);
    if (stamped(this.next++)) noteDelivery(event.network!.bytesSent!);
  };
}

function ours(how: 'objects' | 'views'): CrossThreadContender {
  return {
    name: `EventBuffer, ${how}`,
    ours: true,
    share() {
      kept = new EventBuffer(CAPACITY, { slotSize: 1024 });
      return kept.handle;
    },
    producer({ shared }) {
      const buffer = EventBuffer.attach(shared as BufferHandle);
      const event = stampedEvents();
      return {
        put(first, count) {
          for (let i = first; i < first + count; i++) while (!buffer.tryPut(event(i)));
        },
      };
    },
    consumer({ shared }) {
      const buffer = EventBuffer.attach(shared as BufferHandle);
      const reading = new Reading();
      return {
        async take(first, count) {
          reading.next = first;
          for (let rest = count; rest > 0; rest = first + count - reading.next) {
            await buffer.ready();
            if (how === 'views') buffer.consume(reading.read, rest);
            else buffer.getBatch(Math.min(rest, TAKEN)).forEach(reading.read);
          }
          return reading.sum.take();
        },
      };
    },
  };
}

function overRing(
  name: string,
  writer: (ring: JsSpscRing) => (event: UnifiedEvent) => void,
  reader: (ring: JsSpscRing) => (at: number) => UnifiedEvent,
  polls: boolean,
): CrossThreadContender {
  return {
    name: `SPSC ring by hand, ${name}`,
    ours: false,
    share: () => JsSpscRing.memory(RING_BYTES),
    producer({ shared }) {
      const ring = new JsSpscRing(shared as SharedArrayBuffer);
      const write = writer(ring);
      const event = stampedEvents();
      return {
        put(first, count) {
          for (let i = first; i < first + count; i++) write(event(i));
          if (!polls) ring.wake();
        },
      };
    },
    consumer({ shared }) {
      const ring = new JsSpscRing(shared as SharedArrayBuffer);
      const decode = reader(ring);
      const reading = new Reading();
      return {
        async take(first, count) {
          reading.next = first;
          for (const end = first + count; reading.next < end;) {
            const at = ring.next();
            if (at >= 0) {
              reading.read(decode(at));
              ring.release();
            } else if (polls) await new Promise((resolve) => setTimeout(resolve, 1));
            else await ring.sleep();
          }
          return reading.sum.take();
        },
      };
    },
  };
}

function reserve(ring: JsSpscRing, bytes: number): number {
  let at = ring.reserve(bytes);
  while (at < 0) at = ring.reserve(bytes);
  return at;
}

const handWriter = (ring: JsSpscRing): ((event: UnifiedEvent) => void) => {
  const { encode } = handCodec('full', ring.bytes);
  return (event) => ring.commit(encode(event, reserve(ring, MOST_BYTES)));
};
const handReader = (ring: JsSpscRing): ((at: number) => UnifiedEvent) => handCodec('full', ring.bytes).decode;

const msgpackrWriter = (ring: JsSpscRing): ((event: UnifiedEvent) => void) => {
  const { encode } = msgpackr(full);
  return (event) => {
    const bytes = encode(event);
    ring.bytes.set(bytes, reserve(ring, bytes.length));
    ring.commit(bytes.length);
  };
};
const msgpackrReader = (ring: JsSpscRing): ((at: number) => UnifiedEvent) => {
  const { decode } = msgpackr(full);
  const copy = Buffer.allocUnsafeSlow(MOST_BYTES);
  return (at) => {
    copy.set(ring.bytes.subarray(at, at + ring.size));
    return decode(copy.subarray(0, ring.size));
  };
};

function messages(
  name: string,
  packer: () => (events: UnifiedEvent[]) => unknown,
  unpacker: () => (message: unknown) => UnifiedEvent[],
): CrossThreadContender {
  return {
    name,
    ours: false,
    share: messageWindow,
    producer({ shared, port }): Producer {
      const sender = new Sender(port, shared as Int32Array);
      const pack = packer();
      const event = stampedEvents();
      return {
        put(first, count) {
          for (let i = first; i < first + count;) {
            const batch: UnifiedEvent[] = [];
            // An event is one object for all its turns, so none may come twice in a message.
            for (const end = Math.min(first + count, i + VARIETY); i < end; i++) batch.push(event(i));
            sender.send(pack(batch), batch.length);
          }
        },
      };
    },
    consumer({ shared, port }): Consumer {
      const unpack = unpacker();
      const reading = new Reading();
      const receiver = new Receiver(port, shared as Int32Array, (message) => {
        const events = unpack(message);
        events.forEach(reading.read);
        return events.length;
      });
      return {
        async take(_first, count) {
          await receiver.take(count);
          return reading.sum.take();
        },
      };
    },
  };
}

const packed = messages(
  'messages packed by msgpackr',
  () => {
    const { encode } = msgpackr(full);
    // The packer goes on using its memory, so what is sent is a copy.
    return (events) => Uint8Array.prototype.slice.call(encode(events));
  },
  () => {
    const { decode } = msgpackr(full);
    return (message) => decode(message as Uint8Array) as unknown as UnifiedEvent[];
  },
);

export const endToEnd: CrossThreadContender[] = [
  ours('objects'),
  ours('views'),
  overRing('codec by hand, Atomics.waitAsync', handWriter, handReader, false),
  overRing('codec by hand, a look each millisecond', handWriter, handReader, true),
  overRing('msgpackr, Atomics.waitAsync', msgpackrWriter, msgpackrReader, false),
  packed,
  messages(
    'postMessage of what is due',
    () => (events) => events,
    () => (message) => message as UnifiedEvent[],
  ),
];
