/** One waiting kernel event at a time, three fields read: as an object, and as a view. What puts them does not count. */
import { EventBuffer } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernel, Sum, VARIETY } from './events';

const MOST = 1024;

function takesOne(name: string, take: (buffer: EventBuffer, read: Sum['read']) => void): OneThreadContender {
  return {
    name,
    ours: true,
    most: MOST,
    make() {
      const buffer = new EventBuffer(MOST);
      const events = kernel.events();
      const sum = new Sum(kernel);
      return {
        prepare: (count) => {
          for (let i = 0; i < count; i++) buffer.put(events[i % VARIETY]);
        },
        run(count) {
          for (let i = 0; i < count; i++) take(buffer, sum.read);
          return sum.take();
        },
      };
    },
  };
}

export const takeOne = [
  takesOne('EventBuffer consume of one', (buffer, read) => void buffer.consume(read, 1)),
  takesOne('EventBuffer tryGet', (buffer, read) => read(buffer.tryGet()!)),
];
