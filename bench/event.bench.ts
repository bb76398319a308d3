/**
 * What encoding and decoding one event costs, against msgpackr with shared structures and JSON.
 *
 *   node build/bench/event.bench.js [repeats]
 *
 * The contenders take turns, and the table shows the median and the best of the repeats: on a machine that is
 * not quiet only the best means anything.
 */
import path from 'node:path';
import { Packr } from 'msgpackr';
import {
  decodeEvent,
  encodeEvent,
  eventFromJSON,
  eventToJSON,
  generateEventId,
  type UnifiedEvent,
} from '@tapio/performance';
import { fullEvents, kernelEvents } from './sample-events';

/* eslint-disable @typescript-eslint/no-require-imports -- the buffers' own codec, which the package does not export */
const directory = path.join(__dirname, '../../dist/event');
const { Encoder } = require(path.join(directory, 'encoder')) as typeof import('../dist/event/encoder');
const { Decoder } = require(path.join(directory, 'decoder')) as typeof import('../dist/event/decoder');
const { EventCursor } = require(
  path.join(directory, 'event-cursor'),
) as typeof import('../dist/event/event-cursor');
/* eslint-enable @typescript-eslint/no-require-imports */

const EVENTS = 64;
const STRIDE = 2048;
const CALLS_PER_REPEAT = 6400;
const repeats = Number(process.argv[2] ?? 60);

interface Contender {
  readonly name: string;
  /** Handles every event once. */
  readonly run: () => number;
  readonly times: number[];
}

const contenders: Contender[] = [];
const contend = (name: string, run: () => number): void => void contenders.push({ name, run, times: [] });

const region = EVENTS * STRIDE;
const memory = new ArrayBuffer(2 * region);
const encoder = new Encoder(memory, region, region);
const decoder = new Decoder(memory, 0, region);
const cursor = new EventCursor(memory, 0, region);

function addShape(shape: string, events: readonly UnifiedEvent[], at: number): void {
  // Each shape's encoded events need a place of their own, which the timed encoding does not touch.
  const placed = new ArrayBuffer(region);
  const placing = new Encoder(placed, 0, region);
  let lengths: number[] = [];
  for (let sight = 0; sight < 3; sight++)
    lengths = events.map((event, i) => placing.encode(event, i * STRIDE));
  const reading = new Decoder(placed, 0, region);
  const view = new EventCursor(placed, 0, region);
  console.log(`${shape}: ${lengths[0]} bytes`);

  contend(`${shape} encode`, () => events.reduce((sum, event) => sum + encoder.encode(event, at), 0));
  contend(`${shape} decode`, () => {
    let sum = 0;
    for (let i = 0; i < EVENTS; i++) sum += reading.decode(i * STRIDE, lengths[i]).id.length;
    return sum;
  });
  contend(`${shape} view, 2 fields`, () => {
    let sum = 0;
    for (let i = 0; i < EVENTS; i++)
      sum += view.moveTo(i * STRIDE, lengths[i]).type.length + view.source.length;
    return sum;
  });

  const target = new Uint8Array(STRIDE);
  const encoded = events.map((event) => target.slice(0, encodeEvent(event, target)));
  contend(`${shape} encodeEvent`, () => events.reduce((sum, event) => sum + encodeEvent(event, target), 0));
  contend(`${shape} decodeEvent`, () =>
    encoded.reduce((sum, bytes) => sum + decodeEvent(bytes).id.length, 0),
  );

  const packr = new Packr({ structures: [], useBigIntExtension: true });
  const packed = events.map((event) => Buffer.from(packr.pack(event)));
  contend(`${shape} msgpackr pack`, () => events.reduce((sum, event) => sum + packr.pack(event).length, 0));
  contend(`${shape} msgpackr unpack`, () =>
    packed.reduce((sum, bytes) => sum + (packr.unpack(bytes) as UnifiedEvent).id.length, 0),
  );

  const texts = events.map(eventToJSON);
  contend(`${shape} eventToJSON`, () => events.reduce((sum, event) => sum + eventToJSON(event).length, 0));
  contend(`${shape} eventFromJSON`, () =>
    texts.reduce((sum, text) => sum + eventFromJSON(text).id.length, 0),
  );
}

const kernel = kernelEvents(EVENTS);
addShape('kernel', kernel, 0);
addShape('full', fullEvents(EVENTS), 0);

const decodable = new Encoder(memory, 0, region);
for (let sight = 0; sight < 2; sight++) kernel.forEach((event, i) => decodable.encode(event, i * STRIDE));
const kernelLengths = kernel.map((event, i) => decodable.encode(event, i * STRIDE));
contend('kernel view, syscall pid returnCode', () => {
  let sum = 0;
  for (let i = 0; i < EVENTS; i++) {
    const section = cursor.moveTo(i * STRIDE, kernelLengths[i]).kernel!;
    sum += section.syscall!.length + section.pid! + section.returnCode!;
  }
  return sum;
});
const pooled: UnifiedEvent = { id: '', timestamp: 0n, type: '', source: '' };
contend('kernel decode into', () => {
  let sum = 0;
  for (let i = 0; i < EVENTS; i++) sum += decoder.decode(i * STRIDE, kernelLengths[i], pooled).id.length;
  return sum;
});
contend('generateEventId', () => {
  let sum = 0;
  for (let i = 0; i < EVENTS; i++) sum += generateEventId().length;
  return sum;
});

let checksum = 0;
for (let repeat = -5; repeat < repeats; repeat++) {
  for (const { run, times } of contenders) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < CALLS_PER_REPEAT; call += EVENTS) checksum += run();
    // The first repeats warm up.
    if (repeat >= 0) times.push(Number(process.hrtime.bigint() - start) / CALLS_PER_REPEAT);
  }
}
for (const { name, times } of contenders) {
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1].toFixed(0);
  console.log(
    `${name.padEnd(38)} median ${median.padStart(6)} ns   best ${times[0].toFixed(0).padStart(6)} ns`,
  );
}
console.log(`checksum ${checksum}`);
