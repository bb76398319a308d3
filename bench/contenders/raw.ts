/**
 * Raw records, one by one and in batches. Every record begins with its number, which the consumer checks. Peers that
 * let their user read in place are read in place; the others copy out, as ours does.
 */
import { RingBuffer, type BufferHandle } from '@tapio/performance';
import type { CrossThreadContender, OneThreadContender, Side, Subject } from '../measure/row';
import { consumerOf, meet, type Meeting, producerOf } from './disruptor';
import { JsMpmcRing } from './js-mpmc';
import { peer } from './peers';

const CAPACITY = 4096;
/** Records of one call of those that take many. */
const BATCH = 64;

/** Something that stores and takes records; every method answers how many. */
interface Ends {
  /** Stores the records `first` to `first + count`, or as many as there is room for. */
  put(first: number, count: number): number;
  /** Takes up to `most` records and checks that they are those from `first` on. */
  take(first: number, most: number): number;
}

class Batch {
  readonly bytes: Uint8Array;
  readonly records: Uint8Array[];
  readonly words: Uint32Array;
  private readonly stride: number;

  constructor(readonly size: number) {
    this.bytes = new Uint8Array(BATCH * size).fill(0xa5);
    this.records = Array.from({ length: BATCH }, (_, i) => this.bytes.subarray(i * size, (i + 1) * size));
    this.words = new Uint32Array(this.bytes.buffer);
    this.stride = size / 4;
  }

  number(first: number, count: number): void {
    for (let i = 0; i < count; i++) this.words[i * this.stride] = first + i;
  }

  check(first: number, count: number): number {
    for (let i = 0; i < count; i++)
      if (this.words[i * this.stride] !== (first + i) >>> 0) lost(first + i, this.words[i * this.stride]);
    return count;
  }
}

function lost(expected: number, found: number): never {
  throw new Error(`record ${found} came instead of record ${expected}`);
}

interface RawPeer {
  readonly name: string;
  readonly ours?: boolean;
  /** Whether its `take` reads in place and checks the numbers itself. */
  readonly inPlace?: boolean;
  share(size: number): unknown;
  /** The batch is memory of this end alone. */
  open(shared: unknown, batch: Batch, role: 'producer' | 'consumer', many: boolean): Ends;
}

const ringBuffer: RawPeer = {
  name: 'RingBuffer',
  ours: true,
  share: (size) => {
    kept = new RingBuffer(CAPACITY, { slotSize: size });
    return kept.handle;
  },
  open(shared, batch, _role, many) {
    const ring = RingBuffer.attach(shared as BufferHandle);
    const [record] = batch.records;
    const lengths = new Uint32Array(BATCH).fill(batch.size);
    const taken = new Uint32Array(BATCH);
    return many
      ? {
          put: (_first, count) =>
            ring.putBatchFrom(batch.bytes, count === BATCH ? lengths : lengths.subarray(0, count)),
          take: (_first, most) =>
            ring.getBatchInto(batch.bytes, most === BATCH ? taken : taken.subarray(0, most)),
        }
      : {
          put: () => Number(ring.tryPut(record)),
          take: () => (ring.tryGetInto(record) < 0 ? 0 : 1),
        };
  },
};
/** A buffer lives while somebody holds it. */
let kept: RingBuffer;

const jsMpmc: RawPeer = {
  name: 'MPMC ring by hand, Atomics',
  share: (size) => ({ memory: JsMpmcRing.memory(CAPACITY, size), size }),
  open(shared, batch, _role, many) {
    const { memory, size } = shared as { memory: SharedArrayBuffer; size: number };
    const ring = new JsMpmcRing(memory, CAPACITY, size);
    const [record] = batch.records;
    return many
      ? {
          put: (_first, count) => (ring.tryPutBatch(batch.records, count) ? count : 0),
          take: (_first, most) => ring.tryGetBatch(batch.bytes, most),
        }
      : {
          put: () => Number(ring.tryPut(record)),
          take: () => Number(ring.tryGetInto(record)),
        };
  },
};

interface RingBufJs {
  push(elements: Uint32Array): number;
  pop(elements: Uint32Array): number;
  availableRead(): number;
  availableWrite(): number;
}
interface RingBufJsClass {
  getStorageForCapacity(capacity: number, type: typeof Uint32Array): SharedArrayBuffer;
  new (memory: SharedArrayBuffer, type: typeof Uint32Array): RingBufJs;
}

