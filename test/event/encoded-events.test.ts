/** Encoded events on their way into a message. */
import path from 'node:path';
import fc from 'fast-check';
import { encodeEvent, EventBuffer } from '@tapio/performance';
import { arbitraryEvent, smallestEvent } from './arbitrary-event';
import { seed } from './seed';

const dist = path.join(__dirname, '../../../dist');
const { EncodedEvents, Stopped } =
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a path outside build/
  require(`${dist}/event/encoded-events`) as typeof import('../../dist/event/encoded-events');

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
