/**
 * Ours beside what a Node user would pick instead, in one run: `npm run bench:peers`.
 *
 * Ours crosses the ring as well; the codecs only encode and decode.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { EventBuffer, type EventView, RingBuffer, type UnifiedEvent } from '@tapio/performance';
import { compare, type Contender, machine, printTable, type Timing } from './harness';
import { fullEvents, kernelEvents } from './sample-events';

const REPEATS = Number(process.env.REPEATS ?? 9);
/** Events take turns, so that nothing is predicted from the one before. */
const VARIETY = 64;

interface Codec {
  encode(event: unknown): Uint8Array;
  decode(bytes: Uint8Array): UnifiedEvent;
}

const peers = createRequire(path.join(process.cwd(), 'bench/peers/package.json'));
const { KernelEvent } = peers('./build/schema.js') as { KernelEvent: Codec };
const { Packr } = peers('msgpackr') as {
  Packr: new (options: object) => {
    pack(event: unknown): Uint8Array;
    unpack(bytes: Uint8Array): UnifiedEvent;
  };
};

function packr(): Codec {
  const codec = new Packr({ structures: [] });
  return { encode: (event) => codec.pack(event), decode: (bytes) => codec.unpack(bytes) };
}

/** What every contender reads of a kernel event, so that no work can be left out. */
let checksum = 0;
function readThree(event: UnifiedEvent | EventView): void {
  const kernel = event.kernel!;
  checksum += kernel.pid! + kernel.returnCode! + event.type.length;
}

function codecTrip(
  name: string,
  codec: Codec,
  events: readonly UnifiedEvent[],
  read: (event: UnifiedEvent) => void,
): Contender {
  return {
    name,
    run(count) {
      for (let i = 0; i < count; i++) read(codec.decode(codec.encode(events[i % VARIETY])));
    },
  };
}

function rawRing(size: number): Contender {
  const ring = new RingBuffer(1024);
  const source = new Uint8Array(size);
  const target = new Uint8Array(size);
  return {
    name: `RingBuffer tryPut + tryGetInto ${size} B`,
    run(count) {
      for (let i = 0; i < count; i++) {
        ring.tryPut(source);
        ring.tryGetInto(target);
      }
    },
  };
}

function kernelRow(): Timing[] {
  const events = kernelEvents(VARIETY);
  const buffer = new EventBuffer(1024);
  return compare(
    [
      {
        name: 'EventBuffer put + consume, 3 fields',
        run(count) {
          for (let i = 0; i < count; i++) {
            buffer.put(events[i % VARIETY]);
            buffer.consume(readThree);
          }
        },
      },
      {
        name: 'the same, 64 puts for one consume',
        run(count) {
          for (let i = 0; i < count; i++) {
            buffer.put(events[i % VARIETY]);
            if (i % VARIETY === VARIETY - 1) buffer.consume(readThree);
          }
          buffer.consume(readThree);
        },
      },
      {
        name: 'EventBuffer put + get',
        run(count) {
          for (let i = 0; i < count; i++) {
            buffer.put(events[i % VARIETY]);
            readThree(buffer.get());
          }
        },
      },
      codecTrip('bebop encode + decode', KernelEvent, events, readThree),
      codecTrip('msgpackr encode + decode', packr(), events, readThree),
    ],
    REPEATS,
  );
}

function fullRow(): Timing[] {
  const events = fullEvents(VARIETY);
  const buffer = new EventBuffer(1024);
  // JSON has no bigint.
  const textual = events.map((event) => ({ ...event, timestamp: String(event.timestamp) }));
  const read = (event: UnifiedEvent): void => {
    checksum += event.entity!.name.length + event.network!.destPort!;
  };
  return compare(
    [
      {
        name: 'EventBuffer put + get',
        run(count) {
          for (let i = 0; i < count; i++) {
            buffer.put(events[i % VARIETY]);
            read(buffer.get());
          }
        },
      },
      codecTrip('msgpackr encode + decode', packr(), events, read),
      {
        name: 'JSON, the timestamp as a string',
        run(count) {
          for (let i = 0; i < count; i++)
            read(JSON.parse(JSON.stringify(textual[i % VARIETY])) as UnifiedEvent);
        },
      },
      {
        name: 'structuredClone',
        run: (count) => repeat(count, (i) => read(structuredClone(events[i % VARIETY]))),
      },
    ],
    REPEATS,
  );
}

function repeat(count: number, fn: (i: number) => void): void {
  for (let i = 0; i < count; i++) fn(i);
}

console.log(`${machine()}; median of ${REPEATS} interleaved repeats`);
console.error('raw records...');
printTable('Raw records, one thread', compare([rawRing(64), rawRing(256)], REPEATS));
console.error('kernel events...');
const kernel = kernelRow();
printTable('Kernel event, one thread, three fields read', kernel);
console.log(
  `  put + consume against bebop: ${(kernel[3].median / kernel[0].median).toFixed(1)} times as fast`,
);
console.error('full events...');
const full = fullRow();
printTable('Full event, one thread', full);
console.log(`  put + get against msgpackr: ${(full[1].median / full[0].median).toFixed(1)} times as fast`);
if (checksum === 0) throw new Error('nothing was read');
