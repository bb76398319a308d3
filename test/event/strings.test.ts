/** Texts around the 256 UTF-8 bytes up to which a text is interned, whatever character the limit falls into. */
import { EventBuffer } from '@tapio/performance';
import { range } from '../support/events';

const LAST = { 1: 'z', 2: 'é', 3: '€', 4: '😀' };

test.each(Object.entries(LAST))(
  'texts that end in a character of %s bytes come out as they went in',
  (bytes, last) => {
    const buffer = new EventBuffer(8, { slotSize: 1024 });
    for (const length of range(250, 261)) {
      for (const many of [1, 2]) {
        const tail = last.repeat(many);
        const type = `${length}:${many}:`.padEnd(length - many * Number(bytes), bytes) + tail;
        expect(Buffer.byteLength(type)).toBe(length);
        for (let turn = 0; turn < 3; turn++) {
          buffer.put({ id: '', timestamp: 1n, type, source: type, tags: [type] });
          const event = buffer.get();
          expect([event.type, event.source, event.tags]).toEqual([type, type, [type]]);
        }
      }
    }
  },
);