/** It moves elements, and copies them one by one where it wraps: words are four times as fast as bytes. */
const ringbufJs: RawPeer = {
  name: 'ringbuf.js (SPSC)',
  share: (size) =>
    peer<{ RingBuffer: RingBufJsClass }>('ringbuf.js').RingBuffer.getStorageForCapacity(
      (CAPACITY * size) / 4,
      Uint32Array,
    ),
  open(shared, batch, _role, many) {
    const { RingBuffer: RingBufJs } = peer<{ RingBuffer: RingBufJsClass }>('ringbuf.js');
    const ring = new RingBufJs(shared as SharedArrayBuffer, Uint32Array);
    const words = batch.size / 4;
    const record = batch.words.subarray(0, words);
    return many
      ? {
          put(_first, count) {
            if (ring.availableWrite() < count * words) return 0;
            return ring.push(count === BATCH ? batch.words : batch.words.subarray(0, count * words)) / words;
          },
          take: (_first, most) =>
            ring.pop(most === BATCH ? batch.words : batch.words.subarray(0, most * words)) / words,
        }
      : {
          put: () => (ring.availableWrite() < words ? 0 : ring.push(record) / words),
          take: () => (ring.availableRead() < words ? 0 : ring.pop(record) / words),
        };
  },
};

const disruptor: RawPeer = {
  name: 'shared-memory-disruptor',
  inPlace: true,
  share: (size) => meet(CAPACITY, size),
  open(shared, batch, role, many) {
    const end = (role === 'producer' ? producerOf : consumerOf)(shared as Meeting);
    return {
      put(_first, count) {
        if (!many) {
          const room = end.produceClaimSync();
          if (room.length === 0) return 0;
          room.set(batch.records[0]);
        } else {
          const rooms = end.produceClaimManySync(count);
          if (rooms.length === 0) return 0;
          let at = 0;
          for (const room of rooms) {
            room.set(
              at === 0 && room.length === batch.bytes.length
                ? batch.bytes
                : batch.bytes.subarray(at, at + room.length),
            );
            at += room.length;
          }
        }
        end.produceCommitSync();
        return count;
      },
      take(first) {
        let count = 0;
        for (const found of end.consumeNewSync()) {
          for (let at = 0; at < found.length; at += batch.size, count++) {
            const number = found.readUInt32LE(at);
            if (number !== (first + count) >>> 0) lost(first + count, number);
          }
        }
        if (count > 0) end.consumeCommit();
        return count;
      },
    };
  },
};

const all = [ringBuffer, jsMpmc, ringbufJs, disruptor];

function putAll(ends: Ends, batch: Batch, first: number, count: number, step: number): void {
  for (let done = 0; done < count;) {
    const next = Math.min(step, count - done);
    batch.number(first + done, next);
    let stored = ends.put(first + done, next);
    while (stored === 0) stored = ends.put(first + done, next);
    done += stored;
  }
}

function takeAll(ends: Ends, batch: Batch | undefined, first: number, count: number, step: number): number {
  let done = 0;
  while (done < count) {
    const taken = ends.take(first + done, Math.min(step, count - done));
    batch?.check(first + done, taken);
    done += taken;
  }
  return done;
}

export function acrossThreads(size: number, many: boolean): CrossThreadContender[] {
  const step = many ? BATCH : 1;
  const open = (side: Side, contender: RawPeer, role: 'producer' | 'consumer'): [Ends, Batch] => {
    const batch = new Batch(size);
    return [contender.open(side.shared, batch, role, many), batch];
  };
  return all.map((contender) => ({
    name: contender.name + (contender === ringBuffer ? calls(many) : ''),
    ours: contender.ours ?? false,
    share: () => contender.share(size),
    producer(side) {
      const [ends, batch] = open(side, contender, 'producer');
      return { put: (first, count) => putAll(ends, batch, first, count, step) };
    },
    consumer(side) {
      const [ends, batch] = open(side, contender, 'consumer');
      return {
        take: (first, count) => takeAll(ends, contender.inPlace ? undefined : batch, first, count, step),
      };
    },
  }));
}

const calls = (many: boolean): string => (many ? ' putBatchFrom + getBatchInto' : ' tryPut + tryGetInto');

export function inOneThread(size: number): OneThreadContender[] {
  return all.map((contender) => ({
    name: contender.name + (contender === ringBuffer ? calls(false) : ''),
    ours: contender.ours ?? false,
    make(): Subject {
      const shared = contender.share(size);
      const [source, target] = [new Batch(size), new Batch(size)];
      const producer = contender.open(shared, source, 'producer', false);
      const consumer = contender.open(shared, target, 'consumer', false);
      return {
        run(count) {
          let taken = 0;
          for (let i = 0; i < count; i++) {
            source.words[0] = i;
            producer.put(i, 1);
            taken += consumer.take(i, 1);
            if (!contender.inPlace && target.words[0] !== i) lost(i, target.words[0]);
          }
          return taken;
        },
      };
    },
  }));
}
