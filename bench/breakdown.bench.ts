/**
 * Where the time of one event goes, on its way through an EventBuffer in one thread.
 *
 *   npm run bench:breakdown [REPEATS]
 *
 * Runs of 64 events of every step take turns. A part is the difference of two steps, so parts add up to the whole but for what
 * the processor does of two neighbours at once.
 */
import path from 'node:path';
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { describe, machine } from './measure/machine';
import { progress, progressDone } from './measure/progress';
import { spreadOf } from './measure/spread';
import { fullEvents, kernelEvents } from './sample-events';

/* eslint-disable @typescript-eslint/no-require-imports -- the parts of a buffer, which the package does not export */
const dist = path.join(__dirname, '../../dist');
const { Encoder } = require(path.join(dist, 'event/encoder')) as typeof import('../dist/event/encoder');
const { Decoder } = require(path.join(dist, 'event/decoder')) as typeof import('../dist/event/decoder');
const { Attachment } = require(
  path.join(dist, 'buffers/attachment'),
) as typeof import('../dist/buffers/attachment');
const { NativeText } = require(
  path.join(dist, 'buffers/native-text'),
) as typeof import('../dist/buffers/native-text');
/* eslint-enable @typescript-eslint/no-require-imports */

const EVENTS = 64;
const SLOT = 1024;
const ROUNDS = 100;
const repeats = Number(process.argv[2] ?? 21);

interface Step {
  readonly name: string;
  /** Not timed: before each run. */
  readonly prepare?: () => void;
  /** Handles every event once. */
  readonly run: () => void;
}

/** Median nanoseconds for one event, by step. */
function measure(steps: readonly Step[], title: string): Map<string, number> {
  const samples = steps.map((): number[] => []);
  for (let repeat = -5; repeat < repeats; repeat++) {
    progress(`${title}: ${repeat < 0 ? 'warming up' : `repeat ${repeat + 1} of ${repeats}`}`);
    for (const [i, { prepare, run }] of steps.entries()) {
      let time = 0n;
      for (let round = 0; round < ROUNDS; round++) {
        prepare?.();
        const start = process.hrtime.bigint();
        run();
        time += process.hrtime.bigint() - start;
      }
      if (repeat >= 0) samples[i].push(Number(time) / (ROUNDS * EVENTS));
    }
  }
  progressDone();
  return new Map(steps.map(({ name }, i) => [name, spreadOf(samples[i]).median]));
}

let sink = 0;

