/** An event put by one thread and taken by another, both as fast as they can. */
import { type BufferHandle, EventBuffer, type UnifiedEvent } from '@tapio/performance';
import type { CrossThreadContender } from '../measure/row';
import { bebop, type CodecMaker, MOST_BYTES, msgpackr } from './codecs';
import { consumerOf, meet, type Meeting, producerOf } from './disruptor';
import { Sum, VARIETY, type Workload } from './events';
import { handCodec } from './hand-codec';
import { JsSpscRing } from './js-spsc';
import { messageWindow, Receiver, Sender } from './messages';

const CAPACITY = 4096;
const RING_BYTES = 1 << 20;
const BATCH = 64;
/** Elements of a claim of shared-memory-disruptor. */
const CLAIM = 16;

/** A buffer lives while somebody holds it. */
let kept: EventBuffer;

function shareBuffer(): BufferHandle {
  kept = new EventBuffer(CAPACITY);
  return kept.handle;
}

function ours(workload: Workload): CrossThreadContender[] {
  const attach = (shared: unknown): EventBuffer => EventBuffer.attach(shared as BufferHandle);
  const one = (shared: unknown): { put(first: number, count: number): void } => {
    const buffer = attach(shared);
    const events = workload.events();
    return {
      put(first, count) {
        for (let i = first; i < first + count; i++) while (!buffer.tryPut(events[i % VARIETY]));
      },
    };
  };
  const objects = (shared: unknown): { take(first: number, count: number): number } => {
    const buffer = attach(shared);
    const target = new Array<UnifiedEvent>(BATCH);
    return {
      take(_first, count) {
        let sum = 0;
        while (count > 0) {
          const n = buffer.drainTo(target);
          for (let i = 0; i < n; i++) sum += workload.read(target[i]);
          count -= n;
        }
        return sum;
      },
    };
  };
  return [
    {
      name: 'EventBuffer tryPut + drainTo',
      ours: true,
      share: shareBuffer,
      producer: ({ shared }) => one(shared),
      consumer: ({ shared }) => objects(shared),
    },
    {
      name: 'EventBuffer putBatch of 64 + drainTo',
      ours: true,
      share: shareBuffer,
      producer({ shared }) {
        const buffer = attach(shared);
        const events = workload.events();
        return {
          put(_first, count) {
            for (let done = 0; done < count; done += BATCH) {
              let stored = buffer.putBatch(events);
              while (stored < BATCH) stored += buffer.putBatch(events.slice(stored));
            }
          },
        };
      },
      consumer: ({ shared }) => objects(shared),
    },
    {
      name: 'EventBuffer tryPut + consume (views)',
      ours: true,
      share: shareBuffer,
      producer: ({ shared }) => one(shared),
      consumer({ shared }) {
        const buffer = attach(shared);
        const sum = new Sum(workload);
        return {
          take(_first, count) {
            while (count > 0) count -= buffer.consume(sum.read, count);
            return sum.take();
          },
        };
      },
    },
  ];
}

function handCoded(workload: Workload): CrossThreadContender {
  return {
    name: 'SPSC ring and codec by hand',
    ours: false,
    share: () => JsSpscRing.memory(RING_BYTES),
    producer({ shared }) {
      const ring = new JsSpscRing(shared as SharedArrayBuffer);
      const { encode } = handCodec(workload.name, ring.bytes);
      const events = workload.events();
      return {
        put(first, count) {
          for (let i = first; i < first + count; i++) {
            let at = ring.reserve(MOST_BYTES);
            while (at < 0) at = ring.reserve(MOST_BYTES);
            ring.commit(encode(events[i % VARIETY], at));
          }
        },
      };
    },
    consumer({ shared }) {
      const ring = new JsSpscRing(shared as SharedArrayBuffer);
      const { decode } = handCodec(workload.name, ring.bytes);
      return {
        take(_first, count) {
          let sum = 0;
          while (count > 0) {
            let at = ring.next();
            if (at < 0) continue;
            for (; at >= 0 && count > 0; at = --count > 0 ? ring.next() : -1)
              sum += workload.read(decode(at));
            ring.release();
          }
          return sum;
        },
      };
    },
  };
}

