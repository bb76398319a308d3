/** Putting and taking checked records at full speed through each buffer class, in each of its ways. For worker threads. */
import {
  type BufferHandle,
  EventBuffer,
  type EventView,
  PerCPUBuffer,
  PerCPUEventBuffer,
  PriorityBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { checksum } from './delivery-checker';

export type Class = 'RingBuffer' | 'EventBuffer' | 'PerCPUBuffer' | 'PerCPUEventBuffer' | 'PriorityBuffer';

/** Puts records `sequence` to at most `end`; gives the first that was not put. Counts on nothing but the answers. */
export type Put = (sequence: number, end: number) => number;
/** Takes some records; gives how many. */
export type Take = (see: (producer: number, sequence: number, sum: number) => void) => number;

export interface Side {
  puts: Put[];
  takes: Take[];
  /** Blocks until there may be something to take; false when nothing will come. */
  wait(): boolean;
  close(): void;
}

const BATCH = 128;
/** Sizes of records differ, so that a record in a stale slot shows. */
const sizeOf = (sequence: number, most: number): number => 12 + (checksum(7, sequence) % (most - 11));

export function attach(kind: Class, handle: BufferHandle, producer: number): Side {
  switch (kind) {
    case 'RingBuffer':
      return rawSide(RingBuffer.attach(handle), producer);
    case 'PerCPUBuffer':
      return perCPUSide(PerCPUBuffer.attach(handle), producer);
    case 'EventBuffer':
      return eventSide(EventBuffer.attach(handle), producer);
    case 'PerCPUEventBuffer':
      return eventSide(PerCPUEventBuffer.attach(handle), producer);
    case 'PriorityBuffer':
      return eventSide(PriorityBuffer.attach(handle), producer);
  }
}

function fill(view: DataView, at: number, producer: number, sequence: number, size: number): void {
  view.setUint32(at, producer, true);
  view.setUint32(at + 4, sequence, true);
  view.setUint32(at + 8, checksum(producer, sequence), true);
  for (let i = 12; i < size; i++) view.setUint8(at + i, sequence & 0xff);
}

/** The checksum of a record, made wrong when its size or its filling is. */
function read(view: DataView, at: number, size: number, most: number, see: Parameters<Take>[0]): void {
  const sequence = view.getUint32(at + 4, true);
  let sum = view.getUint32(at + 8, true);
  if (size !== sizeOf(sequence, most)) sum ^= 1;
  for (let i = 12; i < size; i++) if (view.getUint8(at + i) !== (sequence & 0xff)) sum ^= 2;
  see(view.getUint32(at, true), sequence, sum >>> 0);
}

function rawSide(ring: RingBuffer, producer: number): Side {
  const most = ring.slotSize;
  const bytes = new Uint8Array(BATCH * most);
  const view = new DataView(bytes.buffer);
  const lengths = new Uint32Array(BATCH);
  const one = (sequence: number): Uint8Array => {
    const size = sizeOf(sequence, most);
    fill(view, 0, producer, sequence, size);
    return bytes.subarray(0, size);
  };
  const seeEach = (records: readonly Uint8Array[], see: Parameters<Take>[0]): number => {
    for (const record of records)
      read(new DataView(record.buffer, record.byteOffset), 0, record.length, most, see);
    return records.length;
  };
  return {
    puts: [
      (sequence, end) => {
        const count = Math.min(BATCH, end - sequence);
        for (let i = 0, at = 0; i < count; i++) {
          lengths[i] = sizeOf(sequence + i, most);
          fill(view, at, producer, sequence + i, lengths[i]);
          at += lengths[i];
        }
        return sequence + ring.putBatchFrom(bytes, count === BATCH ? lengths : lengths.subarray(0, count));
      },
      (sequence) => (ring.tryPut(one(sequence)) ? sequence + 1 : sequence),
      (sequence, end) => {
        const items: Uint8Array[] = [];
        for (let i = sequence; i < Math.min(end, sequence + 10); i++) items.push(one(i).slice());
        return sequence + ring.putBatch(items);
      },
    ],
    takes: [
      (see) => {
        const count = ring.getBatchInto(bytes, lengths);
        for (let i = 0, at = 0; i < count; at += lengths[i++]) read(view, at, lengths[i], most, see);
        return count;
      },
      (see) => {
        const size = ring.tryGetInto(bytes);
        if (size >= 0) read(view, 0, size, most, see);
        return size >= 0 ? 1 : 0;
      },
      (see) => seeEach(ring.getBatch(10), see),
      (see) =>
        seeEach(
          [ring.tryGet()].filter((record) => record !== undefined),
          see,
        ),
    ],
    wait: () => ring.waitSync(),
    close: () => ring.close(),
  };
}

function perCPUSide(buffer: PerCPUBuffer, producer: number): Side {
  const most = 1000;
  const bytes = new Uint8Array(most);
  const view = new DataView(bytes.buffer);
  const seeEach = (records: readonly Uint8Array[], see: Parameters<Take>[0]): number => {
    for (const record of records)
      read(new DataView(record.buffer, record.byteOffset), 0, record.length, most, see);
    return records.length;
  };
  let cpu = 0;
  return {
    puts: [
      (sequence) => {
        const size = sizeOf(sequence, most);
        fill(view, 0, producer, sequence, size);
        return buffer.tryWrite(bytes.subarray(0, size)) ? sequence + 1 : sequence;
      },
    ],
    takes: [
      (see) => seeEach(buffer.read(64), see),
      (see) => seeEach(buffer.read(), see),
      (see) =>
        seeEach(buffer.readFromCPU((cpu = (cpu + 1) % buffer.numCPUs)), see) + seeEach(buffer.read(1), see),
    ],
    wait: () => buffer.waitSync(),
    close: () => buffer.close(),
  };
}

function eventSide(buffer: EventBuffer | PerCPUEventBuffer | PriorityBuffer, producer: number): Side {
  const make = (sequence: number): UnifiedEvent => {
    const event: UnifiedEvent = {
      id: String(checksum(producer, sequence)),
      timestamp: BigInt(sequence),
      type: 'load',
      source: 'test',
      kernel: { pid: producer, tid: sequence },
    };
    // A PriorityBuffer keeps these in all its levels.
    if (sequence % 3 !== 0) event.severity = (['critical', 'error', 'medium'] as const)[(sequence % 5) % 3];
    // Some events take several slots.
    if (sequence % 8 === 3) event.message = String.fromCharCode(97 + (sequence % 26)).repeat(sequence % 150);
    return event;
  };
  const check = (
    event: Pick<UnifiedEvent, 'id' | 'timestamp' | 'kernel' | 'message'>,
    see: Parameters<Take>[0],
  ): void => {
    const sequence = Number(event.timestamp);
    let sum = Number(event.id);
    if (event.kernel?.tid !== sequence) sum ^= 1;
    const message =
      sequence % 8 === 3 ? String.fromCharCode(97 + (sequence % 26)).repeat(sequence % 150) : undefined;
    if (event.message !== message) sum ^= 2;
    see(event.kernel?.pid ?? -1, sequence, sum >>> 0);
  };
  const seeEach = (events: readonly UnifiedEvent[], see: Parameters<Take>[0]): number => {
    for (const event of events) check(event, see);
    return events.length;
  };
  const target = new Array<UnifiedEvent>(20);
  return {
    puts: [
      (sequence) => (buffer.tryPut(make(sequence)) ? sequence + 1 : sequence),
      (sequence, end) => {
        const events: UnifiedEvent[] = [];
        for (let i = sequence; i < Math.min(end, sequence + 20); i++) events.push(make(i));
        return sequence + buffer.putBatch(events);
      },
    ],
    takes: [
      (see) => buffer.consume((view: EventView) => check(view, see)),
      (see) => seeEach(target.slice(0, buffer.drainTo(target)), see),
      (see) => seeEach('getBatch' in buffer ? buffer.getBatch(10) : buffer.get(10), see),
      (see) =>
        seeEach(
          'tryGet' in buffer ? [buffer.tryGet()].filter((event) => event !== undefined) : buffer.get(1),
          see,
        ),
    ],
    wait: () => buffer.waitSync(),
    close: () => buffer.close(),
  };
}
