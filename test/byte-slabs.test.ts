/** Bytes that are taken share memory, and nothing else: in every way of taking. */
import {
  availableCPUs,
  decodeEvent,
  encodeEvent,
  EventBuffer,
  PerCPUBuffer,
  PerCPUEventBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { padded } from './support/events';

/** Around every bound: what lies inside its array, what shares a slab, what has an ArrayBuffer of its own. */
const SIZES = [0, 1, 7, 63, 64, 65, 100, 128, 200, 511, 512, 513, 1000, 1023, 1024, 1025, 5000];
const ROUNDS = 8;
const EVENT_SLAB = 4096;
const RECORD_SLAB = 8192;

const payloads = Array.from({ length: ROUNDS }, () => SIZES)
  .flat()
  .map((size, number) => new Uint8Array(size).map((_, i) => number * 31 + i));
const events = payloads.map((rawData, number): UnifiedEvent => ({ ...padded(number, 0), rawData }));
const bytesOf = (taken: readonly UnifiedEvent[]): Uint8Array[] => taken.map(({ rawData }) => rawData!);

function throughEventBuffer(take: (buffer: EventBuffer) => Uint8Array[]): Uint8Array[] {
  using buffer = new EventBuffer(2048);
  expect(buffer.putBatch(events)).toBe(events.length);
  return take(buffer);
}

function throughRing(take: (ring: RingBuffer) => Uint8Array[]): Uint8Array[] {
  using ring = new RingBuffer(256, { slotSize: 8192 });
  expect(ring.putBatch(payloads)).toBe(payloads.length);
  return take(ring);
}

function throughPerCPU(read: (buffer: PerCPUBuffer) => Uint8Array[]): Uint8Array[] {
  using buffer = new PerCPUBuffer({ bufferSizePerCPU: 1 << 20, overflowSize: 1 << 20 });
  for (const payload of payloads) buffer.write(payload);
  const taken = read(buffer);
  // A thread may have moved between CPUs, whose records come one CPU after the other.
  return payloads.map((payload) => {
    const index = taken.findIndex((bytes) => Buffer.compare(bytes, payload) === 0);
    return taken.splice(index, 1)[0];
  });
}

const ways: Record<string, [slab: number, take: () => Uint8Array[]]> = {
  'EventBuffer.get': [EVENT_SLAB, () => throughEventBuffer((b) => bytesOf(events.map(() => b.get())))],
  'EventBuffer.getBatch': [EVENT_SLAB, () => throughEventBuffer((b) => bytesOf(b.getBatch(Infinity)))],
  'EventBuffer.drainTo': [
    EVENT_SLAB,
    () =>
      throughEventBuffer((buffer) => {
        const target = new Array<UnifiedEvent>(events.length);
        expect(buffer.drainTo(target)).toBe(events.length);
        return bytesOf(target);
      }),
  ],
  'view.rawData': [
    EVENT_SLAB,
    () =>
      throughEventBuffer((buffer) => {
        const taken: Uint8Array[] = [];
        buffer.consume((view) => taken.push(view.rawData!));
        return taken;
      }),
  ],
  'view.toEvent': [
    EVENT_SLAB,
    () =>
      throughEventBuffer((buffer) => {
        const taken: UnifiedEvent[] = [];
        buffer.consume((view) => taken.push(view.toEvent()));
        return bytesOf(taken);
      }),
  ],
  'PerCPUEventBuffer.drainTo': [
    EVENT_SLAB,
    () => {
      using buffer = new PerCPUEventBuffer({ bufferSizePerCPU: 1 << 20 });
      buffer.putBatch(events);
      const target = new Array<UnifiedEvent>(events.length);
      expect(buffer.drainTo(target)).toBe(events.length);
      return bytesOf(target.sort((a, b) => Number(a.timestamp - b.timestamp)));
    },
  ],
  decodeEvent: [
    EVENT_SLAB,
    () => {
      const target = new Uint8Array(65536);
      return bytesOf(events.map((event) => decodeEvent(target.subarray(0, encodeEvent(event, target)))));
    },
  ],
  'RingBuffer.get': [RECORD_SLAB, () => throughRing((ring) => payloads.map(() => ring.get()))],
  'RingBuffer.tryGet': [RECORD_SLAB, () => throughRing((ring) => payloads.map(() => ring.tryGet()!))],
  'RingBuffer.getBatch': [RECORD_SLAB, () => throughRing((ring) => ring.getBatch(Infinity))],
  'PerCPUBuffer.read': [RECORD_SLAB, () => throughPerCPU((buffer) => buffer.read())],
  'PerCPUBuffer.readFromCPU': [
    RECORD_SLAB,
    () =>
      throughPerCPU((buffer) => {
        return availableCPUs().flatMap((cpu) => buffer.readFromCPU(cpu));
      }),
  ],
};

function expectWhole(taken: readonly Uint8Array[]): void {
  taken.forEach((bytes, number) => {
    if (Buffer.compare(bytes, payloads[number]) !== 0)
      throw new Error(`record ${number} is not as it was put`);
  });
}

describe.each(Object.entries(ways))('%s', (_name, [slab, take]) => {
  test('gives plain arrays with what was put, no two of which overlap', () => {
    const taken = [...take(), ...take()];
    for (const bytes of taken) expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expectWhole(taken.slice(0, payloads.length));
    expectWhole(taken.slice(payloads.length));
    const ends = new Map<ArrayBufferLike, number>();
    for (const bytes of [...taken].sort((a, b) => a.byteOffset - b.byteOffset)) {
      if (bytes.length === 0) continue;
      expect(bytes.byteOffset).toBeGreaterThanOrEqual(ends.get(bytes.buffer) ?? 0);
      ends.set(bytes.buffer, bytes.byteOffset + bytes.length);
    }
  });

  test('no write into one is seen in another, taken before or after', () => {
    const before = take();
    for (let i = 0; i < before.length; i += 2) before[i].fill(0xaa);
    const after = take();
    expectWhole(after);
    before.forEach((bytes, number) => {
      const expected = number % 2 === 0 ? new Uint8Array(bytes.length).fill(0xaa) : payloads[number];
      expect(Buffer.compare(bytes, expected)).toBe(0);
    });
  });

  test('one keeps at most a slab alive, and nothing beside itself if it is short or long', () => {
    for (const bytes of take()) {
      const alone = bytes.length <= 64 || bytes.length > slab / 8;
      expect(bytes.buffer.byteLength).toBe(alone ? bytes.length : slab);
    }
  });

  test('a clone of one has its bytes, and a transfer takes those of no other away', () => {
    const taken = take();
    const shared = taken.filter(({ buffer }) => buffer.byteLength === slab);
    expect(shared.length).toBeGreaterThan(ROUNDS);
    for (const bytes of shared) {
      expect(Buffer.compare(structuredClone(bytes), bytes)).toBe(0);
      // Node 20 copies what cannot be transferred, later ones refuse.
      try {
        structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
      } catch (error) {
        expect((error as Error).name).toBe('DataCloneError');
      }
    }
    expectWhole(taken);
  });
});

test('a slab whose bytes were taken away by force is used no more', () => {
  using ring = new RingBuffer(16);
  const put = (byte: number): Uint8Array => {
    ring.put(new Uint8Array(200).fill(byte));
    return ring.get();
  };
  const { buffer } = put(1) as Uint8Array & { buffer: { transfer?(): ArrayBuffer } };
  try {
    // Absent in Node 20, goes through in 22, is refused by later ones.
    buffer.transfer?.();
  } catch (error) {
    expect((error as Error).name).toBe('TypeError');
  }
  expect(put(2)).toEqual(new Uint8Array(200).fill(2));
});
