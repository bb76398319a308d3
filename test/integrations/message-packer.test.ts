/** Messages from encoded events: those that packEvents makes of the objects. */
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { packEvents, unpackEvents } from '@tapio/performance/nats';
import fc from 'fast-check';
import path from 'node:path';
import { arbitraryEvent } from '../event/arbitrary-event';
import { numbered, numberOf, padded, range } from '../support/events';
import { internalsOf } from '../support/internals';
import { seed } from '../support/property';
import { secondCopy } from '../support/second-copy';

// Not public: a sink shows what it makes only by way of a server.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a path outside build/
const { MessagePacker } = require(
  path.resolve('dist/integrations/nats/message-packer'),
) as typeof import('../../dist/integrations/nats/message-packer');

/** What `take` must give of at most `most` events. */
function wantedOf(events: readonly UnifiedEvent[], room: number): { messages: Buffer[]; oversized: number } {
  const messages: Buffer[] = [];
  let oversized = 0;
  for (let rest = events; rest.length > 0;) {
    const count = Math.max(1, packEvents(rest, room).count);
    const { bytes } = packEvents(count === 1 ? rest.slice(0, 1) : rest.slice(0, count), room);
    if (bytes.length > 0) messages.push(Buffer.from(bytes));
    else oversized++;
    rest = rest.slice(count);
  }
  return { messages, oversized };
}

function bufferOf(events: readonly UnifiedEvent[]): EventBuffer {
  const buffer = new EventBuffer(4096, { slotSize: 256, maxEventSize: 2 ** 21 });
  expect(buffer.putBatch(events)).toBe(events.length);
  return buffer;
}

const bytesOf = (messages: readonly { bytes: Uint8Array }[]): Buffer[] =>
  messages.map(({ bytes }) => Buffer.from(bytes));

test(`any events, any room for a message, taken in any portions (SEED=${seed})`, () => {
  fc.assert(
    fc.property(
      fc.array(arbitraryEvent, { maxLength: 150 }),
      fc.integer({ min: 0, max: 4000 }),
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 150 }),
      (events, room, portions, back) => {
        const buffer = bufferOf(events);
        const packer = new MessagePacker();
        // Events that come back wait as objects.
        internalsOf(buffer).giveBack(buffer.getBatch(back));
        let oversized = 0;
        for (let [n, at] = [0, 0]; at < events.length; at += portions[n++ % portions.length]) {
          const portion = events.slice(at, at + portions[n % portions.length]);
          const wanted = wantedOf(portion, room);
          const { messages, failure } = packer.take(buffer, portions[n % portions.length], room);
          expect(failure).toBeUndefined();
          expect(bytesOf(messages)).toEqual(wanted.messages);
          expect(messages.flatMap((each) => each.events).length + wanted.oversized).toBe(portion.length);
          expect(packer.oversized).toBe((oversized += wanted.oversized));
          // Their memory is used again, and the next ones must not be older ones.
          for (const message of messages) packer.reuse(message);
        }
        expect(packer.take(buffer, 1, room).messages).toEqual([]);
        buffer.close();
      },
    ),
    { seed, numRuns: 200 },
  );
});

test('texts that another copy of the package has interned are its own', () => {
  const other = secondCopy();
  const buffer = new other.EventBuffer(64);
  const events = range(0, 20).map((n) => ({
    ...numbered(n),
    type: `its-type-${n % 3}`,
    source: 'its-source',
  }));
  buffer.putBatch(events);
  // Those that come back are shown by its views, the rest is encoded.
  internalsOf(buffer).giveBack(buffer.getBatch(10));
  const { messages } = new MessagePacker().take(buffer, 20, 2 ** 20);
  expect(messages.flatMap(({ bytes }) => unpackEvents(bytes))).toEqual(events);
  buffer.close();
});

test('an event larger than the memory to work in finds room', () => {
  const buffer = bufferOf([padded(0, 10), padded(1, 900_000), padded(2, 10)]);
  const { messages } = new MessagePacker().take(buffer, 3, 2 ** 20);
  expect(messages.flatMap((each) => unpackEvents(each.bytes)).map(numberOf)).toEqual([0, 1, 2]);
  buffer.close();
});

test('a message keeps little more memory than its events take', () => {
  const buffer = bufferOf([padded(0, 900_000), ...range(1, 200).map(numbered)]);
  const packer = new MessagePacker();
  packer.take(buffer, 1, 2 ** 20).messages.forEach((each) => packer.reuse(each));
  for (let i = 0; i < 10; i++) {
    const [{ bytes }] = packer.take(buffer, 1, 2 ** 20).messages;
    expect(bytes.buffer.byteLength).toBeLessThan(4 * bytes.length);
  }
  const [{ bytes }] = packer.take(buffer, 100, 2 ** 20).messages;
  expect(bytes.buffer.byteLength).toBeLessThan(4 * bytes.length);
  buffer.close();
});
