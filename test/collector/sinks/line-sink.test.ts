/** What a sink of lines writes and counts, by random lines, flushes and failures. */
import fc from 'fast-check';
import type { EventView } from '@tapio/performance';
import type * as PlanModule from '../../../dist/collector/memory-plan';
import type * as OutputModule from '../../../dist/collector/output/output';
import type * as SinkModule from '../../../dist/collector/sinks/line-sink';
import { seed } from '../../event/seed';
import { turn } from '../../support/waits';
import { internal } from '../cli';

const { MEMORY } = internal<typeof PlanModule>('memory-plan');
const { Output, HIGH_WATER } = internal<typeof OutputModule>('output/output');
const { LineSink } = internal<typeof SinkModule>('sinks/line-sink');

/** Takes so many bytes and fails then. Reads them late, when memory that is used too early would have changed. */
class Room {
  readonly isTerminal: boolean = false;
  readonly taken: Buffer[] = [];

  constructor(private left: number) {}

  async write(bytes: Buffer): Promise<{ taken: number; error?: Error }> {
    await turn();
    const taken = Math.min(this.left, bytes.length);
    this.left -= taken;
    this.taken.push(Buffer.from(bytes.subarray(0, taken)));
    return taken === bytes.length ? { taken } : { taken, error: new Error('full') };
  }

  abandon(): void {}
  async close(): Promise<void> {}

  get text(): string {
    return Buffer.concat(this.taken).toString();
  }
}

/** The line itself is what the event is. */
const viewOf = (line: string): EventView => ({ toEvent: () => line }) as unknown as EventView;
const sinkTo = (room: Room): SinkModule.LineSink =>
  new LineSink(
    new Output(room),
    () => {},
    undefined,
    (event) => event as unknown as string,
  );

const PIECE = MEMORY.pieceBytes;
const characters = fc.constantFrom('a', 'é', '漢', '\u{1f600}', '"');
const lines = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.string({ unit: characters, maxLength: 400 }) },
    // About as long as a piece, where it would have to be divided.
    {
      weight: 1,
      arbitrary: fc
        .tuple(characters, fc.integer({ min: -3, max: 3 }))
        .map(([character, more]) => character.repeat(Math.ceil(PIECE / Buffer.byteLength(character)) + more)),
    },
  ),
  { maxLength: 60 },
);

test(`every line arrives whole and in order, seed ${seed}`, async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat({ max: 9 })), async (all, flushes) => {
      const room = new Room(Infinity);
      const sink = sinkTo(room);
      for (const [index, line] of all.entries()) {
        sink.take(viewOf(line));
        if (flushes.includes(index % 10)) void sink.flush();
        if (index % 7 === 0) await turn();
      }
      void sink.flush();
      await sink.close();
      expect(room.text).toBe(all.map((line) => `${line}\n`).join(''));
      expect([sink.delivered, sink.lost]).toEqual([all.length, 0]);
    }),
    { seed, numRuns: 100 },
  );
});

test(`what does not get there is lost, and counted, seed ${seed}`, async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.nat({ max: 3 * PIECE }), async (all, most) => {
      const room = new Room(most);
      const sink = sinkTo(room);
      for (const line of all) {
        sink.take(viewOf(line));
        await sink.flush();
      }
      await sink.close();
      const whole = room.text.split('\n').length - 1;
      expect([sink.delivered, sink.lost]).toEqual([whole, all.length - whole]);
    }),
    { seed, numRuns: 100 },
  );
});

/** The memory that was written from, each once. */
function memoryOf(room: Room): Set<ArrayBufferLike> {
  const memory = new Set<ArrayBufferLike>();
  const write = room.write.bind(room);
  room.write = (bytes) => {
    memory.add(bytes.buffer);
    return write(bytes);
  };
  return memory;
}

test('the memory of a piece is used again, and only when it has been written', async () => {
  const room = new Room(Infinity);
  const memory = memoryOf(room);
  const sink = sinkTo(room);
  const lines = Array.from({ length: 100 }, (_, n) => String(n).repeat(Math.ceil(PIECE / 4)));
  for (const [n, line] of lines.entries()) {
    sink.take(viewOf(line));
    void sink.flush();
    if (n % 2 === 1) await sink.settled();
  }
  // Two at a time were on their way.
  expect(memory.size).toBe(2);
  expect(room.text).toBe(lines.map((line) => `${line}\n`).join(''));
});

test.each([
  ['short lines', 300],
  ['lines that fill a quarter of a piece', Math.ceil(PIECE / 4)],
  ['lines that fill more than half of a piece', Math.ceil(PIECE / 2)],
])('a reader that stands still holds little more memory than what waits for it, %s', async (_, length) => {
  const room = new Room(Infinity);
  const memory = memoryOf(room);
  const sink = sinkTo(room);
  const line = 'x'.repeat(length);
  let lines = 0;
  let blocked: Promise<void> | undefined;
  while (blocked === undefined) {
    sink.take(viewOf(line));
    lines++;
    blocked = sink.flush();
  }
  expect(lines * (length + 1)).toBeGreaterThan(HIGH_WATER);
  await blocked;
  const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(bytes).toBeLessThan(4.5 * HIGH_WATER);
  // Of a burst of many, only some are kept.
  const burst = async (): Promise<Set<ArrayBufferLike>> => {
    memory.clear();
    for (let n = 0; n < 200; n++) sink.take(viewOf('y'.repeat(PIECE / 2)));
    await sink.flush();
    return new Set(memory);
  };
  const before = await burst();
  const kept = [...(await burst())].filter((each) => before.has(each)).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(HIGH_WATER / PIECE);
  await sink.close();
  expect(sink.delivered).toBe(lines + 400);
});

test('two sinks of one output write in turn, and each counts its own', async () => {
  const room = new Room(2 * PIECE);
  const sink = sinkTo(room);
  const beside = sink.beside();
  for (let n = 0; n < 50; n++) {
    sink.take(viewOf('x'.repeat(PIECE / 8)));
    void sink.flush();
    beside.take(viewOf('y'.repeat(PIECE / 16)));
    void beside.flush();
  }
  await sink.close();
  const whole = room.text.split('\n').slice(0, -1);
  expect(whole.map((line) => line[0]).join('')).toBe(
    'xy'.repeat(whole.length / 2 + 1).slice(0, whole.length),
  );
  const [ofSink, ofBeside] = ['x', 'y'].map((first) => whole.filter((line) => line[0] === first).length);
  expect([sink.delivered, sink.lost]).toEqual([ofSink, 50 - ofSink]);
  expect([beside.delivered, beside.lost]).toEqual([ofBeside, 50 - ofBeside]);
});

test('what a terminal would obey reaches it as an escape', async () => {
  const room = new Room(Infinity);
  const sink = sinkTo(Object.assign(room, { isTerminal: true }));
  sink.take(viewOf('{"message":"\u009b31m"}'));
  void sink.flush();
  await sink.close();
  expect(room.text).toBe('{"message":"\\u009b31m"}\n');
});

test('an event without a form is lost alone', async () => {
  const room = new Room(Infinity);
  const sink = new LineSink(
    new Output(room),
    () => {},
    undefined,
    (event) => {
      if ((event as unknown as string) === 'none') throw new RangeError('no form');
      return event as unknown as string;
    },
  );
  for (const line of ['one', 'none', 'two']) sink.take(viewOf(line));
  void sink.flush();
  await sink.close();
  expect(room.text).toBe('one\ntwo\n');
  expect([sink.delivered, sink.lost, sink.lostBecause]).toEqual([2, 1, 'no form in JSON']);
});
