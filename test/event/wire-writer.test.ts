/** The protobuf form, written and read, beside protobuf-es as the judge. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
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
const ours = require(
  `${dist}/integrations/grpc/batches`,
) as typeof import('../../dist/integrations/grpc/batches');
/* eslint-enable @typescript-eslint/no-require-imports */

/** What was written, which is then the caller's. */
function taken(writer: InstanceType<typeof WireWriter>): Buffer {
  const { buffer, byteOffset, length } = writer.detach();
  return Buffer.from(buffer, byteOffset, length);
}

/** From objects, one by one. */
function write(events: readonly UnifiedEvent[]): Buffer {
  const writer = new WireWriter();
  for (const event of events) writer.append(event);
  return taken(writer);
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
  return taken(writer);
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

test('a bad event is refused and leaves nothing behind', () => {
  const writer = new WireWriter();
  writer.append(smallestEvent());
  expect(thrown(() => writer.append({ ...smallestEvent(), kernel: { pid: -1 } })).code).toBe(
    'ERR_INVALID_EVENT',
  );
  expect(taken(writer)).toEqual(write([smallestEvent()]));
});

describe('objects, several in one call', () => {
  const writeSome = (writer: InstanceType<typeof WireWriter>, events: readonly UnifiedEvent[]): number => {
    let calls = 0;
    for (let at = 0; at < events.length; calls++) at += writer.appendSome(events, at, events.length - at);
    return calls;
  };

  test(`give what they give one by one (SEED=${seed})`, () => {
    const writer = new WireWriter();
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { maxLength: 100 }), (events) => {
        writer.clear();
        writeSome(writer, events);
        expect(writer.count).toBe(events.length);
        expect(taken(writer)).toEqual(write(events));
      }),
      { seed, numRuns: 50 },
    );
  });

  test('are many in a call, and large ones between them have room', () => {
    const writer = new WireWriter();
    const events = Array.from({ length: 130 }, (_, n) => numbered(n));
    expect(writeSome(writer, events)).toBe(3);
    expect(taken(writer)).toEqual(write(events));
    writer.clear();
    events[5] = { ...numbered(5), message: 'x'.repeat(300_000) };
    events[6] = { ...numbered(6), message: '\u20ac'.repeat(300_000) };
    writeSome(writer, events);
    expect(taken(writer)).toEqual(write(events));
  });

  test('are read once each, also where few find room at a time', () => {
    const writer = new WireWriter();
    let reads = 0;
    const events = Array.from({ length: 20 }, (_, n) =>
      Object.defineProperty(numbered(n), 'message', {
        enumerable: true,
        get: () => (reads++, 'x'.repeat(40_000)),
      }),
    );
    writeSome(writer, events);
    expect([writer.count, reads]).toEqual([20, 20]);
  });

  test('of which one is none leave what was there before', () => {
    const writer = new WireWriter();
    writer.append(numbered(1));
    const events = [numbered(2), { ...numbered(3), kernel: { pid: -1 } }];
    expect(thrown(() => writer.appendSome(events, 0, 2)).code).toBe('ERR_INVALID_EVENT');
    expect(writer.count).toBe(1);
    expect(taken(writer)).toEqual(write([numbered(1)]));
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
    expect(taken(writer)).toEqual(write([events[0], events[2]]));
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
    expect(taken(writer)).toEqual(write([events[0]]));
    buffer.close();
  });
});
