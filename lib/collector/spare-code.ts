import v8 from 'node:v8';
import { IS_LITTLE } from './little-memory';

/** Where memory is little and bin/tapio.js has not told V8, it is sparing in all threads. To be called before code is loaded: it is for what is compiled from then on. */
export function spareCode(): void {
  if (IS_LITTLE) v8.setFlagsFromString('--optimize-for-size');
}
