/** Instances that come and go. Each counts one. */
import { EventBuffer } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernel } from './events';

/** Of one run, as finalizers need a turn of the event loop. */
const MOST = 1024;

function contender(name: string, make: () => () => number): OneThreadContender {
  return {
    name,
    ours: true,
    most: MOST,
    make() {
      const one = make();
      return {
        run(count) {
          let sum = 0;
          for (let i = 0; i < count; i++) sum += one();
          return sum;
        },
      };
    },
  };
}

export const lives: OneThreadContender[] = [
  contender('attach and let go', () => {
    const made = new EventBuffer(64);
    return () => {
      const buffer = EventBuffer.attach(made.handle);
      buffer[Symbol.dispose]();
      return Number(buffer.capacity === 64);
    };
  }),
  contender('attach, put one, take one and let go', () => {
    const made = new EventBuffer(64);
    const [event] = kernel.events();
    return () => {
      const buffer = EventBuffer.attach(made.handle);
      buffer.put(event);
      const { id } = buffer.get();
      buffer[Symbol.dispose]();
      return Number(id === event.id);
    };
  }),
  contender('make and close', () => () => {
    const buffer = new EventBuffer(64);
    buffer.close();
    return Number(buffer.capacity === 64);
  }),
];