function breakDown(title: string, events: readonly UnifiedEvent[]): void {
  const attachment = Attachment.create(
    { kind: 'EventBuffer', slotSize: SLOT + 128, maxRecord: SLOT, policy: 'reject', wakeIntervalMicros: 100 },
    { layout: 'one ring', slots: 1024, overflowSlots: 0, stride: SLOT + 128, payload: SLOT, start: 0 },
  );
  const { native } = attachment;
  // Its regions are there once something was put and taken.
  attachment.growToPut();
  attachment.put(8, 0);
  attachment.take();
  const { toPut, taken } = attachment;
  const text = new NativeText(native, taken);
  const putText = new NativeText(native, toPut);
  const encoder = new Encoder(toPut.memory, toPut.bytes.byteOffset, toPut.size, true, putText);
  const decoder = new Decoder(taken.memory, taken.bytes.byteOffset, taken.size, true, text);
  const buffer = new EventBuffer(8192);

  const sizes = events.map((event) => {
    for (let sight = 0; sight < 3; sight++) encoder.encode(event, 0);
    return encoder.encode(event, 0);
  });
  const texts = events.map((event) => {
    encoder.begin(event, 0);
    const { items, count, units } = encoder.texts;
    return { units, text: flat(items.slice(0, count).join('')) };
  });
  // Each event's bytes where the decoder expects them.
  const encoded = events.map((event, i) => {
    encoder.encode(event, 0);
    return toPut.bytes.slice(0, sizes[i]);
  });
  const putAll = (): void => {
    for (const event of events) buffer.tryPut(event);
  };
  const storeAll = (): void => {
    for (const size of sizes) attachment.put(size, 0);
  };

  const steps: Step[] = [
    {
      name: 'empty call',
      run: () => {
        for (let i = 0; i < EVENTS; i++) if (native.closed()) sink++;
      },
    },
    { name: 'put', prepare: () => buffer.clear(), run: putAll },
    {
      name: 'begin',
      run: () => {
        for (const event of events) sink += encoder.begin(event, 0);
      },
    },
    {
      name: 'text staged',
      run: () => {
        for (const event of events) {
          const start = encoder.begin(event, 0);
          text.write(encoder.texts.items, 0, encoder.texts.count, start);
        }
      },
    },
    { name: 'store', prepare: () => attachment.clear(), run: storeAll },
    {
      name: 'get',
      prepare: putAll,
      run: () => {
        for (let i = 0; i < EVENTS; i++) sink += buffer.tryGet()!.id.length;
      },
    },
    {
      name: 'take',
      prepare: () => {
        attachment.clear();
        storeAll();
      },
      run: () => {
        for (let i = 0; i < EVENTS; i++) sink += attachment.take();
      },
    },
    {
      name: 'text read',
      run: () => {
        for (let i = 0; i < EVENTS; i++) sink += text.read(0, texts[i].units).length;
      },
    },
    {
      name: 'copy in script',
      run: () => {
        for (const bytes of encoded) taken.bytes.set(bytes);
      },
    },
    {
      name: 'decode',
      run: () => {
        for (let i = 0; i < EVENTS; i++) {
          taken.bytes.set(encoded[i]);
          sink += decoder.decode(0, sizes[i], undefined, texts[i].text).id.length;
        }
      },
    },
  ];
  const sections = sectionsOf(events);
  for (const section of sections) {
    const without = events.map((event) => ({ ...event, [section]: undefined }));
    steps.push({
      name: `without ${section}`,
      run: () => {
        for (const event of without) sink += encoder.begin(event, 0);
      },
    });
  }

  const ns = measure(steps, title);
  const of = (name: string): number => ns.get(name)!;
  const call = of('empty call');
  const put = [
    ['read the fields, write words and references', of('begin')],
    ...sections.map((section): [string, number] => [
      `  of that ${section}`,
      of('begin') - of(`without ${section}`),
    ]),
    ['text into native memory', of('text staged') - of('begin') - call],
    ['native call', call],
    [`claim a slot, copy ${sizes[0]} bytes, publish`, of('store') - call],
  ] as const;
  const get = [
    ['native call', call],
    ['copy the slot, move head', of('take') - call],
    ['text out of native memory', of('text read') - call],
    ['make the object', of('decode') - of('copy in script')],
  ] as const;
  console.log(`\n${title}: ${sizes[0]} bytes encoded, ${texts[0].units} of them text; ns for one event`);
  print('EventBuffer tryPut', of('put'), put);
  print('EventBuffer tryGet', of('get'), get);
}

function print(whole: string, ns: number, parts: readonly (readonly [string, number])[]): void {
  const line = (name: string, value: number): string => `${name.padEnd(60)}${value.toFixed(0).padStart(6)}`;
  console.log(line(whole, ns));
  for (const [name, value] of parts) console.log(line(`  ${name}`, value));
}

function sectionsOf([event]: readonly UnifiedEvent[]): (keyof UnifiedEvent)[] {
  const names = Object.keys(event) as (keyof UnifiedEvent)[];
  return names.filter((name) => typeof event[name] === 'object' && !Array.isArray(event[name]));
}

/** As a text that came off a wire, and no rope of pieces. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

console.log(describe(machine()));
breakDown('kernel event', kernelEvents(EVENTS));
breakDown('full event', fullEvents(EVENTS));
if (sink === 0) throw new Error('nothing was done');
