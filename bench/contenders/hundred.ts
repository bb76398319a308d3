/**
 * A hundred kernel events taken through a callback that reads one field of each, the Go document's
 * Batch/Process100, and what of it is the copy of their bytes.
 */
import path from 'node:path';
import { EventBuffer, type EventView, RingBuffer } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernel, VARIETY } from './events';

const HUNDRED = 100;
/** Of one run: reading the clock for each hundred would show. */
const MOST = 10 * HUNDRED;

export const hundred: OneThreadContender[] = [
  {
    name: 'EventBuffer consume of 100, one field',
    ours: true,
    most: MOST,
    make() {
      const buffer = new EventBuffer(1024);
      const events = kernel.events();
      let taken = 0;
      const read = (view: EventView): void => {
        if (view.kernel!.pid! >= 0) taken++;
      };
      return {
        prepare: (count) => {
          for (let i = 0; i < count; i++) buffer.put(events[i % VARIETY]);
        },
        run(count) {
          taken = 0;
          for (let done = 0; done < count; done += HUNDRED) buffer.consume(read, HUNDRED);
          return taken;
        },
      };
    },
  },
  {
    name: 'their bytes alone: RingBuffer getBatchInto',
    ours: true,
    most: MOST,
    make() {
      const size = encodedSize();
      // Slots as far apart as those of the events.
      const ring = new RingBuffer(1024, { slotSize: 512 - 16 });
      const source = new Uint8Array(MOST * size);
      const lengths = new Uint32Array(MOST).fill(size);
      const target = new Uint8Array(HUNDRED * size);
      const taken = new Uint32Array(HUNDRED);
      return {
        prepare: (count) => void ring.putBatchFrom(source, lengths.subarray(0, count)),
        run(count) {
          let done = 0;
          while (done < count) done += ring.getBatchInto(target, taken);
          return done;
        },
      };
    },
  },
];

/** Bytes that a kernel event takes in a slot; the package has no need to tell its users. */
function encodedSize(): number {
  /* eslint-disable-next-line @typescript-eslint/no-require-imports -- not exported */
  const { Encoder } = require(
    path.resolve(__dirname, '../../../dist/event/encoder'),
  ) as typeof import('../../dist/event/encoder');
  const memory = new ArrayBuffer(4096);
  const encoder = new Encoder(memory, 0, memory.byteLength);
  const [event] = kernel.events();
  // Text that recurs is stored once from its second sight on.
  for (let sight = 0; sight < 3; sight++) encoder.encode(event, 0);
  return encoder.encode(event, 0);
}
