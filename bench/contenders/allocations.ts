/** The calls that promise not to allocate, each alone. */
import { EventBuffer, RingBuffer } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernel, Sum, VARIETY } from './events';

const RECORD = new Uint8Array(256);
const CAPACITY = 4096;

/** Each operation answers 1 when it did what its name says. */
function call(
  name: string,
  make: () => { prepare?(count: number): void; once(i: number): number },
): OneThreadContender {
  return {
    name,
    ours: true,
    most: CAPACITY,
    make() {
      const { prepare, once } = make();
      return {
        prepare,
        run(count) {
          let sum = 0;
          for (let i = 0; i < count; i++) sum += once(i);
          return sum;
        },
      };
    },
  };
}

function fullRing(): RingBuffer {
  const ring = new RingBuffer(16);
  while (ring.tryPut(RECORD));
  return ring;
}

export const allocations: OneThreadContender[] = [
  call('RingBuffer tryPut', () => {
    const ring = new RingBuffer(CAPACITY);
    return { prepare: () => ring.clear(), once: () => Number(ring.tryPut(RECORD)) };
  }),
  call('RingBuffer tryGetInto', () => {
    const ring = new RingBuffer(CAPACITY);
    const target = new Uint8Array(256);
    return {
      prepare: (count) => {
        for (let i = 0; i < count; i++) ring.put(RECORD);
      },
      once: () => ring.tryGetInto(target) / RECORD.length,
    };
  }),
  call('RingBuffer tryPut, full', () => {
    const ring = fullRing();
    return { once: () => Number(!ring.tryPut(RECORD)) };
  }),
  call('RingBuffer tryGetInto, empty', () => {
    const ring = new RingBuffer(16);
    const target = new Uint8Array(256);
    return { once: () => -ring.tryGetInto(target) };
  }),
  call('EventBuffer put, kernel event', () => {
    const buffer = new EventBuffer(CAPACITY);
    const events = kernel.events();
    return {
      prepare: () => buffer.clear(),
      once(i) {
        buffer.put(events[i % VARIETY]);
        return 1;
      },
    };
  }),
  call('EventBuffer tryPut, full', () => {
    const buffer = new EventBuffer(16);
    const events = kernel.events();
    while (buffer.tryPut(events[0]));
    return { once: (i) => Number(!buffer.tryPut(events[i % VARIETY])) };
  }),
  call('EventBuffer tryGet, empty', () => {
    const buffer = new EventBuffer(16);
    return { once: () => Number(buffer.tryGet() === undefined) };
  }),
  call('EventBuffer consume, three fields', () => {
    const buffer = new EventBuffer(CAPACITY);
    const events = kernel.events();
    const sum = new Sum(kernel);
    return {
      prepare: (count) => {
        for (let i = 0; i < count; i++) buffer.put(events[i % VARIETY]);
      },
      once: () => buffer.consume(sum.read, 1),
    };
  }),
];
