/** Bytes that leave a buffer in an array of their own, and a clone of what was taken. Each counts one. */
import { EventBuffer, RingBuffer, type UnifiedEvent } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { fullEvents } from '../sample-events';
import { oneByOne } from './one-by-one';

const CAPACITY = 16;
const EVENT_BYTES = 200;

function record(size: number): OneThreadContender {
  return oneByOne(`RingBuffer put + get of ${size} B`, () => {
    const ring = new RingBuffer(CAPACITY, { slotSize: size });
    const bytes = new Uint8Array(size);
    return () => {
      ring.put(bytes);
      return ring.get().length / size;
    };
  });
}

function eventWithBytes(): UnifiedEvent {
  return { ...fullEvents(1)[0], rawData: new Uint8Array(EVENT_BYTES) };
}

export const bytesOut: OneThreadContender[] = [
  record(64),
  record(200),
  record(1024),
  oneByOne(`EventBuffer put + get, ${EVENT_BYTES} B of rawData`, () => {
    const buffer = new EventBuffer(CAPACITY);
    const event = eventWithBytes();
    return () => {
      buffer.put(event);
      return buffer.get().rawData!.length / EVENT_BYTES;
    };
  }),
  oneByOne('structuredClone of an event that was taken', () => {
    const buffer = new EventBuffer(CAPACITY);
    buffer.put(eventWithBytes());
    const event = buffer.get();
    return () => structuredClone(event).rawData!.length / EVENT_BYTES;
  }),
];
