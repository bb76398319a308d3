/** Instances that come and go. Each counts one. */
import { EventBuffer } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernel } from './events';
import { oneByOne } from './one-by-one';

/** Of one run, as finalizers need a turn of the event loop. */
const MOST = 1024;

const life = (name: string, make: () => () => number): OneThreadContender => oneByOne(name, make, MOST);

export const lives: OneThreadContender[] = [
  life('attach and let go', () => {
    const made = new EventBuffer(64);
    return () => {
      const buffer = EventBuffer.attach(made.handle);
      buffer[Symbol.dispose]();
      return Number(buffer.capacity === 64);
    };
  }),
  life('attach, put one, take one and let go', () => {
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
  life('make and close', () => () => {
    const buffer = new EventBuffer(64);
    buffer.close();
    return Number(buffer.capacity === 64);
  }),
];
