import v8 from 'node:v8';
import { MEMORY } from './memory-plan';

/** Where memory is little, V8 is sparing in all threads. To be called before code is loaded: it is for what is compiled from then on. */
export function spareCode(): void {
  if (MEMORY.isSparing) v8.setFlagsFromString('--optimize-for-size');
}
