/** Small events, at a steady rate or as fast as they can, into one consumer that sleeps, or polls, until they come. */
import { type BufferHandle, EventBuffer, type EventView, type UnifiedEvent } from '@tapio/performance';
import type { CrossThreadContender, Producer } from '../measure/row';
import { neverStamped, noteDelivery, stamp, stamped as oneInMany, type Stamped } from '../measure/stamps';
import { kernel, Sum, VARIETY } from './events';
import { handCodec, KERNEL_TID_AT } from './hand-codec';
import { kernelReader } from './in-place';
import { EventfdRing } from './eventfd-ring';
import { JsSpscRing } from './js-spsc';
import { messageWindow, Receiver, Sender } from './messages';

const CAPACITY = 16384;
const RING_BYTES = 1 << 21;
const MOST_BYTES = 256;
const PACKED = 64;

/** Objects taken at once, as `batches` takes by default. */
const TAKEN = 256;

/** A buffer lives while somebody holds it. */
let kept: EventBuffer;

/** The field `tid` carries the stamp. */
function stampedPuts(stamped: Stamped, put: (event: UnifiedEvent) => void): Producer {
  const events = kernel.events();
  return {
    put(first, count) {
      for (let i = first; i < first + count; i++) {
        const event = events[i % VARIETY];
        if (stamped(i)) event.kernel!.tid = stamp();
        put(event);
      }
    },
  };
}

/** All samples at a time, without stamps. */
function inBatches(put: (events: readonly UnifiedEvent[]) => void): Producer {
  const events = kernel.events();
  return {
    put(_first, count) {
      if (count % VARIETY !== 0) throw new Error(`${count} events are no whole batches of ${VARIETY}`);
      for (let done = 0; done < count; done += VARIETY) put(events);
    },
  };
}

function ours(
  stamped: Stamped,
  wakeIntervalMicros: number,
  how: 'views' | 'objects',
  batched = false,
): CrossThreadContender {
  const puts = batched ? `, batches of ${VARIETY}` : '';
  return {
    name: `EventBuffer, wakeIntervalMicros ${wakeIntervalMicros}, ${how}${puts}`,
    ours: true,
    share() {
      kept = new EventBuffer(CAPACITY, { wakeIntervalMicros });
      return kept.handle;
    },
    producer({ shared }) {
      const buffer = EventBuffer.attach(shared as BufferHandle);
      if (batched)
        return inBatches((events) => {
          let stored = buffer.putBatch(events);
          while (stored < events.length) stored += buffer.putBatch(events.slice(stored));
        });
      return stampedPuts(stamped, (event) => {
        while (!buffer.tryPut(event));
      });
    },
    consumer({ shared }) {
      const buffer = EventBuffer.attach(shared as BufferHandle);
      const sum = new Sum(kernel);
      let next = 0;
      const read = (event: EventView | UnifiedEvent): void => {
        sum.read(event);
        if (stamped(next++)) noteDelivery(event.kernel!.tid!);
      };
      return {
        async take(first, count) {
          for (next = first; next < first + count;) {
            await buffer.ready();
            const rest = first + count - next;
            if (how === 'views') buffer.consume(read, rest);
            else buffer.getBatch(Math.min(rest, TAKEN)).forEach(read);
          }
          return sum.take();
        },
      };
    },
  };
}

