/** The protobuf form, beside protobuf-es as the judge. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { encodeEvent, EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { fullEvents, kernelEvents } from '../../bench/sample-events';
import { codeOf } from '../support/errors';
import { numbered } from '../support/events';
import { internalsOf } from '../support/internals';
import { PROTO_FILE } from '../support/proto-descriptor';
import { decodeBatch, encodeBatch, withoutEmpty, withPlainJson } from '../support/protobuf-oracle';
import { arbitraryEvent, eventWith, leafFields, smallestEvent } from './arbitrary-event';
import { thrown } from './internals';
import { seed } from './seed';

const dist = path.join(__dirname, '../../../dist');
/* eslint-disable @typescript-eslint/no-require-imports -- a path outside build/ */
const { WireWriter } = require(`${dist}/event/wire-writer`) as typeof import('../../dist/event/wire-writer');
const { EncodedEvents, Stopped } = require(
  `${dist}/event/encoded-events`,
) as typeof import('../../dist/event/encoded-events');
const ours = require(
  `${dist}/integrations/grpc/batches`,
) as typeof import('../../dist/integrations/grpc/batches');
/* eslint-enable @typescript-eslint/no-require-imports */

/** From objects. */
function write(events: readonly UnifiedEvent[]): Buffer {
  const writer = new WireWriter();
  for (const event of events) writer.append(event);
  return writer.toBuffer();
}

/** Straight from a ring, whose text is interned when it recurs. */
function writeViews(events: readonly UnifiedEvent[]): Buffer {
  const ring = new EventBuffer(8192, { maxEventSize: 2 ** 20 });
  const writer = new WireWriter();
  for (let turn = 0; turn < 3; turn++) {
    writer.clear();
    for (const event of events) {
      ring.put(event);
      expect(ring.consume((view) => void writer.append(view))).toBe(1);
    }
  }
  ring.close();
  return writer.toBuffer();
}

describe(`random events (SEED=${seed})`, () => {
  const check = (property: (events: UnifiedEvent[]) => void): void =>
    fc.assert(fc.property(fc.array(arbitraryEvent, { maxLength: 4 }), property), { seed, numRuns: 150 });

  test.each([
    ['objects', write],
    ['views', writeViews],
  ])('what is written from %s the judge reads', (_, writeEvents) => {
    check((events) => expect(decodeBatch(writeEvents(events)).events).toEqual(events.map(withoutEmpty)));
  });

  test('what the judge writes is read', () => {
    check((events) =>
      expect(ours.decodeBatch(encodeBatch(events, 7))).toEqual({
        events: events.map(withPlainJson).map(withoutEmpty),
        dropped: 7,
      }),
    );
  });

  test('an event takes the same bytes as that of the judge, but for what it leaves out as blank', () => {
    const events = [...fullEvents(50), ...kernelEvents(50)];
    expect(write(events).length).toBe(encodeBatch(events).length);
    expect(writeViews(events)).toEqual(write(events));
  });

  test('cut off or changed anywhere, a message gives events or ERR_CORRUPT_DATA', () => {
    const bytes = write(fullEvents(2));
    for (let length = 1; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      try {
        expect(ours.decodeBatch(cut).events.length).toBeLessThan(2);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_CORRUPT_DATA' });
      }
    }
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of changes) changed[at] = byte;
        try {
          ours.decodeBatch(changed);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_CORRUPT_DATA' });
        }
      }),
      { seed, numRuns: 2000 },
    );
  });
});

test.each(leafFields().map((field) => [field.path, field] as const))('%s alone', (_, field) => {
  const values: Partial<Record<typeof field.kind, unknown[]>> = {
    string: ['', 'a', 'é', '日本', 'x'.repeat(127), 'é'.repeat(127), 'x'.repeat(300), 'é'.repeat(200)],
    boolean: [true, false],
    double: [0, -0, NaN, -Infinity, 1e-300],
    safeInteger: [0, -1, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)],
    i32: [0, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)],
    u32: [0, 127, 128, 2 ** 31, 2 ** 32 - 1],
    timestamp: [0n, 127n, 128n, 2n ** 32n, 2n ** 63n - 1n],
    strings: [['', 'x'.repeat(200)]],
    stringMap: [{ a: '', b: 'x'.repeat(200), ['k'.repeat(150)]: 'é' }],
    bytes: [new Uint8Array(0), new Uint8Array(5).fill(200), new Uint8Array(70_000).fill(1)],
    json: [{}, { a: [1, -0.5, null, { b: 'é' }] }],
    port: [0, 65535],
    enum: [...(field.values ?? [])],
  };
  for (const value of values[field.kind]!) {
    const event = eventWith(field, value);
    expect(decodeBatch(write([event])).events).toEqual([withoutEmpty(event)]);
    expect(ours.decodeBatch(write([event])).events).toEqual([withoutEmpty(event)]);
    expect(ours.decodeBatch(encodeBatch([event])).events).toEqual([withoutEmpty(event)]);
  }
});

