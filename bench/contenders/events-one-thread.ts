/** An event in and the same event out, in one thread: through our ring, and through what only encodes and decodes. */
import {
  decodeEvent,
  encodeEvent,
  EventBuffer,
  type UnifiedEvent,
  UnifiedEventPool,
} from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { bebop, byHand, type CodecMaker, MOST_BYTES, msgpackr, protobufjs } from './codecs';
import { Sum, VARIETY, type Workload } from './events';

const CAPACITY = 1024;

function trip(
  name: string,
  workload: Workload,
  ours: boolean,
  make: () => (event: unknown) => UnifiedEvent,
  adapt: (event: UnifiedEvent) => unknown = (event) => event,
): OneThreadContender {
  return {
    name,
    ours,
    make() {
      const send = make();
      const events = workload.events().map(adapt);
      return {
        run(count) {
          let sum = 0;
          for (let i = 0; i < count; i++) sum += workload.read(send(events[i % VARIETY]));
          return sum;
        },
      };
    },
  };
}

function codecTrip(name: string, workload: Workload, maker: CodecMaker): OneThreadContender {
  const make = (): ((event: unknown) => UnifiedEvent) => {
    const { encode, decode } = maker(workload);
    return (event) => decode(encode(event));
  };
  return trip(name, workload, false, make, (event) => maker(workload).adapt(event));
}

export function asObject(workload: Workload): OneThreadContender[] {
  return [
    trip('EventBuffer put + get', workload, true, () => {
      const buffer = new EventBuffer(CAPACITY);
      return (event) => {
        buffer.put(event as UnifiedEvent);
        return buffer.get();
      };
    }),
    trip('EventBuffer put + get, events of a pool', workload, true, () => {
      const pool = new UnifiedEventPool();
      const buffer = new EventBuffer(CAPACITY, { pool });
      let last = pool.get();
      return (event) => {
        pool.put(last);
        buffer.put(event as UnifiedEvent);
        return (last = buffer.get());
      };
    }),
    inBatches('EventBuffer putBatch of 64 + drainTo', workload, (buffer) => {
      const target = new Array<UnifiedEvent>(VARIETY);
      return () => {
        const taken = buffer.drainTo(target);
        let sum = 0;
        for (let i = 0; i < taken; i++) sum += workload.read(target[i]);
        return sum;
      };
    }),
    trip('encodeEvent + decodeEvent', workload, true, () => {
      const target = new Uint8Array(2 * MOST_BYTES);
      return (event) => decodeEvent(target.subarray(0, encodeEvent(event as UnifiedEvent, target)));
    }),
    ...peers(workload),
  ];
}

/** @param taker makes what takes all that waits and returns the sum over it */
function inBatches(
  name: string,
  workload: Workload,
  taker: (buffer: EventBuffer) => () => number,
): OneThreadContender {
  return {
    name,
    ours: true,
    make() {
      const buffer = new EventBuffer(CAPACITY);
      const events = workload.events();
      const take = taker(buffer);
      return {
        run(count) {
          let sum = 0;
          for (let done = 0; done < count; done += VARIETY) {
            buffer.putBatch(count - done < VARIETY ? events.slice(0, count - done) : events);
            sum += take();
          }
          return sum;
        },
      };
    },
  };
}

export function asView(workload: Workload): OneThreadContender[] {
  const putAndConsume = (each: number): OneThreadContender => ({
    name: `EventBuffer ${each === 1 ? 'put + consume' : `${each} puts + consume`}`,
    ours: true,
    make() {
      const buffer = new EventBuffer(CAPACITY);
      const events = workload.events();
      const sum = new Sum(workload);
      return {
        run(count) {
          for (let i = 0; i < count; i++) {
            buffer.put(events[i % VARIETY]);
            if (i % each === each - 1) buffer.consume(sum.read);
          }
          buffer.consume(sum.read);
          return sum.take();
        },
      };
    },
  });
  const putBatchAndConsume = inBatches('EventBuffer putBatch of 64 + consume', workload, (buffer) => {
    const sum = new Sum(workload);
    return () => {
      buffer.consume(sum.read);
      return sum.take();
    };
  });
  return [putAndConsume(1), putAndConsume(VARIETY), putBatchAndConsume, ...peers(workload)];
}

function peers(workload: Workload): OneThreadContender[] {
  return [
    codecTrip('msgpackr, shared structures', workload, msgpackr),
    codecTrip('bebop', workload, bebop),
    codecTrip('protobufjs', workload, protobufjs),
    codecTrip('codec by hand', workload, byHand),
    trip(
      'JSON, the timestamp and bytes as text',
      workload,
      false,
      () => (event) => JSON.parse(JSON.stringify(event)) as UnifiedEvent,
      ({ rawData, ...event }) => ({
        ...event,
        timestamp: String(event.timestamp),
        ...(rawData && { rawData: Buffer.from(rawData).toString('base64') }),
      }),
    ),
    trip('structuredClone', workload, false, () => (event) => structuredClone(event) as UnifiedEvent),
  ];
}