function coded(name: string, workload: Workload, maker: CodecMaker): CrossThreadContender {
  return {
    name,
    ours: false,
    share: () => JsSpscRing.memory(RING_BYTES),
    producer({ shared }) {
      const ring = new JsSpscRing(shared as SharedArrayBuffer);
      const codec = maker(workload);
      const events = workload.events().map((event) => codec.adapt(event));
      return {
        put(first, count) {
          for (let i = first; i < first + count; i++) {
            const bytes = codec.encode(events[i % VARIETY]);
            let at = ring.reserve(bytes.length);
            while (at < 0) at = ring.reserve(bytes.length);
            ring.bytes.set(bytes, at);
            ring.commit(bytes.length);
          }
        },
      };
    },
    consumer({ shared }) {
      const ring = new JsSpscRing(shared as SharedArrayBuffer);
      const codec = maker(workload);
      // Decoding straight from shared memory is several times slower.
      const copy = Buffer.allocUnsafeSlow(MOST_BYTES);
      return {
        take(_first, count) {
          let sum = 0;
          while (count > 0) {
            const at = ring.next();
            if (at < 0) continue;
            copy.set(ring.bytes.subarray(at, at + ring.size));
            sum += workload.read(codec.decode(copy.subarray(0, ring.size)));
            ring.release();
            count--;
          }
          return sum;
        },
      };
    },
  };
}

function disruptor(workload: Workload): CrossThreadContender {
  const element = workload.name === 'kernel' ? 256 : MOST_BYTES;
  return {
    name: `shared-memory-disruptor, claims of ${CLAIM}, and msgpackr`,
    ours: false,
    share: () => meet(CAPACITY, element),
    producer({ shared }) {
      const end = producerOf(shared as Meeting);
      const codec = msgpackr(workload);
      const events = workload.events();
      return {
        put(first, count) {
          for (let i = first; i < first + count;) {
            // The elements are a multiple of the claim, so what is claimed is in one piece.
            const [room] = end.produceClaimManySync(CLAIM);
            if (room === undefined) continue;
            for (let at = 0; at < CLAIM * element; at += element, i++) {
              const bytes = codec.encode(events[i % VARIETY]);
              room.writeUInt32LE(bytes.length, at);
              room.set(bytes, at + 4);
            }
            end.produceCommitSync();
          }
        },
      };
    },
    consumer({ shared }) {
      const end = consumerOf(shared as Meeting);
      const codec = msgpackr(workload);
      return {
        take(_first, count) {
          let sum = 0;
          while (count > 0) {
            for (const found of end.consumeNewSync()) {
              for (let at = 0; at < found.length; at += element, count--) {
                const bytes = found.subarray(at + 4, at + 4 + found.readUInt32LE(at));
                sum += workload.read(codec.decode(bytes));
              }
            }
            end.consumeCommit();
          }
          return sum;
        },
      };
    },
  };
}

function messages(workload: Workload, batch: number): CrossThreadContender {
  return {
    name: batch === 1 ? 'postMessage' : `postMessage of ${batch} events`,
    ours: false,
    share: messageWindow,
    producer({ shared, port }) {
      const sender = new Sender(port, shared as Int32Array);
      const events = workload.events();
      return {
        put(first, count) {
          if (batch > 1) for (let done = 0; done < count; done += batch) sender.send(events, batch);
          else for (let i = first; i < first + count; i++) sender.send(events[i % VARIETY], 1);
        },
      };
    },
    consumer({ shared, port }) {
      const sum = new Sum(workload);
      const receiver = new Receiver(port, shared as Int32Array, (message) => {
        if (batch === 1) {
          sum.read(message as UnifiedEvent);
          return 1;
        }
        const events = message as UnifiedEvent[];
        events.forEach(sum.read);
        return events.length;
      });
      return {
        async take(_first, count) {
          await receiver.take(count);
          return sum.take();
        },
      };
    },
  };
}

export function eventsAcrossThreads(workload: Workload): CrossThreadContender[] {
  return [
    ...ours(workload),
    handCoded(workload),
    coded('SPSC ring by hand and msgpackr', workload, msgpackr),
    coded('SPSC ring by hand and bebop', workload, bebop),
    disruptor(workload),
    messages(workload, BATCH),
    messages(workload, 1),
  ];
}