test(`encoded events are packed as encodeEvent writes them, however often their texts recur (SEED=${seed})`, () => {
  const ring = new EventBuffer(8192, { maxEventSize: 2 ** 20 });
  const [packed, wanted] = [new Uint8Array(2 ** 20), new Uint8Array(2 ** 20)];
  fc.assert(
    fc.property(arbitraryEvent, (event) => {
      const length = encodeEvent(event, wanted, 4) + 4;
      new DataView(wanted.buffer).setUint32(0, length - 4, true);
      for (let turn = 0; turn < 3; turn++) {
        ring.put(event);
        ring.consume((view) => {
          const events = EncodedEvents.ofOne(view as never);
          expect(events.id).toBe(event.id);
          expect(events.pack(packed, 3, 2 + length, 1)).toBe(0);
          expect(events).toMatchObject({ stopped: Stopped.NO_ROOM, had: 0, left: 1 });
          expect(events.pack(packed, 3, 3 + length, 1)).toBe(length);
          expect(events).toMatchObject({ stopped: Stopped.NOT, had: 1, left: 0 });
        });
        expect(Buffer.compare(packed.subarray(3, 3 + length), wanted.subarray(0, length))).toBe(0);
      }
    }),
    { seed, numRuns: 300 },
  );
  ring.close();
});

test('encoded events whose place lies outside of their memory are corrupt, and nothing of the last turn is told again', () => {
  const ring = new EventBuffer(8);
  const out = new Uint8Array(4096);
  ring.put(smallestEvent());
  ring.consume((view) => {
    expect(EncodedEvents.ofOne(view as never).pack(out, 0, out.length, 1)).toBeGreaterThan(0);
    const outside = new EncodedEvents(view as never, 2 ** 31, Uint32Array.of(64), 0, 1);
    expect(outside.pack(out, 0, out.length, 1)).toBe(0);
    expect(outside).toMatchObject({ stopped: Stopped.CORRUPT, had: 0, left: 1 });
  });
  ring.close();
});