function ringByHand(
  stamped: Stamped,
  how: 'polling' | 'Atomics.waitAsync' | 'an eventfd',
  batched = false,
): CrossThreadContender {
  const Ring = how === 'an eventfd' ? EventfdRing : JsSpscRing;
  return {
    name: `SPSC ring by hand, ${how}${batched ? `, ${VARIETY} published at a time` : ''}`,
    ours: false,
    share: () => JsSpscRing.memory(RING_BYTES),
    producer({ shared }) {
      const ring = new Ring(shared as SharedArrayBuffer);
      const { encode } = handCodec('kernel', ring.bytes);
      const wakes = how !== 'polling';
      const append = (event: UnifiedEvent): void => {
        let at = ring.reserve(MOST_BYTES);
        while (at < 0) at = ring.reserve(MOST_BYTES);
        ring.append(encode(event, at));
      };
      const publish = (): void => {
        ring.publish();
        if (wakes) ring.wake();
      };
      if (batched)
        return inBatches((events) => {
          for (const event of events) append(event);
          publish();
        });
      return stampedPuts(stamped, (event) => {
        append(event);
        publish();
      });
    },
    consumer({ shared }) {
      const ring = new Ring(shared as SharedArrayBuffer);
      const readThree = kernelReader(ring.bytes);
      const view = new DataView(ring.bytes.buffer, ring.bytes.byteOffset);
      let [sum, next] = [0, 0];
      const drain = (end: number): void => {
        if (next === end) return;
        for (let at = ring.next(); at >= 0; at = next < end ? ring.next() : -1) {
          sum += readThree(at);
          if (stamped(next++)) noteDelivery(view.getUint32(at + KERNEL_TID_AT, true));
        }
        ring.release();
      };
      const poll = (first: number, count: number): number => {
        [sum, next] = [0, first];
        while (next < first + count) drain(first + count);
        return sum;
      };
      const wait = async (first: number, count: number): Promise<number> => {
        [sum, next] = [0, first];
        for (;;) {
          drain(first + count);
          if (next === first + count) return sum;
          await ring.sleep();
        }
      };
      return { take: how === 'polling' ? poll : wait };
    },
  };
}

function packedMessages(stamped: Stamped): CrossThreadContender {
  return {
    name: `messages of ${PACKED} events, packed by hand`,
    ours: false,
    share: messageWindow,
    producer({ shared, port }) {
      const sender = new Sender(port, shared as Int32Array);
      const memory = new Uint8Array(PACKED * MOST_BYTES);
      const { encode } = handCodec('kernel', memory);
      let [count, at] = [0, 0];
      return stampedPuts(stamped, (event) => {
        at += encode(event, at);
        if (++count < PACKED) return;
        const message = memory.slice(0, at);
        sender.send(message, PACKED, [message.buffer]);
        [count, at] = [0, 0];
      });
    },
    consumer({ shared, port }) {
      const memory = new Uint8Array(PACKED * MOST_BYTES);
      const readThree = kernelReader(memory);
      const { skip } = handCodec('kernel', memory);
      const view = new DataView(memory.buffer);
      let [sum, next] = [0, 0];
      const receiver = new Receiver(port, shared as Int32Array, (message) => {
        memory.set(message as Uint8Array);
        for (let at = 0, i = 0; i < PACKED; i++, at = skip(at)) {
          sum += readThree(at);
          if (stamped(next++)) noteDelivery(view.getUint32(at + KERNEL_TID_AT, true));
        }
        return PACKED;
      });
      return {
        async take(_first, count) {
          await receiver.take(count);
          const result = sum;
          sum = 0;
          return result;
        },
      };
    },
  };
}

function contenders(stamped: Stamped) {
  return {
    unmoderated: ours(stamped, 0, 'views'),
    byDefault: ours(stamped, 100, 'views'),
    moderated: ours(stamped, 200, 'views'),
    objects: ours(stamped, 100, 'objects'),
    polling: ringByHand(stamped, 'polling'),
    waitAsync: ringByHand(stamped, 'Atomics.waitAsync'),
    ...(process.platform === 'linux' && { eventfd: ringByHand(stamped, 'an eventfd') }),
    messages: packedMessages(stamped),
  } satisfies Record<string, CrossThreadContender>;
}

export const waiting = contenders(oneInMany);

/** Without stamps, and whole batches as well, for which nobody has to wait here. */
export const waitingUnpaced = {
  ...contenders(neverStamped),
  inBatches: ours(neverStamped, 100, 'views', true),
  pollingInBatches: ringByHand(neverStamped, 'polling', true),
};
