import fc from 'fast-check';
import { decodeEvent, encodeEvent, type UnifiedEvent } from '@tapio/performance';
import { arbitraryEvent } from './arbitrary-event';
import { Decoder, Encoder, EVENT_FIELDS, EventCursor, type FieldInfo } from './internals';
import { randomness, seed } from './seed';

const ROUNDS = 4000;
const prototypeNames = Object.getOwnPropertyNames(Object.prototype).join();

/** Runs and returns what comes out, or undefined for ERR_CORRUPT_DATA; anything else fails the test. */
function orCorrupt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_CORRUPT_DATA') throw error;
    return undefined;
  }
}

/** Changes a few bytes, words or the length. */
function damage(bytes: Uint8Array, length: number, random: () => number): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let i = below(4); i >= 0; i--) {
    if (random() < 0.5) bytes[below(length)] = below(256);
    else
      words[below(length >> 2)] = [
        0,
        1,
        2,
        0x7fffffff,
        0x80000000,
        0x80000001,
        0xc0000001,
        0xffffffff,
        below(64),
      ][below(9)]!;
  }
  return random() < 0.2 ? below(length + 16) : length;
}

function readAll(fields: readonly FieldInfo[], view: unknown): void {
  for (const field of fields) {
    const value = orCorrupt(() => (view as Record<string, unknown>)[field.name]);
    if (value !== undefined && field.fields) readAll(field.fields, value);
  }
}

test(`damaged bytes of the self-contained form give an event or ERR_CORRUPT_DATA (SEED=${seed})`, () => {
  const random = randomness(seed);
  const events = fc.sample(arbitraryEvent, { seed, numRuns: 200 });
  const bytes = new Uint8Array(1 << 16);
  const again = new Uint8Array(1 << 17);
  let decoded = 0;
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const length = damage(bytes, encodeEvent(events[round % events.length], bytes), random);
    const event = orCorrupt(() => decodeEvent(bytes.subarray(0, length)));
    if (event === undefined) {
      refused++;
    } else {
      decoded++;
      expect(encodeEvent(event, again)).toBeGreaterThan(0);
    }
  }
  expect(decoded).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(prototypeNames);
});

test(`damaged bytes inside the process, decoded and as a view (SEED=${seed})`, () => {
  const random = randomness(seed + 1);
  const events = fc.sample(arbitraryEvent, { seed, numRuns: 200 });
  const memory = new ArrayBuffer(1 << 14);
  const bytes = new Uint8Array(memory);
  const encoder = new Encoder(memory, 0, memory.byteLength);
  const decoder = new Decoder(memory, 0, memory.byteLength);
  const cursor = new EventCursor(memory, 0, memory.byteLength);
  for (let round = 0; round < ROUNDS; round++) {
    const length = damage(bytes, encoder.encode(events[round % events.length], 0), random);
    const event = orCorrupt(() => decoder.decode(0, length));
    if (event !== undefined) expect(encoder.encode(event, 1 << 13)).toBeGreaterThan(0);
    if (orCorrupt(() => cursor.moveTo(0, length)) !== undefined) readAll(EVENT_FIELDS, cursor);
  }
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(prototypeNames);
});

test('every truncation is refused', () => {
  const bytes = new Uint8Array(1 << 16);
  for (const event of fc.sample(arbitraryEvent, { seed: 3, numRuns: 50 })) {
    const length = encodeEvent(event, bytes);
    for (let cut = 0; cut < length; cut++) {
      // Raw data carries no length of its own; where the text is empty the end of the bytes is its end.
      if (event.rawData !== undefined) continue;
      expect(() => decodeEvent(bytes.subarray(0, cut))).toThrow(
        expect.objectContaining({ code: 'ERR_CORRUPT_DATA' }),
      );
    }
  }
});

test('trailing bytes are refused', () => {
  const bytes = new Uint8Array(1 << 16);
  for (const event of fc.sample(arbitraryEvent, { seed: 4, numRuns: 50 })) {
    const length = encodeEvent(event, bytes);
    for (let extra = 1; extra <= 9; extra++) {
      expect(() => decodeEvent(bytes.subarray(0, length + extra))).toThrow(
        expect.objectContaining({ code: 'ERR_CORRUPT_DATA' }),
      );
    }
  }
});

test('a view moved outside its region is refused, and one that is kept never reads beyond it', () => {
  const memory = new ArrayBuffer(1024);
  const encoder = new Encoder(memory, 0, 512);
  const cursor = new EventCursor(memory, 0, 512);
  const event: UnifiedEvent = { id: 'a', timestamp: 1n, type: 't', source: 's', kernel: { pid: 7 } };
  const length = encoder.encode(event, 0);
  for (const [at, size] of [
    [0, 513],
    [512, 8],
    [-8, 64],
    [4, 64],
    [0, NaN],
    [0, 16],
  ] as const) {
    expect(() => cursor.moveTo(at, size)).toThrow(expect.objectContaining({ code: 'ERR_CORRUPT_DATA' }));
  }
  const kept = cursor.moveTo(0, length).kernel!;
  expect(kept.pid).toBe(7);
  cursor.moveTo(256, encoder.encode({ id: 'b', timestamp: 1n, type: 't', source: 's' }, 256));
  expect(kept.pid).toBeUndefined();
  expect(cursor.kernel).toBeUndefined();
});