describe('a message that is not ours', () => {
  const event = (...fields: number[]): Buffer => Buffer.from([0x0a, fields.length, ...fields]);

  test('unknown fields, a known number with another type and unknown values of enumerations are skipped', () => {
    const unknown = [
      ...[0xf8, 0x7f, 0x96, 0x01], // 2047: varint
      ...[0xf9, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0xfa, 0x7f, 2, 9, 9],
      ...[0xfd, 0x7f, 1, 2, 3, 4],
      ...[0x08, 5], // id as a number
      ...[0x30, 99], // a severity of the future
    ];
    const bytes = Buffer.concat([Buffer.from(unknown.slice(0, 4)), event(...unknown, 0x1a, 1, 0x61)]);
    expect(ours.decodeBatch(bytes)).toEqual({
      events: [{ id: '', timestamp: 0n, type: 'a', source: '' }],
      dropped: 0,
    });
  });

  test('a section in two parts is one', () => {
    const bytes = event(0x6a, 2, 0x10, 7, 0x6a, 2, 0x18, 8);
    expect(ours.decodeBatch(bytes).events[0].kernel).toEqual({ pid: 7, tid: 8 });
    expect(decodeBatch(bytes).events[0].kernel).toEqual({ pid: 7, tid: 8 });
  });

  test.each([
    ['a length beyond its end', event(0x0a, 5, 0x61), /5 bytes at \d+, where 1 are left/],
    [
      'a number without an end',
      Buffer.concat([Buffer.from([0x0a, 12, 0x10]), Buffer.alloc(11, 0xff)]),
      /does not end/,
    ],
    ['a group', event(0x0b), /wire type 3/],
    ['the field number 0', event(0x02, 0), /number 0/],
    [
      'a timestamp before 1970',
      event(0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
      /timestamp/,
    ],
    ['text that is no UTF-8', event(0x0a, 2, 0xc3, 0x28), /id is not UTF-8/],
    ['attributes that are no JSON object', event(0xa2, 0x01, 1, 0x31), /no JSON object/],
    ['a port above 65535', event(0x72, 4, 0x18, 0x80, 0x80, 0x04), /network.sourcePort is 65536/],
    [
      'a count beyond 2^53',
      event(0x72, 9, 0x38, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
      /network.bytesSent/,
    ],
    [
      'more than 65536 events',
      Buffer.alloc(2 * 65_537).map((_, i) => (i % 2 === 0 ? 0x0a : 0)),
      /65536 events/,
    ],
  ])('%s is refused with a reason', (_, bytes, reason) => {
    const { code, message } = thrown(() => ours.decodeBatch(bytes));
    expect(code).toBe('ERR_CORRUPT_DATA');
    expect(message).toMatch(reason);
  });

  test('a bad event is refused and leaves nothing behind', () => {
    const writer = new WireWriter();
    writer.append(smallestEvent());
    const before = writer.toBuffer();
    expect(thrown(() => writer.append({ ...smallestEvent(), kernel: { pid: -1 } })).code).toBe(
      'ERR_INVALID_EVENT',
    );
    expect(writer.toBuffer()).toEqual(before);
  });
});

describe('the .proto file and the type', () => {
  const root = path.join(__dirname, '../../..');
  const cases: [name: string, change: (text: string) => string, says: RegExp][] = [
    ['as they are', (text) => text, /^they agree/],
    [
      'a field is missing',
      (text) => text.replace(/^.*uint32 pid = 2;\n/m, ''),
      /message Event.Kernel lacks `optional uint32 pid = 11;`/,
    ],
    [
      'a type differs',
      (text) => text.replace('sint32 return_code', 'int32 return_code'),
      /says `optional int32 return_code`/,
    ],
    [
      'a field too many',
      (text) => text.replace('string id = 1;', 'string id = 1; string old = 99;'),
      /needs `reserved 99;`/,
    ],
    ['a number twice', (text) => text.replace('string id = 1;', 'string id = 2;'), /the number 2 twice/],
    [
      'a number that is reserved',
      (text) => text.replace('string id = 1;', 'string id = 1; reserved 5;'),
      /the number 5 twice/,
    ],
    ['a value is missing', (text) => text.replace(/^.*SEVERITY_LOW = 3;\n/m, ''), /enum Severity must be/],
  ];
  let said: string[];

  /** What the build says of each text. */
  beforeAll(() => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tapio-proto-'));
    const files = cases.map(([, change], i) => {
      const file = path.join(folder, `${i}.proto`);
      writeFileSync(file, change(readFileSync(PROTO_FILE, 'utf8')));
      return file;
    });
    const code = `
      const { numberFields } = await import('./scripts/codec-generator/number-fields.mjs');
      const { readProto } = await import('./scripts/codec-generator/read-proto.mjs');
      const { readEventType } = await import('./scripts/codec-generator/read-type.mjs');
      const said = process.argv.slice(1).map((file) => {
        try {
          numberFields(readEventType('lib/event/unified-event.ts'), readProto(file));
          return 'they agree';
        } catch (error) {
          return error.message;
        }
      });
      console.log(JSON.stringify(said));`;
    const args = ['--input-type=module', '-e', code, ...files];
    said = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as string[];
    rmSync(folder, { recursive: true });
  });

  test.each(cases.map(([name, , says], i) => [name, i, says] as const))('%s', (_, i, says) => {
    expect(said[i]).toMatch(says);
  });
});

describe('a chunk of encoded events', () => {
  const events = [numbered(1), { ...numbered(2), message: 'x'.repeat(3000) }, numbered(3)];
  const chunk = (): { buffer: EventBuffer; encoded: NonNullable<ReturnType<typeof encodedOf>> } => {
    const buffer = new EventBuffer(64);
    buffer.putBatch(events);
    return { buffer, encoded: encodedOf(buffer)! };
  };
  const encodedOf = (buffer: EventBuffer): ReturnType<ReturnType<typeof internalsOf>['encoded']> =>
    internalsOf(buffer).encoded(64);

  test('is written as its events are one by one, and those over the limit are left out and counted', () => {
    const { buffer, encoded } = chunk();
    const writer = new WireWriter();
    writer.appendAll(encoded, 1000);
    expect([writer.count, writer.oversized, encoded.had]).toEqual([2, 1, 3]);
    expect(writer.toBuffer()).toEqual(write([events[0], events[2]]));
    const first = write([events[0]]).length;
    expect([...writer.endsOfEvents()]).toEqual([first, 2 * first]);
    buffer.close();
  });

  test('that is no event further on leaves what is before it, and tells what was left out', async () => {
    const { buffer, encoded } = chunk();
    const { cursor, sizes } = encoded as unknown as { cursor: { bytes: Uint8Array }; sizes: Uint32Array };
    const third = [0, 1].reduce((at, i) => (at + sizes[i] + 7) & -8, encoded.at);
    cursor.bytes.fill(0xff, third, third + sizes[2]);
    const writer = new WireWriter();
    expect(await codeOf(() => writer.appendAll(encoded, 1000))).toBe('ERR_CORRUPT_DATA');
    expect([writer.count, writer.oversized, encoded.had]).toEqual([1, 1, 3]);
    expect(writer.toBuffer()).toEqual(write([events[0]]));
    buffer.close();
  });
});
