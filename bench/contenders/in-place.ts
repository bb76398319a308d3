/** Three fields of kernel events that wait, read where they lie, without making an object. */
import { EventBuffer } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernel, Sum, VARIETY } from './events';
import { handCodec, KERNEL_PID_AT, KERNEL_RETURN_CODE_AT, KERNEL_TEXTS_AT } from './hand-codec';
import { JsSpscRing } from './js-spsc';

const EVENTS = 1024;

export const inPlace: OneThreadContender[] = [
  {
    name: 'EventBuffer consume',
    ours: true,
    most: EVENTS,
    make() {
      const buffer = new EventBuffer(EVENTS);
      const events = kernel.events();
      const sum = new Sum(kernel);
      return {
        prepare: (count) => {
          for (let i = 0; i < count; i++) buffer.put(events[i % VARIETY]);
        },
        run() {
          buffer.consume(sum.read);
          return sum.take();
        },
      };
    },
  },
  {
    name: 'layout by hand in an SPSC ring, DataView',
    ours: false,
    most: EVENTS,
    make() {
      const ring = new JsSpscRing(JsSpscRing.memory(1 << 18));
      const { encode } = handCodec('kernel', ring.bytes);
      const read = kernelReader(ring.bytes);
      const events = kernel.events();
      return {
        prepare: (count) => {
          for (let i = 0; i < count; i++) ring.commit(encode(events[i % VARIETY], ring.reserve(256)));
        },
        run() {
          let sum = 0;
          for (let at = ring.next(); at >= 0; at = ring.next()) sum += read(at);
          ring.release();
          return sum;
        },
      };
    },
  },
];

/** What `kernel.read` reads, of an event that the codec by hand wrote. */
export function kernelReader(memory: Uint8Array): (at: number) => number {
  // Faster than `toString`, and not in Node's types.
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength) as Buffer & {
    latin1Slice(start: number, end: number): string;
  };
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  return (at) => {
    let text = at + KERNEL_TEXTS_AT;
    for (let before = 0; before < 4; before++) text += 2 + view.getUint16(text, true);
    const syscall = bytes.latin1Slice(text + 2, text + 2 + view.getUint16(text, true));
    return (
      syscall.length +
      view.getUint32(at + KERNEL_PID_AT, true) +
      view.getInt32(at + KERNEL_RETURN_CODE_AT, true)
    );
  };
}
